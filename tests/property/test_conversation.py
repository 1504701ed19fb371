"""Whatever happens, in whatever order: the rules that no conversation may break."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from porteiro.dialogue import effects as do
from porteiro.dialogue.events import (
    Broken,
    Event,
    FalseStart,
    GateAnswered,
    Heard,
    KeyPressed,
    LegArrived,
    LegHeld,
    LegLeft,
    LegResumed,
    Recorded,
    RingEnded,
    RingResult,
    SpeechStarted,
    Spoken,
    TimerFired,
)
from porteiro.dialogue.judge import Answer, judge
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.states import State
from porteiro.dialogue.table import TABLE
from porteiro.dialogue.terms import Decision, Purpose, Question, Role, Understood, Utterance
from tests.stage import Stage

roles = st.sampled_from(Role)
NOW = -1
"""Stands for the turn that is waited for."""
turns = st.just(NOW) | st.integers(0, 12)
answers = st.sampled_from(
    ["sim", "não", "quem é?", "talvez", "pode entrar", "", "espera", "não autorizo", "o quê?"]
)
understood = st.builds(
    Understood,
    purpose=st.none() | st.sampled_from(Purpose),
    visitor=st.none() | st.just("Pedro"),
    apartment=st.none() | st.sampled_from(["501", "502", "603", "701", "999"]),
    resident=st.none() | st.sampled_from(["Renata", "Maria", "Camila"]),
    kind=st.sampled_from(Utterance),
)
heard = st.builds(Heard, roles, turns, answers, st.just(0.9), st.booleans(), st.none() | understood)
keyed = st.builds(KeyPressed, roles, st.sampled_from("0125#*A"))
timers = [
    "answer",
    "keys",
    "patience",
    "ring",
    "redial",
    "resident_silence",
    "grace",
    "closing",
    "call",
]
rare: st.SearchStrategy[Event] = st.one_of(
    st.builds(LegArrived, roles),
    st.builds(LegLeft, roles),
    st.builds(LegHeld, roles),
    st.builds(LegResumed, roles),
    st.builds(SpeechStarted, roles, turns),
    st.builds(FalseStart, roles, turns),
    st.builds(Spoken, roles),
    st.builds(Recorded, st.just(Role.VISITOR), st.sampled_from(["", "words"]), st.just(2.0)),
    st.builds(RingEnded, st.integers(1, 4), st.sampled_from(RingResult)),
    st.builds(GateAnswered, st.booleans()),
    st.builds(TimerFired, st.sampled_from(timers)),
    st.builds(Broken, st.just("test")),
)
events: st.SearchStrategy[Event] = st.one_of(heard, keyed, rare)
scenes = st.sampled_from([2, 1, 0])
options = st.builds(
    DialogueOptions,
    one_thing_at_a_time=st.booleans(),
    fallback_number=st.sampled_from(["", "9000"]),
)


def opened(chosen: DialogueOptions, scene: int) -> Stage:
    """Open on one of three scenes: a visitor, a phone that rings, a resident on the line."""
    stage = Stage(chosen).visitor_comes()
    if scene > 0:
        stage.keys(Role.VISITOR, "501#").records()
    if scene > 1:
        stage.resident_answers()
    return stage


def happens(stage: Stage, event: Event) -> Event:
    """Let an event happen, in the present turn if it says so; return it as it happened."""
    if isinstance(event, Heard | SpeechStarted | FalseStart) and event.turn == NOW:
        event = replace(event, turn=stage.conversation.facts.turn)
    stage.happens(event)
    return event


def may_authorize(event: Event, state: State, turn: int) -> bool:
    """Say, in words of its own, whether an event is a resident's clear yes."""
    if state not in (State.ASKING, State.CONFIRMING_YES):
        return False
    if event == KeyPressed(Role.RESIDENT, "1"):
        return True
    if not isinstance(event, Heard) or event.role is not Role.RESIDENT or event.turn != turn:
        return False
    confirming = state is State.CONFIRMING_YES
    clear = judge(event.text, confirming=confirming).answer is Answer.YES
    return clear and (event.sure or confirming)


@settings(max_examples=200, deadline=None)
@given(options, scenes, st.lists(events, max_size=60))
def test_the_gate_opens_at_most_once_and_on_a_residents_clear_yes_alone(
    chosen: DialogueOptions, scene: int, happening: list[Event]
) -> None:
    stage = opened(chosen, scene)
    announced = 0
    for event in happening:
        state, turn = stage.state, stage.conversation.facts.turn
        happened = happens(stage, event)
        now = stage.announced
        assert len(now) <= 1
        if len(now) > announced and now[-1] is Decision.AUTHORIZED:
            assert may_authorize(happened, state, turn)
        announced = len(now)


@settings(max_examples=100, deadline=None)
@given(options, scenes, st.lists(events, max_size=60))
def test_every_conversation_comes_to_an_end_and_then_does_nothing_more(
    chosen: DialogueOptions, scene: int, happening: list[Event]
) -> None:
    stage = opened(chosen, scene)
    for event in happening:
        happens(stage, event)
    stage.happens(GateAnswered(opened=True))
    stage.hears_all().passes(chosen.call_s + 60)
    assert stage.is_in(State.ENDED)
    assert stage.of(do.EndCall) == [do.EndCall()]
    before = len(stage.effects)
    for event in happening:
        happens(stage, event)
    assert len(stage.effects) == before


@settings(max_examples=100, deadline=None)
@given(options, scenes, st.lists(events, max_size=60))
def test_no_visitor_ever_hears_a_residents_name_or_number(
    chosen: DialogueOptions, scene: int, happening: list[Event]
) -> None:
    stage = opened(chosen, scene)
    for event in happening:
        happens(stage, event)
    words = stage.words_to(Role.VISITOR)
    for secret in (*stage.directory.residents(), "Oliveira", "Fonseca", "1003030", "1003031"):
        assert secret not in words


def test_every_state_but_the_last_can_be_left() -> None:
    for state in State:
        leads_away = any(at is state and cell.to - {state} for (at, _, _), cell in TABLE.items())
        assert leads_away is (state is not State.ENDED)


def test_every_question_put_to_a_visitor_can_be_asked_in_words() -> None:
    stage = Stage()
    for question in (Question.PURPOSE, Question.VISITOR, Question.APARTMENT, Question.RESIDENT):
        assert stage.conversation.phrases.question(question).segments
