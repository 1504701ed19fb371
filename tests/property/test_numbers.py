"""Every apartment number, said in every way, is read back as its digits."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porteiro.dialogue.numbers import parse_number, spell_digits

SMALL = [
    "zero",
    "um",
    "dois",
    "três",
    "quatro",
    "cinco",
    "seis",
    "sete",
    "oito",
    "nove",
    "dez",
    "onze",
    "doze",
    "treze",
    "quatorze",
    "quinze",
    "dezesseis",
    "dezessete",
    "dezoito",
    "dezenove",
]
TENS = ["vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa"]
HUNDREDS = [
    "cento",
    "duzentos",
    "trezentos",
    "quatrocentos",
    "quinhentos",
    "seiscentos",
    "setecentos",
    "oitocentos",
    "novecentos",
]


def cardinal(number: int) -> str:
    """Write 0 to 9999 in words, as one says an amount."""
    if number < 20:
        return SMALL[number]
    if number < 100:
        ten, unit = TENS[number // 10 - 2], number % 10
        return f"{ten} e {SMALL[unit]}" if unit else ten
    if number == 100:
        return "cem"
    if number < 1000:
        hundred, rest = HUNDREDS[number // 100 - 1], number % 100
        return f"{hundred} e {cardinal(rest)}" if rest else hundred
    thousand = "mil" if number < 2000 else f"{cardinal(number // 1000)} mil"
    rest = number % 1000
    if not rest:
        return thousand
    link = " e " if rest < 100 or rest % 100 == 0 else " "
    return f"{thousand}{link}{cardinal(rest)}"


def spoken(number: int) -> set[str]:
    """Return the ways in which people say an apartment's number."""
    digits = str(number)
    ways = {digits, " ".join(digits), spell_digits(digits), cardinal(number)}
    ways.add(cardinal(number).replace(" e ", " "))
    if number > 9:
        ways.add(spell_digits(digits).replace("seis", "meia"))
    head, tail = divmod(number, 100)
    if number > 999:
        ways.add(f"{number // 1000}.{number % 1000:03}")
        ways.add(f"{head} {tail:02}")
    if head and 0 < tail < 10:
        ways.add(f"{cardinal(head)} zero {SMALL[tail]}")
    if head and tail > 9 and (head < 20 or head % 10):
        ways.add(f"{cardinal(head)} {cardinal(tail)}")
    return ways


@pytest.mark.parametrize("start", range(1, 10_000, 1000))
def test_every_spoken_form_of_every_number_comes_back(start: int) -> None:
    wrong = {
        way: parse_number(way)
        for number in range(start, min(start + 1000, 10_000))
        for way in spoken(number)
        if parse_number(way.replace(".", "")) != str(number)
    }
    assert wrong == {}


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_none(text: str) -> None:
    digits = parse_number(text)
    assert digits is None or digits.isdecimal()


@given(st.lists(st.sampled_from([*SMALL, *TENS, *HUNDREDS, "e", "mil", "meia", "7", "12"])))
def test_any_order_of_number_words_is_read_without_complaint(words: list[str]) -> None:
    digits = parse_number(" ".join(words))
    assert digits is None or digits.isdecimal()


def test_a_label_is_spelled_with_its_block() -> None:
    assert spell_digits("A-204") == "A dois zero quatro"
    assert all(one != two for one, two in pairwise(spell_digits(str(n)) for n in range(30)))
