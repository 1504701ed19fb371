"""A visitor's sentence as the rules read it: words in order, hesitation taken out."""

import re
from dataclasses import dataclass
from itertools import pairwise

from porteiro.dialogue.numbers import Numeral, numerals
from porteiro.dialogue.words import fold

NOTHING = "¤"
"""Stands for what is surely no fact: a time, a price, a telephone number."""
NUMBER = "#"
"""Stands for one word of a number, where only its place matters."""

_NEVER = re.compile(
    r"\d{1,2}:\d{2}|\b\d{1,2}\s?h(?:\d{2})?\b|r\$\s*[\d.,]+|\d+,\d+|\b\d{4,5}-\d{4}\b|\d+%"
    r"|\b\d{1,2}/\d{1,2}\b",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"(?<=\d)\.(?=\d{3}(?!\d))")
_GLUED = re.compile(r"(?<!\w)(\d{2,5})([a-h])(?!\w)", re.IGNORECASE)
"""An apartment written with its block: "302A"."""
_PIECE = re.compile(r"[¤ºª°]|\d+|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\w\s'’-]")

_LONGEST = 1000
"""Characters that are read: nobody says more in a turn, and a hostile text costs no more."""

_FILLERS = frozenset(
    {"eh", "ehh", "ah", "ahn", "an", "aham", "ham", "han", "hum", "hm", "hmm", "uh", "uhm", "ih",
     "ne", "tipo", "entao", "olha", "assim", "ai", "ei", "hein", "ue", "opa", "o'"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word said: as written, folded, and whether punctuation stands before it."""

    text: str
    folded: str
    after_pause: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence ready for the rules.

    `line` is the folded words, each between single blanks and with a blank at both
    ends, a word of a number replaced by `NUMBER`; `at` gives each word's place in it.
    """

    words: tuple[Word, ...]
    numbers: tuple[Numeral, ...]
    line: str
    at: tuple[int, ...]

    def before(self, position: int) -> str:
        """Return the line up to word `position`, blank at the end included."""
        return self.line[: self.at[position]]

    def after(self, position: int) -> str:
        """Return the line from word `position` on; empty past the end."""
        return self.line[self.at[position] :] if position < len(self.words) else ""


def read(said: str) -> Reading:
    """Split `said` into words, drop fillers and stammered repetitions, mark the numbers."""
    words = _without_stammer(_words(said[:_LONGEST]))
    folded = [word.folded for word in words]
    numbers = tuple(numerals(folded))
    inside = {
        place
        for n in numbers
        for place in range(n.start, n.end)
        if folded[n.start : n.end] not in (["um"], ["uma"]) or _joins(n, numbers)
    }
    line, at = " ", []
    for place, word in enumerate(folded):
        at.append(len(line))
        line += (NUMBER if place in inside else word) + " "
    return Reading(tuple(words), numbers, line, tuple(at))


def _words(said: str) -> list[Word]:
    text = _THOUSANDS.sub("", _NEVER.sub(f" {NOTHING} ", said))
    text = _GLUED.sub(r"\1 bloco \2", text)
    words: list[Word] = []
    pause = False
    for piece in _PIECE.findall(text):
        folded = fold(piece).replace("'", "").replace("’", "")
        if not (piece.isalnum() or folded.isalnum() or piece in "¤ºª°") or folded in _FILLERS:
            pause = True
        else:
            words.append(Word(piece, folded, pause))
            pause = False
    return words


def _without_stammer(words: list[Word]) -> list[Word]:
    """Drop a word said twice in a row; digits are meant when they are repeated."""
    if not words:
        return words
    kept = [words[0]]
    for last, word in pairwise(words):
        if word.folded != last.folded or numerals([word.folded, word.folded]):
            kept.append(word)
    return kept


def _joins(numeral: Numeral, numbers: tuple[Numeral, ...]) -> bool:
    return any(n.end == numeral.start or n.start == numeral.end for n in numbers)
