"""Portuguese words in English phones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porteiro.speech.pocketsphinx.pronunciation import MAX_VARIANTS, pronounce

PHONES = {
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F"),
    *("G", "HH", "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S"),
    *("SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH"),
}


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("sim", "S IY N"),
        ("não", "N AW N"),
        ("pode", "P OW JH IY"),
        ("que", "K IY"),
        ("quem", "K EY N"),
        ("quatro", "K W AA T R UW"),
        ("três", "T R EY S"),
        ("zero", "Z EH R UW"),
        ("entrega", "EH N T R EH G AH"),
        ("visita", "V IY Z IY T AH"),
        ("guilherme", "G IY L Y EH R M IY"),
        ("renata", "HH EY N AA T AH"),
        ("andrade", "AH N D R AA JH IY"),
        ("carro", "K AA HH UW"),
        ("chave", "SH AA V IY"),
        ("manhã", "M AA N Y AH N"),
        ("leões", "L EY OY N S"),
    ],
)
def test_a_word_is_spoken_as_brazilians_do(word: str, phones: str) -> None:
    assert phones in pronounce(word)


def test_case_does_not_matter() -> None:
    assert pronounce("NÃO") == pronounce("não")


@pytest.mark.parametrize("nothing", ["", "123", "?!", "h"])
def test_what_has_no_sound_has_no_pronunciation(nothing: str) -> None:
    assert pronounce(nothing) == ()


def test_the_longest_word_has_no_more_variants_than_others() -> None:
    assert len(pronounce("extraordinariamente" * 5)) == MAX_VARIANTS


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzáéíóúâêôãõç'-ñü日", max_size=15))
def test_any_word_has_a_few_distinct_variants_of_known_phones(word: str) -> None:
    variants = pronounce(word)

    assert len(set(variants)) == len(variants) <= MAX_VARIANTS
    assert {phone for variant in variants for phone in variant.split()} <= PHONES
