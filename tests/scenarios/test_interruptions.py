"""Dialogues in which the resident speaks into Porteiro's words: no yes of that kind opens."""

import pytest

from porteiro.dialogue.events import FalseStart, Heard, KeyPressed, LegArrived, TimerFired
from porteiro.dialogue.interruptions import interrupts
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Decision, Question, Role, Understood, Utterance
from tests.stage import Stage

V, R = Role.VISITOR, Role.RESIDENT
YES = ["sim", "pode entrar", "sim, autorizo", "pode liberar"]


def being_asked() -> Stage:
    """Return a stage on which the resident is being told who is at the gate."""
    stage = Stage().visitor_comes().visitor_says("sou o Pedro, tenho uma entrega pra Renata do 501")
    return stage.happens(LegArrived(R))


@pytest.mark.parametrize("words", YES)
def test_a_yes_before_the_question_does_not_open(words: str) -> None:
    s = being_asked().resident_interrupts(words, early=True)
    assert s.announced == []
    assert s.is_in(State.ASKING)
    assert s.said(R)[-1] == "announcement"


@pytest.mark.parametrize("words", YES)
def test_even_if_a_leg_let_it_pass_it_does_not_open(words: str) -> None:
    s = being_asked()
    turn = s.listening[R].turn
    s.happens(Heard(R, turn, words, 0.9, sure=True, over=True, early=True))
    assert s.announced == []
    assert s.said(R) == ["announcement", "announcement"]


@pytest.mark.parametrize("words", YES)
def test_a_yes_into_the_question_is_confirmed_however_sure_the_transcriber(words: str) -> None:
    s = being_asked().resident_interrupts(words)
    assert s.announced == []
    assert s.said(R)[-1] == "confirm_authorize"
    s.hears_all().resident_says("sim")
    assert s.announced == [Decision.AUTHORIZED]


@pytest.mark.parametrize("words", YES)
def test_a_yes_into_the_confirmation_may_be_our_echo_and_does_not_open(words: str) -> None:
    s = being_asked().hears_all().resident_says("sim", sure=False)
    assert s.is_in(State.CONFIRMING_YES)
    s.resident_interrupts(words)
    assert s.announced == []
    turn = s.listening[R].turn
    s.happens(Heard(R, turn, words, 0.9, sure=True, over=True))
    assert s.announced == []
    assert s.is_in(State.CONFIRMING_YES)
    s.hears_all().resident_says("sim")
    assert s.announced == [Decision.AUTHORIZED]


@pytest.mark.parametrize("early", [True, False])
def test_a_clear_no_needs_no_question(early: bool) -> None:
    s = being_asked().resident_interrupts("não autorizo", early=early)
    assert s.announced == [Decision.DENIED]


def test_a_key_into_the_announcement_decides() -> None:
    s = being_asked().keys(R, "1")
    assert s.announced == [Decision.AUTHORIZED]


def test_a_question_into_the_question_is_answered() -> None:
    s = being_asked().resident_interrupts("quem é?")
    assert s.said(R)[-1] == "who"


@pytest.mark.parametrize("words", ["alô", "quem é?", "o quê?", "aham", "bom dia", ""])
def test_before_the_question_the_rest_does_not_interrupt(words: str) -> None:
    s = being_asked()
    said = len(s.said(R))
    s.resident_interrupts(words, early=True)
    assert len(s.said(R)) == said


def visitor(text: str, kind: Utterance, asked: Question) -> bool:
    heard = Heard(V, 1, text, 0.9, sure=True, understood=Understood(kind=kind), over=True)
    return interrupts(heard, asked)


@pytest.mark.parametrize(
    ("text", "kind", "asked"),
    [
        ("é uma entrega", Utterance.INFORMATION, Question.PURPOSE),
        ("não sei", Utterance.UNKNOWN, Question.APARTMENT),
        ("pode repetir?", Utterance.REPEAT, Question.APARTMENT),
        ("quero falar com o porteiro", Utterance.HUMAN, Question.VISITOR),
        ("Oliveira", Utterance.OTHER, Question.SURNAME),
        ("não", Utterance.OTHER, Question.CONFIRM_APARTMENT),
    ],
)
def test_a_visitor_s_answers_and_demands_interrupt(
    text: str, kind: Utterance, asked: Question
) -> None:
    assert visitor(text, kind, asked)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("boa noite", Utterance.GREETING),
        ("aham", Utterance.OTHER),
        ("fica quieto menino", Utterance.OTHER),
        ("", Utterance.OTHER),
    ],
)
def test_what_a_visitor_says_to_nobody_does_not(text: str, kind: Utterance) -> None:
    assert not visitor(text, kind, Question.PURPOSE)


def test_who_put_us_off_before_the_announcement_is_told_before_a_yes_counts() -> None:
    s = being_asked().resident_interrupts("espera um pouco", early=True).hears_all()
    assert s.said(R)[-1] == "take_your_time"
    s.resident_says("sim")
    assert s.announced == []
    assert s.said(R)[-1] == "announcement"
    s.hears_all().resident_says("sim")
    assert s.announced == [Decision.AUTHORIZED]


def test_who_put_us_off_and_stays_silent_is_told_who_is_there() -> None:
    s = being_asked().resident_interrupts("espera um pouco", early=True).hears_all()
    s.happens(TimerFired("answer"))
    assert s.said(R)[-1] == "announcement"
    s.hears_all().happens(TimerFired("answer"))
    assert [*s.said(R)[:-1], "authorize_question"] == s.said(R)


@pytest.mark.parametrize("role", [V, R])
def test_a_noise_in_a_turn_that_is_over_starts_no_time_for_an_answer(role: Role) -> None:
    s = Stage().visitor_comes() if role is V else being_asked().hears_all()
    turn = s.listening[role].turn
    s.happens(KeyPressed(role, "*"))
    s.happens(FalseStart(role, turn))
    assert "answer" not in s.timers
    s.hears_all()
    assert "answer" in s.timers


@pytest.mark.parametrize("words", YES)
@pytest.mark.parametrize("early", [True, False])
def test_a_yes_that_does_not_count_lets_the_phrase_go_on(words: str, early: bool) -> None:
    asked = Question.AUTHORIZE if early else Question.CONFIRM_AUTHORIZE
    heard = Heard(R, 1, words, 0.9, sure=True, over=True, early=early)
    assert not interrupts(heard, asked)
