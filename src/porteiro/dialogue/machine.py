"""The whole dialogue: a conversation with every rule of the house in its table."""

from porteiro.dialogue import asking, closing, collecting, holding, keypad, reaching, returning
from porteiro.dialogue.conversation import Conversation, Outcome
from porteiro.dialogue.table import TABLE, diagram

RULES = (collecting, keypad, reaching, asking, holding, closing, returning)
"""Importing these modules enters their rules in the table."""

__all__ = ["RULES", "TABLE", "Conversation", "Outcome", "diagram"]
