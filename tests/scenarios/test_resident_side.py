"""Dialogues with the resident: ringing, the answer, the decision, the end."""

import pytest

from porteiro.dialogue import effects as do
from porteiro.dialogue.events import Broken, Heard, RingResult
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Decision, Role
from tests.stage import Stage

V, R = Role.VISITOR, Role.RESIDENT
SENTENCE = "sou o Pedro, tenho uma entrega pra Renata do 501"


def ringing(options: DialogueOptions | None = None) -> Stage:
    return Stage(options).visitor_comes().visitor_says(SENTENCE)


def asking(options: DialogueOptions | None = None) -> Stage:
    return ringing(options).resident_answers()


def test_a_clear_yes_opens_the_gate_and_hangs_both_up() -> None:
    s = asking().resident_says("sim, pode entrar")
    assert s.announced == [Decision.AUTHORIZED]
    assert s.said(V)[-1] == "authorized_entrega"
    assert s.said(R)[-1] == "thanks_authorized"
    s.hears_all()
    assert s.hung_up == []
    s.gate_answers().passes(0.6)
    assert s.hung_up == [V, R]
    s.leaves(V).leaves(R)
    assert s.is_in(State.ENDED)


def test_a_clear_no_keeps_it_closed() -> None:
    s = asking().resident_says("não, não deixa")
    assert s.announced == [Decision.DENIED]
    assert s.said(V)[-1] == "denied_entrega"


@pytest.mark.parametrize(("key", "decision"), [("1", Decision.AUTHORIZED), ("2", Decision.DENIED)])
def test_a_key_decides_alone(key: str, decision: Decision) -> None:
    s = asking().keys(R, key)
    assert s.announced == [decision]
    assert s.conversation.facts.decided_by == f"tecla {key}"


def test_the_visitors_keys_never_decide() -> None:
    s = asking().keys(V, "1#1")
    assert s.announced == []
    assert s.is_in(State.ASKING)


def test_an_unsure_yes_needs_a_second_one() -> None:
    s = asking().resident_says("sim", sure=False)
    assert s.announced == []
    assert s.said(R)[-1] == "confirm_authorize"
    s.hears_all().resident_says("sim", sure=False)
    assert s.announced == [Decision.AUTHORIZED]


def test_an_unsure_yes_not_confirmed_opens_nothing() -> None:
    s = asking().resident_says("sim", sure=False).hears_all().resident_says("não", sure=False)
    assert s.announced == [Decision.DENIED]


def test_a_late_yes_of_an_earlier_turn_is_no_confirmation() -> None:
    s = asking()
    first = s.listening[R].turn
    s.resident_says("sim", sure=False).hears_all()
    s.happens(Heard(R, first, "sim", 0.9, sure=True))
    assert s.announced == []


def test_who_is_it_is_answered_and_asked_again() -> None:
    s = asking().resident_says("quem é?")
    assert s.said(R)[-1] == "who"
    assert "Pedro" in s.words_to(R)
    assert s.is_in(State.ASKING)


def test_unclear_answers_are_asked_again_three_times_with_the_keys_offered() -> None:
    s = asking()
    for _ in range(3):
        s.resident_says("talvez").hears_all()
        assert s.said(R)[-1] == "authorize_keys"
    s.resident_says("sei lá")
    assert s.announced == []
    assert s.conversation.facts.decision is Decision.NO_DECISION
    assert s.said(V)[-1] == "no_decision"


def test_questions_without_end_come_to_an_end() -> None:
    s = asking()
    for _ in range(20):
        if s.state is State.ASKING:
            s.resident_says("quem é?").hears_all()
    assert s.conversation.facts.decision is Decision.NO_DECISION


def test_forty_five_seconds_of_silence_are_no_decision() -> None:
    s = asking().passes(44)
    assert s.is_in(State.ASKING)
    s.passes(2)
    assert s.conversation.facts.decision is Decision.NO_DECISION
    assert s.announced == []


def test_a_resident_who_hangs_up_has_not_decided() -> None:
    s = asking().leaves(R)
    assert s.conversation.facts.decision is Decision.NO_DECISION
    assert s.said(V)[-1] == "no_decision"


def test_a_visitor_who_hangs_up_while_it_rings_stops_the_ringing() -> None:
    s = ringing().leaves(V)
    assert do.StopRinging() in s.effects
    assert s.is_in(State.ENDED)


def test_a_resident_is_told_when_the_visitor_hangs_up() -> None:
    s = asking().leaves(V)
    assert s.said(R)[-1] == "visitor_left"
    s.hears_all().passes(0.6)
    assert s.hung_up == [R]


def test_each_number_is_rung_twice_for_its_time() -> None:
    s = Stage().visitor_comes().visitor_says("sou o Pedro, entrega pra Camila do 502")
    s.passes(24)
    assert s.rung == ["1003031"]
    s.passes(80)
    assert s.rung == ["1003031", "1003032"] * 2
    assert s.said(V)[-1] == "unreachable"


def test_a_busy_phone_is_tried_again_after_a_pause() -> None:
    s = ringing().ring_ends(RingResult.BUSY)
    assert s.rung == ["1003030"]
    s.passes(5)
    assert s.rung == ["1003030"] * 2
    s.ring_ends(RingResult.BUSY)
    assert s.said(V)[-1] == "unreachable"


def test_a_waiting_visitor_hears_a_word_every_twelve_seconds() -> None:
    s = ringing().passes(37)
    assert s.said(V).count("patience") == 3


def test_a_failed_gate_is_told_to_the_visitor() -> None:
    s = asking().resident_says("sim").hears_all().gate_answers(opened=False)
    assert s.said(V)[-1] == "gate_failed"
    s.hears_all().passes(0.6)
    assert V in s.hung_up


def test_the_resident_does_not_wait_for_a_slow_gate() -> None:
    s = asking().resident_says("sim").hears_all().passes(0.6)
    assert s.hung_up == [R]
    s.leaves(R).gate_answers().passes(0.6)
    assert s.hung_up == [R, V]


def test_a_second_decision_changes_nothing() -> None:
    s = asking().keys(R, "2").keys(R, "1")
    assert s.announced == [Decision.DENIED]


def test_something_broken_is_told_to_both_and_opens_nothing() -> None:
    s = asking().happens(Broken("test"))
    assert s.said(V)[-1] == s.said(R)[-1] == "broken"
    assert s.announced == []


def test_no_call_is_longer_than_it_may_be() -> None:
    s = Stage(DialogueOptions(call_s=60, attempts=10)).visitor_comes().visitor_says(SENTENCE)
    s.passes(60)
    assert "time_over" in s.said(V)
    assert s.is_in(State.ENDED)


def test_a_noise_is_no_answer() -> None:
    s = asking().noise(R)
    assert s.is_in(State.ASKING)
    assert s.said(R) == ["announcement"]
