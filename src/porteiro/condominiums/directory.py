"""The apartments of a condominium, who lives there, and how a spoken name finds them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from porteiro.dialogue.guide import Finding, Match
from porteiro.dialogue.understanding.labels import Label, parse_label
from porteiro.dialogue.understanding.likeness import SHORTEST_NICKNAME, likeness, name_words, sound

_ACCEPTED = 75.0
_CLOSE = 5.0
"""Candidates this near to the best are as likely meant as the best."""

_NOT_FOUND = Match(Finding.NOT_FOUND)
_AMBIGUOUS = Match(Finding.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class Apartment:
    """One apartment as the building's records have it; `numbers` are rung in this order."""

    label: str
    residents: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Resident:
    """A person, the words of the name, and the record (an index) that lists them."""

    name: str
    words: tuple[str, ...]
    record: int


class Directory:
    """A condominium's directory; implements `porteiro.dialogue.guide.Guide`.

    Apartments are matched exactly once their spelling is out of the way, since a near
    miss would ring the wrong door; people's names are matched by likeness. Several
    records with one label are one apartment. Looking up is read-only and needs no lock.
    """

    def __init__(self, apartments: Iterable[Apartment]) -> None:
        """Take the records; their order is the order of every list given back."""
        self._records = tuple(apartments)
        self._labels = [parse_label(record.label) for record in self._records]
        self._by_number: dict[str, list[int]] = defaultdict(list)
        self._living_in: list[list[_Resident]] = []
        self._by_word: dict[str, list[_Resident]] = defaultdict(list)
        for index, record in enumerate(self._records):
            self._by_number[self._labels[index].number].append(index)
            people = [_Resident(name, name_words(name), index) for name in record.residents]
            self._living_in.append(people)
            for person in people:
                for word in dict.fromkeys(person.words):
                    self._by_word[word].append(person)
        self._people = [person for people in self._living_in for person in people]
        self._full_names = [" ".join(person.words) for person in self._people]
        self._sorted_names = [" ".join(sorted(person.words)) for person in self._people]
        self._words = list(self._by_word)
        self._sounds = [sound(word) for word in self._words]
        first: dict[Label, str] = {}
        for label, record in zip(self._labels, self._records, strict=True):
            first.setdefault(label, record.label)
        self._apartments = tuple(first.values())
        self._everybody = tuple(dict.fromkeys(person.name for person in self._people))

    @property
    def records(self) -> tuple[Apartment, ...]:
        """The records, as they were given."""
        return self._records

    def find(self, apartment: str | None, resident: str | None) -> Match:
        """Look up what a visitor said; see `Guide.find`."""
        said = name_words(resident or "")
        if apartment is None:
            return self._whoever(said, self._shortlist(said)) if said else _NOT_FOUND
        records = self._records_of(apartment)
        if said:
            return self._whoever(said, [p for r in records for p in self._living_in[r]])
        return self._home(records)

    def apartments(self) -> tuple[str, ...]:
        """Return every apartment once, as the records spell it."""
        return self._apartments

    def residents(self, apartment: str | None = None) -> tuple[str, ...]:
        """Return the residents' full names, of one apartment or of all."""
        if apartment is None:
            return self._everybody
        records = self._records_of(apartment)
        return tuple(dict.fromkeys(p.name for r in records for p in self._living_in[r]))

    def _records_of(self, apartment: str) -> list[int]:
        """Return the records that the words name; a block counts only where there are blocks."""
        wanted = parse_label(apartment)
        found = self._by_number.get(wanted.number, [])
        if not wanted.block:
            return found
        return [r for r in found if self._labels[r].block in {"", wanted.block}]

    def _home(self, records: Sequence[int]) -> Match:
        if not records:
            return _NOT_FOUND
        if len({self._labels[r] for r in records}) > 1:
            return _AMBIGUOUS
        return Match(Finding.FOUND, self._records[records[0]].label, "", self._numbers(records))

    def _whoever(self, said: tuple[str, ...], people: Sequence[_Resident]) -> Match:
        """Find the one of `people` whose name was said."""
        scored = [(likeness(said, person.words), person) for person in people]
        best = max((score for score, _ in scored), default=0.0)
        if best < _ACCEPTED:
            return _NOT_FOUND
        exact = [person for _, person in scored if person.words == said]
        close = exact or [person for score, person in scored if score > best - _CLOSE]
        if len({(self._labels[person.record], person.words) for person in close}) > 1:
            return _AMBIGUOUS
        meant = close[0]
        own = [person.record for person in close]
        home = [r for r in self._records_of_label(meant) if r not in own]
        label = self._records[meant.record].label
        return Match(Finding.FOUND, label, meant.name, self._numbers([*own, *home]))

    def _records_of_label(self, person: _Resident) -> list[int]:
        label = self._labels[person.record]
        return [r for r in self._by_number[label.number] if self._labels[r] == label]

    def _numbers(self, records: Sequence[int]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n for r in records for n in self._records[r].numbers))

    def _shortlist(self, said: tuple[str, ...]) -> list[_Resident]:
        """Return, of all the residents, those who can reach the accepted likeness.

        One pass in compiled code over the different words and the full names; only who is
        left is then compared with care.
        """
        hits: Counter[_Resident] = Counter()
        for word in said:
            hits.update({p for written in self._like(word) for p in self._by_word[written]})
        chosen = {p: None for p, n in hits.items() if n >= min(len(said), len(p.words))}
        for order in (said, tuple(sorted(said))):
            names = self._full_names if order is said else self._sorted_names
            whole = process.extract(
                " ".join(order), names, scorer=fuzz.ratio, score_cutoff=_ACCEPTED, limit=None
            )
            chosen.update((self._people[place], None) for _, _, place in whole)
        return list(chosen)

    def _like(self, word: str) -> set[str]:
        """Return the words of residents' names that look, sound or begin like `word`."""
        seen = process.extract(
            word, self._words, scorer=fuzz.ratio, score_cutoff=_ACCEPTED, limit=None
        )
        heard = process.extract(
            sound(word), self._sounds, scorer=fuzz.ratio, score_cutoff=_ACCEPTED, limit=None
        )
        like = {self._words[place] for _, _, place in [*seen, *heard]}
        if len(word) >= SHORTEST_NICKNAME:
            like.update(w for w in self._words if w.startswith(word))
        like.update(w for w in self._words if len(w) >= SHORTEST_NICKNAME and word.startswith(w))
        return like
