"""What the dialogue may ask of a condominium's directory, and the answers it can get."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Finding(StrEnum):
    """What a look-up came to."""

    FOUND = "found"
    """One apartment fits; `Match.apartment` is set."""
    AMBIGUOUS = "ambiguous"
    """Several fit equally well; one more fact (a surname, a block) must tell them apart."""
    NOT_FOUND = "not_found"
    """Nothing fits well enough."""


@dataclass(frozen=True, slots=True)
class Match:
    """The answer to a look-up.

    `apartment` is the directory's own spelling; `resident` the full name of the one
    resident meant, empty where nobody in particular is; `numbers` every number to
    ring, in order (the meant resident's first). Never spoken to a visitor.
    """

    finding: Finding
    apartment: str = ""
    resident: str = ""
    numbers: tuple[str, ...] = ()


class Guide(Protocol):
    """A condominium's directory, as far as a conversation needs it."""

    def find(self, apartment: str | None, resident: str | None) -> Match:
        """Look up what a visitor said, spelled or misspelled; either may be None.

        With an apartment alone, it is found if the directory has it. With both, the
        resident must live there (fuzzy, from 75 of 100). With a resident alone, the one
        apartment where such a name lives is found; several are AMBIGUOUS.
        """
        ...

    def apartments(self) -> tuple[str, ...]:
        """Return every apartment, as the directory spells it: a recognizer's vocabulary."""
        ...

    def residents(self, apartment: str | None = None) -> tuple[str, ...]:
        """Return the residents' full names, of one apartment or of all."""
        ...
