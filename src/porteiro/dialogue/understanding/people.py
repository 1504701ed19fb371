"""Runs of words in a sentence that may be somebody's name, whoever that is."""

import re
from dataclasses import dataclass

from porteiro.dialogue.understanding.everyday import EVERYDAY_WORDS
from porteiro.dialogue.understanding.given_names import GIVEN_NAMES
from porteiro.dialogue.understanding.lexicon import (
    AMBIGUOUS,
    BRANDS,
    FUNCTION,
    GENERATIONS,
    NOT_NAMES,
    NOUNS,
    SURNAMES_AFTER_DA,
    SURNAMES_AFTER_DO,
    SURNAMES_AFTER_DOS_DAS,
    SURNAMES_TOO,
)
from porteiro.dialogue.understanding.likeness import name_words, word_likeness
from porteiro.dialogue.understanding.reading import NUMBER, Reading
from porteiro.dialogue.words import fold

_EVERYDAY = NOT_NAMES - GIVEN_NAMES
_FIRMS_LIKE_PEOPLE = ("ze delivery ", "casas pedro ")
_EVERYDAY_THINGS = (NOUNS | EVERYDAY_WORDS) - GIVEN_NAMES - AMBIGUOUS - SURNAMES_TOO
"""Those whose plural is no name either."""
_EVERYDAY_ENDING = re.compile(
    r"(?:cao|coes|mente|mento|mentos|ando|endo|indo|agem|dade|vel|eria|ista|ador|adora|edor|edora"
    r"|aram|avam|ava|(?<!m)ar|ssem|sse)$"
)
_WHOSE = re.compile(r"^(?:d[aeo]s?|d[ae]l[ae]) ")
_NICKNAME = re.compile(r"(?:z?inh[oa]s?|ao|ona|zao|zito|ito|ita)$")
_PARTICLES = {
    "da": SURNAMES_AFTER_DA,
    "do": SURNAMES_AFTER_DO,
    "dos": SURNAMES_AFTER_DOS_DAS,
    "das": SURNAMES_AFTER_DOS_DAS,
}
_MOST_WORDS = 6
_SAME = 90.0


@dataclass(frozen=True, slots=True)
class Run:
    """Words `start` up to but without `end`; `plausible` if they look like a name anywhere.

    `evident` says that the first is a known given name or one of a resident.
    """

    start: int
    end: int
    name: str
    plausible: bool
    evident: bool
    resident: bool


class People:
    """Finds name-like runs, knowing the names in a directory."""

    def __init__(self, residents: tuple[str, ...]) -> None:
        """Take the residents' full names, as far as they are known."""
        names = [name_words(resident) for resident in residents]
        self._first = {words[0] for words in names if words}
        self._all = {word for words in names for word in words}
        self._surnames = self._all | SURNAMES_TOO | SURNAMES_AFTER_DO
        self._whole = set(names)

    def runs(self, reading: Reading) -> list[Run]:
        """Return the maximal runs, in order."""
        found: list[Run] = []
        position = 0
        while position < len(reading.words):
            end = self._end(reading, position)
            if end > position:
                found.append(self._run(reading, position, end))
            position = max(end, position + 1)
        return found

    def _run(self, reading: Reading, start: int, end: int) -> Run:
        folded = [word.folded for word in reading.words[start:end]]
        like_resident = any(word_likeness(folded[0], first) >= _SAME for first in self._first)
        evident = _is_given(folded[0]) or like_resident
        return Run(
            start=start,
            end=end,
            name=titled([word.text for word in reading.words[start:end]]),
            plausible=evident
            or folded[0] in self._surnames
            or not _EVERYDAY_ENDING.search(folded[0]),
            evident=evident,
            resident=like_resident,
        )

    def _end(self, reading: Reading, start: int) -> int:
        """Return where the run that begins at `start` ends, `start` if none begins."""
        words = reading.words
        end = start
        while end < len(words) and end - start < _MOST_WORDS:
            if end > start and words[end].after_pause:
                break
            if self._may_name(reading, end, first=end == start):
                end += 1
            elif end > start and self._particle(reading, end):
                end += 2
            else:
                break
        return end

    def _may_name(self, reading: Reading, position: int, *, first: bool) -> bool:
        word = reading.words[position].folded
        if len(word) < 2 or not word.isalpha() or reading.after(position).startswith(NUMBER):
            return False
        if not first and word in SURNAMES_TOO:
            return True
        if not first and word in GENERATIONS:
            return _WHOSE.match(reading.after(position + 1)) is None
        if any(reading.after(position).startswith(firm) for firm in _FIRMS_LIKE_PEOPLE):
            return False
        everyday = word in _EVERYDAY or _is_things(word)
        return not everyday or (word in self._all and word not in FUNCTION)

    def _particle(self, reading: Reading, position: int) -> bool:
        """Tell the surname of "Pedro da Silva" from the firm of "Pedro da Claro"."""
        particle = reading.words[position].folded
        if position + 1 >= len(reading.words) or not self._may_name(
            reading, position + 1, first=False
        ):
            return False
        surname = reading.words[position + 1].folded
        if surname in self._all:
            return particle in {"da", "de", "do", "das", "dos"}
        if particle == "de":
            return surname not in BRANDS and surname not in GIVEN_NAMES
        return surname in _PARTICLES.get(particle, ())


def _is_given(word: str) -> bool:
    """Tell a common given name, or what friends make of one: "Marcão", "Carlinhos"."""
    if word in GIVEN_NAMES:
        return True
    stem = _NICKNAME.sub("", word)
    return (
        len(stem) >= 3
        and stem != word
        and not GIVEN_NAMES.isdisjoint(stem + end for end in ("", "o", "a", "e", "os", "io", "ia"))
    )


def _is_things(word: str) -> bool:
    """Tell the plural of an everyday word, which is no name unless it is a surname."""
    return word[-1] == "s" and word[:-1] in _EVERYDAY_THINGS and word not in AMBIGUOUS


def titled(words: list[str]) -> str:
    """Return a name as it is written: "PEDRO DA SILVA" as "Pedro da Silva"."""
    small = {"da", "de", "do", "das", "dos", "e"}
    return " ".join(
        word.lower()
        if fold(word) in small
        else "'".join(part.capitalize() for part in word.replace("’", "'").split("'"))
        for word in words
    )
