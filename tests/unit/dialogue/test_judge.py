"""The yes/no judge against what people really say, and its few promises beside."""

from pathlib import Path
from typing import NamedTuple

import pytest

from porteiro.dialogue.judge import Answer, Judgement, Kind, judge

ANSWERS = Path(__file__).parents[2] / "data" / "answers"


class Case(NamedTuple):
    said: str
    expected: str
    category: str

    def judged(self) -> Answer:
        return judge(self.said, confirming=self.expected.startswith("confirming-")).answer

    def wanted(self) -> str:
        return self.expected.removeprefix("confirming-")


def cases(name: str) -> list[Case]:
    lines = (ANSWERS / name).read_text(encoding="utf-8").split("\n")[1:]
    return [Case(*line.split("\t")) for line in lines if line]


EVERYDAY = cases("everyday.tsv")
TELEPHONE = cases("telephone.tsv")
HELD_OUT = cases("held_out.tsv") + cases("held_out_telephone.tsv") + cases("held_out_gate.tsv")
EVERYTHING = EVERYDAY + TELEPHONE + HELD_OUT


@pytest.mark.parametrize("category", sorted({f"{c.expected} {c.category}" for c in EVERYDAY}))
def test_everyday_answers_are_judged_as_a_person_would(category: str) -> None:
    chosen = [case for case in EVERYDAY if f"{case.expected} {case.category}" == category]
    wrong = [
        f"{case.said!r} -> {case.judged()}" for case in chosen if case.judged() != case.wanted()
    ]
    assert not wrong, "\n".join(wrong)


def test_no_answer_that_is_not_a_yes_opens_the_gate() -> None:
    opened = [
        case.said for case in EVERYTHING if case.wanted() != "yes" and case.judged() is Answer.YES
    ]
    assert not opened


def test_no_answer_that_is_not_a_no_sends_a_visitor_away() -> None:
    refused = [
        case.said for case in EVERYTHING if case.wanted() != "no" and case.judged() is Answer.NO
    ]
    assert not refused


@pytest.mark.parametrize("chosen", [TELEPHONE, HELD_OUT], ids=["telephone", "held out"])
def test_answers_written_without_a_look_at_the_lexicon_are_mostly_understood(
    chosen: list[Case],
) -> None:
    missed = [case.said for case in chosen if case.judged() != case.wanted()]
    assert len(missed) <= 0.05 * len(chosen), "\n".join(missed)


@pytest.mark.parametrize(
    "said",
    [
        "pode deixar a dona Florípedes entrar",
        "deixa o Quirino subir",
        "pode deixar o seu Zoroastro subir, por favor",
        "fala pra dona Florípedes entrar",
    ],
)
def test_a_name_in_no_list_is_a_name_where_an_approval_says_whom_it_lets_in(said: str) -> None:
    assert judge(said).answer is Answer.YES


@pytest.mark.parametrize(
    "said",
    [
        "pode deixar entrar Florípedes",
        "Florípedes, pode entrar",
        "libera o Quirino",
        "deixa o cachorro entrar",
        "pode deixar o preço subir",
        "deixa o 501 subir",
    ],
)
def test_an_unknown_word_anywhere_else_opens_nothing(said: str) -> None:
    assert judge(said).answer is Answer.UNCLEAR


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("", Kind.EMPTY),
        ("hum...", Kind.EMPTY),
        ("quem é?", Kind.QUESTION),
        ("quem é", Kind.QUESTION),
        ("ele pode entrar pela garagem?", Kind.QUESTION),
        ("o quê?", Kind.REPEAT),
        ("oi?", Kind.REPEAT),
        ("não ouvi", Kind.REPEAT),
        ("espera um pouco", Kind.WAIT),
        ("depois pode", Kind.WAIT),
        ("talvez", Kind.DOUBT),
        ("não conheço", Kind.DOUBT),
        ("se for da transportadora, pode", Kind.CONDITION),
        ("ele disse que sim", Kind.REPORTED),
        ("sim... quer dizer, não", Kind.CONTRADICTION),
        ("não, pode entrar", Kind.CONTRADICTION),
        ("tá bom", Kind.OTHER),
    ],
)
def test_an_unclear_answer_says_why_it_is_unclear(said: str, kind: Kind) -> None:
    judgement = judge(said)
    assert (judgement.answer, judgement.kind) == (Answer.UNCLEAR, kind)


def test_the_words_that_decided_are_told() -> None:
    assert judge("Ah, sim, é meu irmão, pode entrar!") == Judgement(Answer.YES, "sim, pode entrar")
    assert judge("Olha, não autorizo.") == Judgement(Answer.NO, "nao autorizo")
    assert judge("sim não").words == "sim, nao"


def test_certo_is_a_yes_only_to_a_question_that_asks_for_confirmation() -> None:
    assert judge("certo").answer is Answer.UNCLEAR
    assert judge("certo", confirming=True).answer is Answer.YES
    assert judge("errado").answer is Answer.UNCLEAR
    assert judge("errado", confirming=True).answer is Answer.NO


@pytest.mark.parametrize(
    "said",
    ["sim " * 250_000, "?" * 1_000_000, "não" + " " * 1_000_000, "\ud800 sim", "sim 👍", "ｓｉｍ"],
    ids=["very long", "question marks", "spaces", "surrogate", "emoji", "full width"],
)
def test_text_that_no_transcriber_writes_is_no_yes(said: str) -> None:
    assert judge(said).answer is not Answer.YES
