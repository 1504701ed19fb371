"""The words that the whole house shares: who, why, and with what result."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Which of the two people a leg belongs to."""

    VISITOR = "visitor"
    RESIDENT = "resident"


class Purpose(StrEnum):
    """Why somebody stands at the gate; the values are a contract with other systems."""

    VISIT = "visita"
    DELIVERY = "entrega"
    SERVICE = "servico"


class Decision(StrEnum):
    """How a visit ended; only AUTHORIZED opens a gate."""

    AUTHORIZED = "authorized"
    DENIED = "denied"
    NO_DECISION = "no_decision"


class Question(StrEnum):
    """What a person was just asked, and so what a short answer means."""

    PURPOSE = "purpose"
    VISITOR = "visitor"
    APARTMENT = "apartment"
    RESIDENT = "resident"
    SURNAME = "surname"
    CONFIRM_APARTMENT = "confirm_apartment"
    AUTHORIZE = "authorize"
    CONFIRM_AUTHORIZE = "confirm_authorize"


class Utterance(StrEnum):
    """What kind of thing a visitor said, beside the facts in it."""

    INFORMATION = "information"
    """It holds at least one of the four facts, or answers the question asked."""
    REPEAT = "repeat"
    """They did not hear or understand us: "o quê?", "pode repetir?"."""
    UNKNOWN = "unknown"
    """They do not know what was asked: "não sei"."""
    HUMAN = "human"
    """They want a person: "quero falar com o porteiro"."""
    GREETING = "greeting"
    """Nothing but a greeting: "boa tarde", "alô"."""
    OTHER = "other"
    """Words, but nothing that helps."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What one utterance of a visitor said: the facts found in it, None where not said.

    `apartment` is normalised ("501", or with its block as the directory writes it);
    names are as said, in title case.
    """

    purpose: Purpose | None = None
    visitor: str | None = None
    apartment: str | None = None
    resident: str | None = None
    kind: Utterance = Utterance.OTHER
