"""What one check came to."""

from dataclasses import dataclass
from enum import Enum


class Mark(Enum):
    """How bad it is: the sign shown, its plain form, and its colour on a terminal."""

    GOOD = ("✓", "ok", "32")
    DOUBTFUL = ("!", "!", "33")
    BAD = ("✗", "x", "31")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for the person who has to act on it."""

    mark: Mark
    what: str


def good(what: str) -> Finding:
    """Return what is as it should be."""
    return Finding(Mark.GOOD, what)


def doubtful(what: str) -> Finding:
    """Return what works, but perhaps not as meant."""
    return Finding(Mark.DOUBTFUL, what)


def bad(what: str) -> Finding:
    """Return what will fail a call, with what to do about it."""
    return Finding(Mark.BAD, what)
