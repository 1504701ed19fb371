"""Dialogues with people on hold: not asked, not told, not waited for; asked again when back."""

from collections.abc import Callable

import pytest

from porteiro.dialogue import effects as do
from porteiro.dialogue.events import LegArrived, RingResult, Spoken, TimerFired
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Decision, Role
from tests.stage import Stage

V, R = Role.VISITOR, Role.RESIDENT
SENTENCE = "sou o Pedro, tenho uma entrega pra Renata do 501"


def greeted() -> Stage:
    return Stage().visitor_comes()


def confirming() -> Stage:
    return greeted().visitor_says("sou o Pedro, entrega no 501 pra Renata", sure=False)


def settling() -> Stage:
    return greeted().visitor_says("é a Ana, vim visitar a Maria do 603")


def recording() -> Stage:
    return greeted().keys(V, "501#")


def ringing(options: DialogueOptions | None = None) -> Stage:
    return Stage(options).visitor_comes().visitor_says(SENTENCE)


def asking() -> Stage:
    return ringing().resident_answers()


def doubting() -> Stage:
    return asking().resident_says("sim", sure=False).hears_all()


# ------------------------------------------------------------------------- the visitor


@pytest.mark.parametrize("scene", [greeted, confirming, settling, recording])
def test_a_visitor_held_while_asked_is_asked_again_when_back(scene: Callable[[], Stage]) -> None:
    s = scene()
    state, said, asked = s.state, s.said(V), s.conversation.facts.asked
    s.hold(V)
    assert set(s.timers) == {"call"}
    assert V not in s.listening
    s.passes(100)
    assert s.is_in(state)
    assert s.said(V) == said
    s.unhold(V)
    assert s.is_in(state)
    assert s.said(V) == [*said, said[-1]]
    assert s.conversation.facts.asked is asked
    assert s.conversation.facts.misses == 0


def test_after_the_hold_the_answer_counts_and_silence_does_too() -> None:
    talkative = greeted().hold(V).passes(100).unhold(V).visitor_says(SENTENCE)
    assert talkative.is_in(State.RINGING)
    silent = greeted().hold(V).passes(100).unhold(V).passes(7.5)
    assert silent.said(V)[-2:] == ["sorry", "greeting"]


def test_words_of_before_the_hold_that_come_late_do_not_count() -> None:
    s = greeted()
    before = s.listening[V]
    s.hold(V).unhold(V)
    assert s.listening[V].turn > before.turn
    assert s.listening[V].question is before.question


def test_keys_of_before_the_hold_are_forgotten_with_the_question_put_again() -> None:
    s = greeted().keys(V, "50").hold(V).passes(60)
    assert s.is_in(State.COLLECTING)
    s.unhold(V).keys(V, "501#")
    assert s.is_in(State.RECORDING)


def test_a_recording_is_asked_for_and_made_again() -> None:
    s = recording().hold(V).passes(60).unhold(V)
    assert s.of(do.Record) == [do.Record(V, 6.0)] * 2
    s.records()
    assert s.is_in(State.RINGING)


def test_who_is_on_hold_from_the_start_is_greeted_when_back() -> None:
    s = Stage().hold(V).happens(LegArrived(V)).hears_all().passes(60)
    assert s.is_in(State.COLLECTING)
    s.unhold(V)
    assert s.said(V)[-1] == "greeting"
    s.visitor_says(SENTENCE)
    assert s.is_in(State.RINGING)


def test_a_hold_that_ended_before_the_call_began_leaves_no_trace() -> None:
    s = Stage().hold(V).unhold(V).visitor_comes()
    assert s.said(V) == ["greeting"]
    assert "answer" in s.timers


def test_the_phone_rings_on_while_the_visitor_is_on_hold() -> None:
    s = ringing().hold(V)
    s.passes(30)
    assert s.rung == ["1003030", "1003030"]
    assert "patience" not in s.said(V)
    s.unhold(V)
    assert s.said(V)[-1] == "patience"
    s.passes(12.5)
    assert s.said(V)[-2:] == ["patience", "patience"]


def test_a_visitor_back_in_the_middle_of_our_words_hears_them_out_and_no_others() -> None:
    s = ringing()
    s.talking.add(V)
    s.conversation.facts.talking.add(V)
    s.hold(V).passes(5).unhold(V)
    assert s.said(V)[-1] == "please_wait"
    assert "patience" in s.timers


def test_the_resident_decides_while_the_visitor_is_on_hold() -> None:
    s = asking().hold(V).passes(30).keys(R, "1")
    assert s.announced == [Decision.AUTHORIZED]
    assert s.said(V)[-1] == "authorized_entrega"
    s.gate_answers().hears_all().passes(0.6)
    assert s.hung_up == [R]
    s.leaves(R).passes(60)
    assert s.hung_up == [R]
    s.unhold(V).passes(0.6)
    assert s.hung_up == [R, V]
    s.leaves(V)
    assert s.is_in(State.ENDED)


def test_a_resident_who_says_no_is_not_kept_for_a_visitor_on_hold() -> None:
    s = asking().hold(V).resident_says("não").hears_all().passes(0.6)
    assert s.announced == [Decision.DENIED]
    assert s.hung_up == [R]


def test_a_gate_that_failed_meanwhile_is_told_after_the_hold() -> None:
    s = asking().hold(V).keys(R, "1").hears_all().passes(0.6).gate_answers(opened=False)
    s.leaves(R).passes(60)
    assert s.said(V)[-1] == "gate_failed"
    assert s.hung_up == [R]
    s.unhold(V).passes(0.6)
    assert s.hung_up == [R, V]


def test_a_visitor_back_before_the_gate_answered_still_waits_for_it() -> None:
    s = asking().hold(V).keys(R, "1").hears_all().passes(5)
    s.leaves(R).unhold(V).passes(5)
    assert s.hung_up == [R]
    s.gate_answers().passes(0.6)
    assert s.hung_up == [R, V]


def test_nobody_reached_is_told_after_the_hold() -> None:
    s = ringing().hold(V)
    for _ in range(2):
        s.ring_ends(RingResult.NO_ANSWER)
    s.passes(60)
    assert s.is_in(State.CLOSING)
    assert s.hung_up == []
    s.unhold(V).passes(0.6)
    assert s.said(V)[-1] == "unreachable"
    assert s.hung_up == [V]


# ------------------------------------------------------------------------ the resident


@pytest.mark.parametrize("scene", [asking, doubting])
def test_a_resident_held_while_asked_is_asked_again_when_back(scene: Callable[[], Stage]) -> None:
    s = scene()
    state, said = s.state, s.said(R)
    s.hold(R)
    assert set(s.timers) == {"call", "patience"}
    s.passes(100)
    assert s.is_in(state)
    assert s.said(R) == said
    assert s.said(V).count("patience") >= 8
    s.unhold(R)
    assert s.said(R) == [*said, said[-1]]
    s.resident_says("sim")
    assert s.announced == [Decision.AUTHORIZED]


def test_a_doubtful_yes_before_the_hold_opens_nothing_by_itself() -> None:
    s = doubting().hold(R).passes(100).unhold(R)
    assert s.announced == []
    s.resident_says("não")
    assert s.announced == [Decision.DENIED]


def test_a_resident_back_has_all_the_time_there_is() -> None:
    s = asking().passes(40).hold(R).passes(30).unhold(R).passes(44)
    assert s.is_in(State.ASKING)
    s.passes(1.5)
    assert s.conversation.facts.end == "resident silent"


def test_a_resident_on_hold_as_they_arrive_is_asked_when_back() -> None:
    s = ringing().hold(R).resident_answers().passes(100)
    assert s.is_in(State.ASKING)
    assert "resident_silence" not in s.timers
    s.unhold(R)
    assert "resident_silence" in s.timers
    assert s.listening[R].turn == s.conversation.facts.turn


def test_a_hold_over_before_the_resident_arrived_changes_nothing() -> None:
    s = ringing().hold(R).unhold(R).resident_answers()
    assert s.said(R) == ["announcement"]
    assert {"resident_silence", "answer"} <= set(s.timers)


def test_both_on_hold_are_both_picked_up_again() -> None:
    s = asking().hold(V).hold(R).passes(100)
    assert set(s.timers) == {"call"}
    s.unhold(V).unhold(R).resident_says("sim")
    assert s.announced == [Decision.AUTHORIZED]


# ------------------------------------------------------------------------------ the end


def test_a_visitor_who_hangs_up_on_hold_has_left() -> None:
    s = greeted().hold(V).leaves(V)
    assert s.is_in(State.ENDED)
    assert s.conversation.facts.end == "visitor left"


def test_a_resident_who_hangs_up_on_hold_has_left() -> None:
    s = asking().hold(R).leaves(R).hears_all()
    assert s.conversation.facts.end == "resident left"
    assert s.conversation.facts.held == set()
    assert s.said(V)[-1] == "no_decision"
    assert s.passes(0.6).hung_up == [V]


def test_a_resident_on_hold_hears_afterwards_that_the_visitor_left() -> None:
    s = asking().hold(R).leaves(V).passes(60)
    assert s.is_in(State.CLOSING)
    assert s.hung_up == []
    s.unhold(R).passes(0.6)
    assert s.said(R)[-1] == "visitor_left"
    assert s.hung_up == [R]


def test_a_hold_in_the_middle_of_the_farewell_keeps_nobody_else() -> None:
    s = asking().keys(R, "1").gate_answers()
    assert s.talking == {V, R}
    s.hold(V).hears_all().passes(0.6)
    assert s.hung_up == [R]
    s.leaves(R).unhold(V).passes(0.6)
    assert s.hung_up[-1] is V


def test_who_has_heard_their_farewell_is_hung_up_when_the_other_is_put_on_hold() -> None:
    s = asking().keys(R, "1").gate_answers()
    s.talking.discard(R)
    s.happens(Spoken(R)).passes(0.4)
    assert s.hung_up == []
    s.hold(V).passes(0.6)
    assert s.hung_up == [R]


def test_a_hold_after_the_farewell_waits_only_with_the_hang_up() -> None:
    s = asking().keys(R, "2").hears_all().hold(V).passes(60)
    assert s.hung_up == [R]
    words = s.said(V)
    s.leaves(R).unhold(V).passes(0.6)
    assert s.said(V) == words
    assert s.hung_up == [R, V]


@pytest.mark.parametrize("scene", [greeted, recording, ringing, asking])
def test_at_the_end_of_the_calls_time_a_visitor_on_hold_is_hung_up(
    scene: Callable[[], Stage],
) -> None:
    s = scene().hold(V).passes(287.9)
    assert V not in s.hung_up
    s.passes(3)
    assert V in s.hung_up
    assert s.is_in(State.ENDED)
    assert s.now == pytest.approx(290.9)


def test_at_the_end_of_the_calls_time_a_farewell_waits_no_longer() -> None:
    s = asking().hold(V).keys(R, "1").gate_answers().hears_all().passes(0.6)
    s.leaves(R).passes(286)
    assert s.hung_up == [R]
    s.passes(3)
    assert s.hung_up == [R, V]
    assert s.conversation.facts.end == "authorized"
    assert s.is_in(State.ENDED)


def test_at_the_end_of_the_calls_time_a_resident_on_hold_is_hung_up() -> None:
    s = asking().hold(R).passes(291)
    assert s.hung_up == [V, R]
    assert s.said(V)[-1] == "time_over"
    assert s.announced == []


def test_a_farewell_under_way_at_the_end_of_the_calls_time_is_heard_out() -> None:
    s = asking().hold(V).keys(R, "2").happens(TimerFired("call"))
    assert R in s.talking
    assert "grace" not in s.timers
    s.hears_all().passes(0.6)
    assert s.hung_up == [V, R]
    assert s.is_in(State.HANGING_UP)
