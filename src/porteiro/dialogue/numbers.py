"""Numbers as Brazilians say them: "quinhentos e um", "cinco zero um", "onze zero dois", "meia"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from porteiro.dialogue.words import tokens

_UNITS = ("zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove")

_UNIT_VALUES = {
    "zero": 0, "um": 1, "uma": 1, "dois": 2, "duas": 2, "tres": 3, "quatro": 4,
    "cinco": 5, "seis": 6, "meia": 6, "sete": 7, "oito": 8, "nove": 9,
}  # fmt: skip
_TEEN_VALUES = {
    "dez": 10, "onze": 11, "doze": 12, "treze": 13, "quatorze": 14, "catorze": 14, "quinze": 15,
    "dezesseis": 16, "dezasseis": 16, "dezessete": 17, "dezassete": 17, "dezoito": 18,
    "dezenove": 19, "dezanove": 19,
}  # fmt: skip
_TEN_VALUES = {
    "vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "cincoenta": 50,
    "sessenta": 60, "setenta": 70, "oitenta": 80, "noventa": 90,
}  # fmt: skip
_HUNDRED_VALUES = {
    "cem": 100, "cento": 100, "duzentos": 200, "duzentas": 200, "trezentos": 300,
    "trezentas": 300, "quatrocentos": 400, "quatrocentas": 400, "quinhentos": 500,
    "quinhentas": 500, "seiscentos": 600, "seiscentas": 600, "setecentos": 700,
    "setecentas": 700, "oitocentos": 800, "oitocentas": 800, "novecentos": 900,
    "novecentas": 900,
}  # fmt: skip
_VALUES = _UNIT_VALUES | _TEEN_VALUES | _TEN_VALUES | _HUNDRED_VALUES

_DIGITS_OR_LETTERS = re.compile(r"\d|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Numeral:
    """One number that was said: words `start` up to but without `end`, and its digits."""

    digits: str
    start: int
    end: int


def numerals(words: Sequence[str]) -> list[Numeral]:
    """Return the numbers in folded `words`, one for each cardinal, digit or group of digits.

    "onze zero dois" is three, to be joined by whoever knows that it is one apartment.
    "meia" is a six only beside another digit: alone it is half of something.
    """
    found: list[Numeral] = []
    position = 0
    while position < len(words):
        numeral = _numeral_at(words, position)
        if numeral is None:
            position += 1
        else:
            found.append(numeral)
            position = numeral.end
    return [n for n in found if words[n.start] != "meia" or _has_neighbour(n, found)]


def joined(found: Sequence[Numeral]) -> list[Numeral]:
    """Return `found` with numbers that follow each other at once strung together."""
    spans: list[Numeral] = []
    for numeral in found:
        if spans and spans[-1].end == numeral.start:
            last = spans.pop()
            numeral = Numeral(last.digits + numeral.digits, last.start, numeral.end)  # noqa: PLW2901  the longer one
        spans.append(numeral)
    return spans


def parse_number(text: str) -> str | None:
    """Return the digits of `text` when it is one number and nothing else, else None."""
    words = tokens(text)
    spans = joined(numerals(words))
    if len(spans) != 1 or spans[0].end - spans[0].start != len(words):
        return None
    return spans[0].digits


def spell_digits(label: str) -> str:
    """Return `label` as it is read back, digit by digit: "A-204" as "A dois zero quatro"."""
    return " ".join(
        _UNITS[int(part)] if part.isdecimal() else part
        for part in _DIGITS_OR_LETTERS.findall(label)
    )


def _has_neighbour(numeral: Numeral, found: Sequence[Numeral]) -> bool:
    return any(n.end == numeral.start or n.start == numeral.end for n in found)


def _numeral_at(words: Sequence[str], start: int) -> Numeral | None:
    if _literal(words[start]) and not _literal_begins_cardinal(words, start):
        return Numeral(words[start], start, start + 1)
    value, position = _below_thousand(words, start)
    if position < len(words) and words[position] == "mil" and (value > 0 or position == start):
        rest, end = _below_thousand(words, _past_and(words, position + 1), after_and=True)
        if rest == 0:
            end = position + 1
        return Numeral(str((value or 1) * 1000 + rest), start, end)
    return Numeral(str(value), start, position) if position > start else None


def _below_thousand(
    words: Sequence[str], start: int, *, after_and: bool = False
) -> tuple[int, int]:
    """Add up hundreds, tens and units as long as each is smaller than the one before leaves room.

    Returns the value and the position after it, `start` where no number begins.
    """
    value, room, end = 0, 1000, start
    while True:
        position = _past_and(words, end) if end > start else end
        said_and = after_and or position > end or room == 1000
        part = _part(words, position, literal_allowed=said_and, inside=end > start)
        if part is None or part >= room or (part == 0 and room < 1000):
            return value, end
        value, end, room = value + part, position + 1, _room_after(part)


def _part(
    words: Sequence[str], position: int, *, literal_allowed: bool, inside: bool
) -> int | None:
    if position >= len(words):
        return None
    word = words[position]
    if _literal(word):
        return int(word) if literal_allowed and len(word) <= 3 else None
    return _VALUES.get(word) if word != "meia" or not inside else None


def _room_after(part: int) -> int:
    if part >= 100:
        return 100 if part % 100 == 0 else 0
    return 10 if part >= 20 and part % 10 == 0 else 0


def _past_and(words: Sequence[str], position: int) -> int:
    return position + 1 if position < len(words) and words[position] == "e" else position


def _literal(word: str) -> bool:
    return word.isascii() and word.isdecimal()


def _literal_begins_cardinal(words: Sequence[str], start: int) -> bool:
    """Tell "500 e 1" and "2 mil e 402", which some transcribers write, from plain digits."""
    if start + 1 >= len(words) or not 1 <= len(words[start]) <= 3 or int(words[start]) == 0:
        return False
    follows_and = words[start + 1] == "e" and start + 2 < len(words)
    composes = follows_and and _room_after(int(words[start])) > 0
    return words[start + 1] == "mil" or composes
