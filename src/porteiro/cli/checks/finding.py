"""What one check came to."""

import os
from dataclasses import dataclass
from enum import Enum
from typing import TextIO


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


def show(finding: Finding, out: TextIO) -> bool:
    """Write a finding as one line; return whether it is bad."""
    sign, plain, colour = finding.mark.value
    if out.isatty() and "NO_COLOR" not in os.environ:
        sign = f"\x1b[{colour}m{sign}\x1b[0m"
    line = f"{sign} {finding.what}\n"
    try:
        out.write(line)
    except UnicodeEncodeError:  # a terminal without UTF-8
        out.write(f"{plain} {finding.what}\n".encode("ascii", "replace").decode())
    out.flush()
    return finding.mark is Mark.BAD
