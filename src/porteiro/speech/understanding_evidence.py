"""What a visitor really said of what a service claims that they said.

A service may know more than the visitor told: the directory, or what it makes up. None
of that may come back to a stranger at the gate, so the service only points: a name or a
number counts as far as the visitor's own words hold it, and in the visitor's words.
"""

from collections.abc import Iterator

from porteiro.dialogue.numbers import joined
from porteiro.dialogue.terms import Purpose
from porteiro.dialogue.understanding.apartments import find_apartment
from porteiro.dialogue.understanding.corrections import is_denied
from porteiro.dialogue.understanding.labels import ORDINALS, parse_label
from porteiro.dialogue.understanding.lexicon import FUNCTION, NOT_NAMES
from porteiro.dialogue.understanding.likeness import name_words, word_likeness
from porteiro.dialogue.understanding.people import titled
from porteiro.dialogue.understanding.reading import Reading, read
from porteiro.dialogue.words import fold, tokens

_ALIKE = 80.0
"""How near, of 100, the service's word must be to the visitor's: transcripts are misspelt."""
_MOST_WORDS = 6
_LONGEST_NAME = 120
_LONGEST_APARTMENT = 40
_MOST_DIGITS = 5
_PURPOSES = {purpose.value: purpose for purpose in Purpose}


def purpose_named(intent: str | None) -> Purpose | None:
    """Return the purpose of that name, written with or without its cedilla; None if unknown."""
    return _PURPOSES.get(fold(intent or ""))


def name_said(reading: Reading, claimed: str | None) -> str | None:
    """Return the words of the name `claimed` that were said, as they were said, or None."""
    name = (claimed or "")[:_LONGEST_NAME]
    places: list[int] = []
    for word in name_words(name)[:_MOST_WORDS]:
        start = places[-1] + 1 if places else 0
        place = next((p for p in range(start, len(reading.words)) if _is(reading, p, word)), None)
        if place is not None:
            places.append(place)
    if not places or _is_denied(reading, places[0]):
        return None
    particles = set(tokens(name))
    between = [
        place + 1
        for place in places[:-1]
        if place + 2 in places and reading.words[place + 1].folded in particles
    ]
    return titled([reading.words[place].text for place in sorted({*places, *between})])


def apartment_said(
    reading: Reading, claimed: str | int | None, known: tuple[str, ...]
) -> str | None:
    """Return the apartment `claimed`, written as in `known`, as far as it was said, or None."""
    label = parse_label(str(claimed or "")[:_LONGEST_APARTMENT])
    if not label.number.isdecimal() or len(label.number) > _MOST_DIGITS:
        return None
    if not any(
        digits == label.number and not _is_denied(reading, place)
        for digits, place in _numbers(reading)
    ):
        return None
    block = f" bloco {label.block}" if label.block in _blocks(reading) else ""
    found = find_apartment(read(f"apartamento {label.number}{block}"), known, asked=True)
    return found.label if found else None


def _is(reading: Reading, place: int, word: str) -> bool:
    """Tell whether the word said at `place` may be `word` of a name."""
    said = reading.words[place].folded
    if len(said) < 2 or not said.isalpha() or said in FUNCTION:
        return False
    return said == word or (said not in NOT_NAMES and word_likeness(said, word) >= _ALIKE)


def _is_denied(reading: Reading, place: int) -> bool:
    return is_denied(reading.before(place), another_follows=True)


def _numbers(reading: Reading) -> Iterator[tuple[str, int]]:
    """Yield every number said, and every number that neighbouring ones make, with its place."""
    for first in range(len(reading.numbers)):
        for last in range(first, min(first + _MOST_DIGITS, len(reading.numbers))):
            spans = joined(reading.numbers[first : last + 1])
            if len(spans) == 1:
                yield spans[0].digits.lstrip("0"), spans[0].start


def _blocks(reading: Reading) -> set[str]:
    """Return what may name a block among the words said."""
    words = {word.folded for word in reading.words}
    return (
        words
        | {ORDINALS[word] for word in words & ORDINALS.keys()}
        | {digits for digits, _ in _numbers(reading)}
    )
