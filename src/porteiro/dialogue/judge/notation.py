"""The notation that the judge's phrases are written in, and how it is matched.

A phrase is a line of folded words. `[x]` is optional, `(x | y)` a choice, `<name>` a
phrase defined elsewhere, `@kind` any word of that kind (see `nouns`), `^` the start of
a clause and `$` its end: `[eu] autorizo [<who>] $`.

A line becomes a small tree that tells, for a place in a clause, all the places where it
may end. Defined phrases are shared between lines, and looked up once a place.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from porteiro.dialogue.judge.nouns import KIND

_SYMBOL = re.compile(r"<(\w+)>|([\[\]()|^$])|(@?[a-z0-9]+)|(\S)")
_CLOSING = {"[": "]", "(": ")"}

Places = int
"""A set of places in a clause, as bits: bit n stands for the place before word n."""


class CodedClause:
    """A clause's words as `code` gives them, and what defined phrases were found where."""

    __slots__ = ("codes", "found", "kinds")

    def __init__(self, codes: list[str]) -> None:
        """Take the coded words of one clause."""
        self.codes = codes
        self.kinds = [word.partition(":")[0] for word in codes]
        self.found: dict[tuple[str, int], Places] = {}


class _Node(Protocol):
    """A piece of a line."""

    def ends(self, clause: CodedClause, at: int) -> Places:
        """Return every place where the piece may end if it begins before word `at`."""
        ...


@dataclass(frozen=True, slots=True)
class Pattern:
    """A line, ready to be matched.

    `first` holds the codes of the words, and the kinds of word, that it may begin with,
    so that it need be tried on no other; `blank` tells that it may match no word at all.
    """

    node: _Node
    first: frozenset[str]
    blank: bool

    def longest(self, clause: CodedClause, at: int) -> int | None:
        """Return where its longest match from word `at` on ends, None where it has none."""
        places = self.node.ends(clause, at)
        return places.bit_length() - 1 if places else None


class _Word:
    """One word, or any word of a kind."""

    __slots__ = ("_code",)

    def __init__(self, code: str) -> None:
        self._code = code

    def ends(self, clause: CodedClause, at: int) -> Places:
        if at < len(clause.codes) and self._code in (clause.codes[at], clause.kinds[at]):
            return 2 << at
        return 0


class _Start:
    """The start of the clause."""

    def ends(self, clause: CodedClause, at: int) -> Places:  # noqa: ARG002  a node's form
        return 1 if at == 0 else 0


class _End:
    """The end of the clause."""

    def ends(self, clause: CodedClause, at: int) -> Places:
        return 1 << at if at == len(clause.codes) else 0


class _Sequence:
    """Several pieces, one behind the other."""

    __slots__ = ("_pieces",)

    def __init__(self, pieces: tuple[_Node, ...]) -> None:
        self._pieces = pieces

    def ends(self, clause: CodedClause, at: int) -> Places:
        places = 1 << at
        for piece in self._pieces:
            reached = 0
            while places:
                lowest = places & -places
                reached |= piece.ends(clause, lowest.bit_length() - 1)
                places ^= lowest
            places = reached
            if not places:
                break
        return places


class _Choice:
    """Any one of several pieces; only those that may begin with the word there are tried."""

    __slots__ = ("_blank", "_by_first")

    def __init__(self, pieces: list[Pattern]) -> None:
        self._blank = [piece.node for piece in pieces if piece.blank]
        self._by_first: dict[str, list[_Node]] = defaultdict(list)
        for piece in pieces:
            if not piece.blank:
                for first in piece.first:
                    self._by_first[first].append(piece.node)

    def ends(self, clause: CodedClause, at: int) -> Places:
        places = 0
        for node in self._blank:
            places |= node.ends(clause, at)
        if at < len(clause.codes):
            code, kind = clause.codes[at], clause.kinds[at]
            for node in self._by_first.get(code, ()):
                places |= node.ends(clause, at)
            if kind != code:
                for node in self._by_first.get(kind, ()):
                    places |= node.ends(clause, at)
        return places


class _Optional:
    """A piece that may be left out."""

    __slots__ = ("_first", "_piece")

    def __init__(self, piece: Pattern) -> None:
        self._piece = piece.node
        self._first = None if piece.blank else piece.first

    def ends(self, clause: CodedClause, at: int) -> Places:
        first = self._first
        if first is not None and (
            at >= len(clause.codes)
            or (clause.codes[at] not in first and clause.kinds[at] not in first)
        ):
            return 1 << at
        return self._piece.ends(clause, at) | 1 << at


class _Defined:
    """A phrase defined under a name; where it ends is worked out once a clause and place."""

    __slots__ = ("_name", "_piece")

    def __init__(self, name: str, piece: _Node) -> None:
        self._name = name
        self._piece = piece

    def ends(self, clause: CodedClause, at: int) -> Places:
        key = (self._name, at)
        places = clause.found.get(key)
        if places is None:
            places = clause.found[key] = self._piece.ends(clause, at)
        return places


_ANCHORS: Mapping[str, _Node] = {"^": _Start(), "$": _End()}


def code(word: str) -> str:
    """Return a word in the form that phrases match: itself, before it its kind if it has one."""
    return f"{KIND[word]}:{word}" if word in KIND else word


def words_of(lines: Iterable[str]) -> frozenset[str]:
    """Return the words that stand as themselves in `lines`."""
    return frozenset(
        word
        for line in lines
        for _, _, word, _ in _SYMBOL.findall(line)
        if word and not word.startswith("@")
    )


def compiled(line: str, definitions: Mapping[str, Pattern]) -> Pattern:
    """Return `line` as a pattern.

    Raises:
        ValueError: the line names something undefined, holds a sign unknown here, or
            opens what it does not close.
    """
    return _Line(line, definitions).whole()


def define(lines: Mapping[str, str]) -> dict[str, Pattern]:
    """Compile named phrases, each of which may use those before it."""
    definitions: dict[str, Pattern] = {}
    for name, line in lines.items():
        pattern = compiled(line, definitions)
        definitions[name] = Pattern(_Defined(name, pattern.node), pattern.first, pattern.blank)
    return definitions


class _Line:
    """One line while it is compiled, symbol by symbol."""

    def __init__(self, line: str, definitions: Mapping[str, Pattern]) -> None:
        self._line = line
        self._definitions = definitions
        self._rest = list(reversed(_SYMBOL.findall(line)))

    def whole(self) -> Pattern:
        pattern = self._choice()
        if self._rest:
            raise self._senseless(self._rest[-1][1])
        return pattern

    def _choice(self) -> Pattern:
        choices = [self._sequence()]
        while self._rest and self._rest[-1][1] == "|":
            self._rest.pop()
            choices.append(self._sequence())
        if len(choices) == 1:
            return choices[0]
        first = frozenset().union(*(choice.first for choice in choices))
        return Pattern(_Choice(choices), first, any(choice.blank for choice in choices))

    def _sequence(self) -> Pattern:
        pieces: list[Pattern] = []
        while self._rest and self._rest[-1][1] not in {"|", "]", ")"}:
            pieces.append(self._piece(*self._rest.pop()))
        if len(pieces) == 1:
            return pieces[0]
        first: frozenset[str] = frozenset()
        for piece in pieces:
            first |= piece.first
            if not piece.blank:
                break
        node = _Sequence(tuple(piece.node for piece in pieces))
        return Pattern(node, first, all(piece.blank for piece in pieces))

    def _piece(self, name: str, sign: str, word: str, other: str) -> Pattern:
        if other or (name and name not in self._definitions):
            raise self._senseless(name or other)
        if name:
            return self._definitions[name]
        if sign in _ANCHORS:
            return Pattern(_ANCHORS[sign], frozenset(), blank=True)
        if sign:
            return self._group(sign)
        if word.startswith("@"):
            return Pattern(_Word(word), frozenset({word}), blank=False)
        return Pattern(_Word(code(word)), frozenset({code(word)}), blank=False)

    def _group(self, sign: str) -> Pattern:
        inner = self._choice()
        if not self._rest or self._rest.pop()[1] != _CLOSING[sign]:
            raise self._senseless(sign)
        if sign == "(":
            return inner
        return Pattern(_Optional(inner), inner.first, blank=True)

    def _senseless(self, sign: str) -> ValueError:
        return ValueError(f"phrase {self._line!r}: {sign!r} means nothing; define or close it")
