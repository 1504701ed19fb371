"""A directory's parts by what people say of them, prepared once for many partial sentences."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from porteiro.dialogue.guide import Guide
from porteiro.dialogue.understanding.labels import parse_label
from porteiro.dialogue.understanding.likeness import name_words, sound


class GuideIndex:
    """Apartments by number and residents by the sound of their names; read-only.

    Attributes:
        blocks: every block, folded.
        spellings: every apartment as the directory spells it.
    """

    def __init__(self, apartments: Iterable[str], residents: Iterable[str]) -> None:
        """Take the directory's spellings of all apartments and all full names."""
        self.spellings = frozenset(apartments)
        self._by_number: dict[str, list[str]] = defaultdict(list)
        self._worded: list[str] = []
        self._beginnings: set[str] = set()
        blocks = set()
        for spelling in self.spellings:
            label = parse_label(spelling)
            blocks.add(label.block)
            self._by_number[label.number].append(spelling)
            if label.number.isdecimal():
                self._beginnings |= _beginnings(label.number)
            else:
                self._worded.append(spelling)
        self.blocks = frozenset(blocks - {""})
        self._by_sound: dict[str, set[str]] = defaultdict(set)
        self._example: dict[str, str] = {}
        for name in residents:
            sounds = [sound(word) for word in name_words(name)]
            for place, word in enumerate(sounds):
                if place == 0 or word not in self._by_sound:
                    self._example[word] = name
                self._by_sound[word].add(name)

    def has_number(self, digits: str) -> bool:
        """Tell whether an apartment has this number, in any block."""
        return digits in self._by_number

    def begins_longer(self, digits: str) -> bool:
        """Tell whether the number may be the beginning of an apartment's longer one.

        That is so of "cinco zero" and "quinhentos" where there is a 501.
        """
        return digits in self._beginnings

    def like(self, numbers: Iterable[str]) -> tuple[str, ...]:
        """Return the apartments with one of these numbers, and those that have none."""
        known = [spelling for digits in numbers for spelling in self._by_number.get(digits, ())]
        return tuple(dict.fromkeys([*known, *self._worded]))

    def bearers(self, said: str) -> set[str]:
        """Return the residents who have every name that was said, as it sounds."""
        bearers = [self._by_sound.get(sound(word), set()) for word in name_words(said)]
        return set.intersection(*bearers) if bearers else set()

    def examples(self, words: Iterable[str]) -> tuple[str, ...]:
        """Return for each folded word that is a resident's name one who has it, at best first.

        It is all that telling names from other words needs of a directory.
        """
        sounds = [sound(word) for word in words]
        found = [self._example[word] for word in sounds if word in self._example]
        return tuple(dict.fromkeys(found))


def bearers(said: str, residents: Iterable[str]) -> set[str]:
    """Return those of `residents` who have every name that was said, as it sounds."""
    return GuideIndex((), residents).bearers(said)


def index_of(guide: Guide) -> GuideIndex:
    """Return a directory's index, made when it is first asked for."""
    return _index(guide.apartments(), guide.residents())


@lru_cache(maxsize=64)
def _index(apartments: tuple[str, ...], residents: tuple[str, ...]) -> GuideIndex:
    return GuideIndex(apartments, residents)


def _beginnings(number: str) -> set[str]:
    """Return what may have been said of a number so far, digit by digit or as a cardinal."""
    begun = {number[:end] for end in range(1, len(number))}
    value = int(number)
    begun |= {str(value - value % unit) for unit in (10, 100, 1000) if value > unit > 1}
    return begun - {number, "0"}
