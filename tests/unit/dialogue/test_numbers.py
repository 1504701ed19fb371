"""Number words: what is one number, what is several, what is none."""

import pytest

from porteiro.dialogue.numbers import joined, numerals, parse_number


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("quinhentos e um", "501"),
        ("cinco zero um", "501"),
        ("onze zero dois", "1102"),
        ("meia zero três", "603"),
        ("mil e vinte", "1020"),
        ("mil duzentos e quatro", "1204"),
        ("vinte e quatro zero dois", "2402"),
        ("dois mil quatrocentos e dois", "2402"),
        ("cinquenta e um zero um", "5101"),
        ("dois três", "23"),
        ("2 mil e 402", "2402"),
        ("500 e 1", "501"),
    ],
)
def test_spoken_forms_give_digits(said: str, digits: str) -> None:
    assert parse_number(said) == digits


@pytest.mark.parametrize(
    "said", ["meia", "oito e meia", "vinte e meia", "e", "", "apartamento 501"]
)
def test_what_is_not_one_number_gives_none(said: str) -> None:
    assert parse_number(said) is None


def test_numbers_apart_stay_apart() -> None:
    words = ["cinco", "zero", "um", "da", "torre", "dois"]
    assert [number.digits for number in joined(numerals(words))] == ["501", "2"]
