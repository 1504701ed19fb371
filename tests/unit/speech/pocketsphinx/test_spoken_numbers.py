"""How apartments are said."""

import pytest

from porteiro.dialogue.numbers import parse_number
from porteiro.dialogue.terms import Question
from porteiro.dialogue.understanding import understand
from porteiro.speech.pocketsphinx.spoken_numbers import (
    cardinal,
    spoken_apartments,
    spoken_number,
)


@pytest.mark.parametrize(
    ("digits", "ways"),
    [
        ("501", {"cinco zero um", "quinhentos e um"}),
        ("603", {"seis zero três", "meia zero três", "seiscentos e três"}),
        ("100", {"um zero zero", "cem"}),
        ("1102", {"um um zero dois", "onze zero dois", "mil cento e dois"}),
        ("1020", {"um zero dois zero", "dez vinte", "mil e vinte"}),
        ("2402", {"dois mil quatrocentos e dois", "vinte e quatro zero dois"}),
        ("1200", {"mil e duzentos", "doze zero zero"}),
    ],
)
def test_a_number_is_said_in_every_usual_way(digits: str, ways: set[str]) -> None:
    assert ways <= set(spoken_number(digits))


def test_every_cardinal_reads_back_as_its_number() -> None:
    wrong = [n for n in range(10000) if parse_number(cardinal(n)) != str(n)]

    assert wrong == []


def test_a_number_without_a_block_comes_to_itself() -> None:
    assert {text for _, text in spoken_apartments("501")} == {"501"}


def test_a_block_may_be_said_or_left_out() -> None:
    spoken = dict(spoken_apartments("A-204"))

    assert spoken["bloco á duzentos e quatro"] == "bloco A 204"
    assert spoken["duzentos e quatro"] == "204"


@pytest.mark.parametrize("label", ["B-12", "bloco 2 apto 301", "Torre A 1001", "203A"])
def test_the_text_of_every_form_is_understood_as_an_apartment(label: str) -> None:
    for _, text in spoken_apartments(label):
        assert understand(text, Question.APARTMENT).apartment


def test_a_label_without_a_number_cannot_be_said() -> None:
    assert spoken_apartments("cobertura") == ()
