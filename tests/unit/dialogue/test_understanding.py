"""Understanding by rules, on what people say at a gate."""

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from porteiro.dialogue.terms import Purpose, Question, Understood, Utterance
from porteiro.dialogue.understanding import understand
from porteiro.dialogue.words import fold

DATA = Path(__file__).parents[2] / "data" / "understanding"
SLOTS = ("purpose", "visitor", "apartment", "resident")


@dataclass(frozen=True)
class Tally:
    """How the slots of a set of sentences came out."""

    slots: int
    said: int
    said_right: int
    invented: int
    wrong: tuple[str, ...]


def tally(name: str) -> Tally:
    slots = said = said_right = invented = 0
    wrong = []
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            understood = understand(row["said"], Question(row["asked"]) if row["asked"] else None)
            for slot in SLOTS:
                got, wanted = getattr(understood, slot) or "", row[slot] or ""
                slots += 1
                said += bool(wanted)
                said_right += bool(wanted) and fold(got) == fold(wanted)
                invented += bool(got) and not wanted
                if fold(got) != fold(wanted):
                    wrong.append(f"{row['said']} [{row['asked']}]: {slot} {got!r}, not {wanted!r}")
    return Tally(slots, said, said_right, invented, tuple(wrong))


def test_every_sentence_of_our_own_set_is_understood() -> None:
    result = tally("corpus.tsv")
    assert result.slots > 1200
    assert result.wrong == ()


@pytest.mark.parametrize("name", [f"heldout{n}.tsv" for n in ("", 2, 3, 4, 5, 6)])
def test_sentences_held_back_from_the_rules_are_understood_as_well(name: str) -> None:
    result = tally(name)
    assert result.said_right >= 0.9 * result.said, result.wrong
    assert result.invented <= 0.01 * result.slots, result.wrong


RESIDENTS = ("Renata Oliveira", "Pedro Prado", "Xisto Barros", "Ana Flor Casa")
APARTMENTS = ("A-204", "B-204", "Torre 2 1003", "Cobertura", "7")


@pytest.mark.parametrize(
    ("said", "apartment"),
    [
        ("bloco b apartamento 204", "B-204"),
        ("204 a", "A-204"),
        ("mil e três da torre dois", "Torre 2 1003"),
        ("é na cobertura", "Cobertura"),
        ("204", "204"),
        ("bloco C 204", "C-204"),
    ],
)
def test_an_apartment_is_written_as_the_directory_writes_it(said: str, apartment: str) -> None:
    assert understand(said, Question.APARTMENT, RESIDENTS, APARTMENTS).apartment == apartment


def test_a_block_is_left_out_where_the_directory_has_none() -> None:
    assert understand("bloco a 204", None, (), ("204", "205")).apartment == "204"


def test_a_name_is_given_as_it_was_said_and_not_as_the_directory_has_it() -> None:
    assert understand("vim ver a RENATA", None, RESIDENTS).resident == "Renata"


def test_the_directory_tells_whose_a_name_without_cues_is() -> None:
    assert understand("entrega Xisto", None, RESIDENTS).resident == "Xisto"
    assert understand("entrega Xisto", None).resident is None


def test_a_visitor_may_share_a_resident_s_name() -> None:
    understood = understand("sou o Pedro, vim ver a Renata", None, RESIDENTS)
    assert (understood.visitor, understood.resident) == ("Pedro", "Renata")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("SOU O PEDRO DA SILVA", "Pedro da Silva"),
        ("sou a joana d'ávila", "Joana D'Ávila"),
        ("meu nome é maria das graças", "Maria das Graças"),
    ],
)
def test_names_are_written_in_title_case(said: str, name: str) -> None:
    assert understand(said, None).visitor == name


def test_a_surname_answers_the_question_for_it() -> None:
    assert understand("Oliveira", Question.SURNAME, RESIDENTS).resident == "Oliveira"
    assert understand("é da Silva", Question.SURNAME, RESIDENTS).resident == "Silva"
    assert understand("Nascimento", Question.SURNAME, ("Ana Nascimento",)).resident == "Nascimento"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("o quê?", Utterance.REPEAT),
        ("pode repetir por favor", Utterance.REPEAT),
        ("não entendi", Utterance.REPEAT),
        ("não sei", Utterance.UNKNOWN),
        ("quero falar com o porteiro", Utterance.HUMAN),
        ("boa tarde", Utterance.GREETING),
        ("alô", Utterance.GREETING),
        ("que calor", Utterance.OTHER),
        ("", Utterance.OTHER),
        ("entrega", Utterance.INFORMATION),
    ],
)
def test_what_holds_no_fact_is_told_by_its_kind(said: str, kind: Utterance) -> None:
    assert understand(said, None).kind is kind


@pytest.mark.parametrize(
    ("said", "asked", "apartment"),
    [
        ("quinhentos e um obrigado", Question.APARTMENT, "501"),
        ("mil obrigados", Question.APARTMENT, None),
        ("trezentos e dois entrega", None, "302"),
        ("duzentas caixas", None, None),
        ("302A", Question.APARTMENT, "A-302"),
        ("quinhentos quinhentos e dois", Question.APARTMENT, "502"),
    ],
)
def test_what_follows_a_number_tells_whether_it_counts(
    said: str, asked: Question | None, apartment: str | None
) -> None:
    assert understand(said, asked).apartment == apartment


@pytest.mark.parametrize("said", ["põe aí", "poe ai", "solta o portão", "cachorros", "abaixa aí"])
def test_verbs_and_things_are_nobodys_name(said: str) -> None:
    assert understand(said, Question.VISITOR).visitor is None


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("não é Márcio é Marcos", "Marcos"),
        ("é o Fábio quer dizer o Flávio", "Flávio"),
        ("Marcão", "Marcão"),
        ("pastor Elias", "Elias"),
        ("Kevin Leite", "Kevin Leite"),
        ("Paulo Roberto Filho", "Paulo Roberto Filho"),
        ("sou o João filho da dona Iolanda", "João"),
    ],
)
def test_a_visitor_s_name_is_the_one_that_stands(said: str, name: str) -> None:
    assert understand(said, Question.VISITOR).visitor == name


def test_the_purpose_is_one_of_the_contract_s_words() -> None:
    assert understand("vim entregar", None) == Understood(
        purpose=Purpose.DELIVERY, kind=Utterance.INFORMATION
    )
