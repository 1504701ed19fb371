"""The notation that the judge's phrases are written in, and its compiler.

A phrase is a line of folded words. `[x]` is optional, `(x | y)` a choice, `<name>` a
phrase defined elsewhere, `@kind` any word of that kind (see `nouns`), `^` the start of
a clause and `$` its end: `[eu] autorizo [<who>] $`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from porteiro.dialogue.judge.nouns import KIND

_SYMBOL = re.compile(r"<(\w+)>|([\[\]()|^$])|(@?[a-z0-9]+)|(\S)")
_ANCHORS = {"^": r"\A", "$": r"\Z"}
_CLOSING = {"[": "]", "(": ")"}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled phrase: an expression over coded words.

    `first` holds the codes of the words, and the kinds of word, that it may begin with,
    so that it need be tried on no other; `blank` tells that it may match no word at all.
    """

    expression: str
    first: frozenset[str]
    blank: bool


def code(word: str) -> str:
    """Return a word in the form that compiled phrases match: its kind, itself and a space."""
    return f"{KIND[word]}:{word} " if word in KIND else f"{word} "


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
        definitions[name] = compiled(line, definitions)
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
        return Pattern(
            f"(?:{'|'.join(choice.expression for choice in choices)})",
            frozenset().union(*(choice.first for choice in choices)),
            any(choice.blank for choice in choices),
        )

    def _sequence(self) -> Pattern:
        pieces: list[Pattern] = []
        while self._rest and self._rest[-1][1] not in {"|", "]", ")"}:
            pieces.append(self._piece(*self._rest.pop()))
        first: frozenset[str] = frozenset()
        for piece in pieces:
            first |= piece.first
            if not piece.blank:
                break
        expression = "".join(piece.expression for piece in pieces)
        return Pattern(expression, first, all(piece.blank for piece in pieces))

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
            return Pattern(rf"{word}:\w+ ", frozenset({word}), blank=False)
        return Pattern(code(word), frozenset({code(word)}), blank=False)

    def _group(self, sign: str) -> Pattern:
        inner = self._choice()
        if not self._rest or self._rest.pop()[1] != _CLOSING[sign]:
            raise self._senseless(sign)
        if sign == "(":
            return inner
        return Pattern(f"(?:{inner.expression})?", inner.first, blank=True)

    def _senseless(self, sign: str) -> ValueError:
        return ValueError(f"phrase {self._line!r}: {sign!r} means nothing; define or close it")
