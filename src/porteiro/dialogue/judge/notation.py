"""The notation that the judge's phrases are written in, and its compiler.

A phrase is a line of folded words. `[x]` is optional, `(x | y)` a choice, `<name>` a
phrase defined elsewhere, `@kind` any word of that kind (see `nouns`), `^` the start of
a clause and `$` its end: `[eu] autorizo [<who>] $`.
"""

import re
from collections.abc import Iterable, Mapping

from porteiro.dialogue.judge.nouns import KIND

_SYMBOL = re.compile(r"<(\w+)>|([\[\]()|^$])|(@?[a-z0-9]+)|(\S)")
_SIGNS = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|", "^": r"\A", "$": r"\Z"}


def code(word: str) -> str:
    """Return a word in the form that compiled phrases match: its kind, itself and a space."""
    return f"{KIND[word]}:{word} " if word in KIND else f"{word} "


def expand(line: str, definitions: Mapping[str, str]) -> str:
    """Return `line` as a regular expression over coded words.

    Raises:
        ValueError: the line names something undefined or holds a sign unknown here.
    """
    parts: list[str] = []
    for name, sign, word, other in _SYMBOL.findall(line):
        if other or (name and name not in definitions):
            raise ValueError(f"phrase {line!r}: {name or other!r} means nothing; define it first")
        if name:
            parts.append(f"(?:{definitions[name]})")
        else:
            of_kind = rf"{word}:\w+ " if word.startswith("@") else code(word)
            parts.append(_SIGNS[sign] if sign else of_kind)
    return "".join(parts)


def define(lines: Mapping[str, str]) -> dict[str, str]:
    """Expand named phrases, each of which may use those before it."""
    definitions: dict[str, str] = {}
    for name, line in lines.items():
        definitions[name] = expand(line, definitions)
    return definitions


def phrases(lines: Iterable[str], definitions: Mapping[str, str]) -> list[re.Pattern[str]]:
    """Compile lines, each to a pattern of its own so that the longest match can be taken."""
    return [re.compile(expand(line, definitions)) for line in lines]
