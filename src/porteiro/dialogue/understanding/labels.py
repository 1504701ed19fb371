"""What an apartment is called: its number, and its block where there are several."""

import re
from dataclasses import dataclass
from functools import lru_cache

from porteiro.dialogue.numbers import Numeral, joined, numerals
from porteiro.dialogue.words import fold

BLOCK_WORDS = frozenset({"bloco", "bl", "torre", "tr", "predio", "edificio", "ed", "ala", "quadra"})
UNIT_WORDS = frozenset(
    {"apartamento", "apartamentos", "apto", "apt", "ap", "ape", "unidade", "casa", "conjunto",
     "cj", "sala", "numero", "num", "no", "n"}
)  # fmt: skip
ORDINALS = {
    "primeiro": "1", "primeira": "1", "segundo": "2", "segunda": "2", "terceiro": "3",
    "terceira": "3", "quarto": "4", "quarta": "4", "quinto": "5", "quinta": "5", "sexto": "6",
    "sexta": "6", "setimo": "7", "setima": "7", "oitavo": "8", "oitava": "8", "nono": "9",
    "nona": "9", "decimo": "10", "decima": "10",
}  # fmt: skip

_PIECE = re.compile(r"\d+|[a-z]+")
_THOUSANDS = re.compile(r"(?<=\d)\.(?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Label:
    """An apartment, its block in folded form and empty where none was given.

    `number` has no leading zeros; it is the folded words where there are no digits
    ("cobertura").
    """

    block: str
    number: str

    def __str__(self) -> str:
        """Return it as we write it where the directory has no spelling of its own."""
        return f"{self.block.upper()}-{self.number}" if self.block else self.number


@lru_cache(maxsize=16384)
def parse_label(text: str) -> Label:
    """Return what a directory's spelling, or the bare words of a visitor, stand for.

    Takes every order: "A-204", "204A", "Bloco A 204", "apartamento duzentos e quatro torre 2".
    """
    words = _PIECE.findall(_THOUSANDS.sub("", fold(text)))
    block, rest = _split_block(words)
    rest = [word for word in rest if word not in UNIT_WORDS]
    found = numerals(rest)
    if not found:
        return Label(block, " ".join(rest))
    if not block:
        block, found = _unmarked_block(rest, found)
    digits = joined(found)[0].digits if found else ""
    return Label(block, digits.lstrip("0") or "0")


def block_at(words: list[str], position: int) -> tuple[str, int] | None:
    """Return the block named at `position`, just after its marker, and where it ends."""
    if position >= len(words):
        return None
    if words[position] in ORDINALS:
        return ORDINALS[words[position]], position + 1
    if len(words[position]) == 1 and words[position].isalpha():
        return words[position], position + 1
    first = next((n for n in numerals(words[position:]) if n.start == 0), None)
    if first is not None:
        return first.digits.lstrip("0"), position + first.end
    return None


def _split_block(words: list[str]) -> tuple[str, list[str]]:
    for position, word in enumerate(words):
        if word in BLOCK_WORDS:
            named = block_at(words, position + 1)
            if named is None and position + 1 < len(words):
                named = words[position + 1], position + 2
            if named is not None:
                return named[0], words[:position] + words[named[1] :]
    return "", words


def _unmarked_block(words: list[str], found: list[Numeral]) -> tuple[str, list[Numeral]]:
    """Find a block that is only a letter beside the number, or a short number before it."""
    first = found[0]
    beside = [words[i] for i in (first.start - 1, first.end) if 0 <= i < len(words)]
    letters = [word for word in beside if len(word) == 1 and word.isalpha()]
    if letters:
        return letters[0], found
    literal = all(words[n.start].isdecimal() for n in found)
    if literal and len(found) == 2 and len(first.digits) <= 2 and len(found[1].digits) >= 3:
        return first.digits.lstrip("0"), found[1:]
    return "", found
