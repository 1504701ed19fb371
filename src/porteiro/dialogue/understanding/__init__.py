"""Understanding what a visitor said, by rules and without any service."""

from porteiro.dialogue.understanding.rules import understand

__all__ = ["understand"]
