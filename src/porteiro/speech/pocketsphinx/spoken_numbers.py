"""The ways in which Brazilians say the number of an apartment."""

import re
from collections.abc import Iterator

_DIGITS = ("zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove")
_TEENS = (
    *("dez", "onze", "doze", "treze", "quatorze"),
    *("quinze", "dezesseis", "dezessete", "dezoito", "dezenove"),
)
_TENS = (
    *("", "", "vinte", "trinta", "quarenta", "cinquenta"),
    *("sessenta", "setenta", "oitenta", "noventa"),
)
_HUNDREDS = (
    *("", "cento", "duzentos", "trezentos", "quatrocentos", "quinhentos"),
    *("seiscentos", "setecentos", "oitocentos", "novecentos"),
)
_LETTERS = {
    "a": "á", "b": "bê", "c": "cê", "d": "dê", "e": "é", "f": "efe", "g": "gê", "h": "agá",
    "i": "i", "j": "jota", "k": "cá", "l": "ele", "m": "eme", "n": "ene", "o": "ó", "p": "pê",
    "q": "quê", "r": "erre", "s": "esse", "t": "tê", "u": "u", "v": "vê", "x": "xis", "z": "zê",
}  # fmt: skip
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_MAX_CARDINAL = 9999


def cardinal(number: int) -> str:
    """Return 0 to 9999 in words: "mil e vinte", "dois mil quatrocentos e dois"."""
    if number < 1000:
        return _below_thousand(number)
    thousands, rest = divmod(number, 1000)
    head = "mil" if thousands == 1 else f"{_DIGITS[thousands]} mil"
    if not rest:
        return head
    joint = " e " if rest < 100 or rest % 100 == 0 else " "
    return head + joint + _below_thousand(rest)


def spoken_number(digits: str) -> tuple[str, ...]:
    """Return how the number in `digits` is said: "cinco zero um", "quinhentos e um", "meia" for 6.

    Four digits are said in pairs as well ("onze zero dois").
    """
    return tuple(dict.fromkeys(_ways(digits)))


def spoken_apartments(label: str) -> tuple[tuple[str, str], ...]:
    """Return each way to say an apartment, with the text that it comes to.

    "A-204" is "duzentos e quatro" for the text "204" (its block untold), and "bloco á
    duzentos e quatro" for "bloco A 204". Empty for a label without a number.
    """
    parts: list[str] = _PARTS.findall(label)
    numbers = [part for part in parts if part.isdecimal()]
    if not numbers:
        return ()
    number = numbers[-1]
    forms = [(said, number) for said in spoken_number(number)]
    block = next((p for p in parts if p is not number and p.lower() not in _BLOCK_WORDS), None)
    if block:
        name = _spoken_block(block)
        text = f"bloco {block} {number}"
        forms += [(f"bloco {name} {said}", text) for said, _ in forms]
    return tuple(forms)


_BLOCK_WORDS = {"bloco", "bl", "torre", "apartamento", "ap", "apto"}


def _spoken_block(block: str) -> str:
    if block.isdecimal():
        return spoken_number(block)[-1]
    return _LETTERS.get(block.lower(), block.lower())


def _ways(digits: str) -> Iterator[str]:
    one_by_one = " ".join(_DIGITS[int(digit)] for digit in digits)
    yield one_by_one
    yield one_by_one.replace("seis", "meia")
    if not digits.startswith("0") and int(digits) <= _MAX_CARDINAL:
        yield cardinal(int(digits))
    if len(digits) == 4 and digits[0] != "0":
        head = cardinal(int(digits[:2]))
        tail = digits[2:]
        yield (
            f"{head} zero {_DIGITS[int(tail[1])]}"
            if tail[0] == "0"
            else (f"{head} {cardinal(int(tail))}")
        )


def _below_thousand(number: int) -> str:
    if number == 100:
        return "cem"
    hundreds, rest = divmod(number, 100)
    tens, units = divmod(rest, 10)
    words = [_HUNDREDS[hundreds]]
    if 10 <= rest < 20:
        words.append(_TEENS[rest - 10])
    else:
        words += [_TENS[tens], _DIGITS[units] if units or not number else ""]
    return " e ".join(word for word in words if word)
