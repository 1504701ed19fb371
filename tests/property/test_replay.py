"""A call written down is what it was, wherever it breaks off; and nothing is done twice."""

from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from porteiro.calls.replay import Recorded, replay
from porteiro.calls.saved import Begun, Happened, Record, SavedCall
from porteiro.dialogue import effects as do
from porteiro.dialogue.conversation import Conversation
from porteiro.dialogue.events import Event, GateAnswered, Restarted
from porteiro.dialogue.facts import Facts
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.phrases import Phrase
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Decision, Role
from porteiro.storage.calls.codec import decode, encode
from tests.property.test_conversation import events, happens, options, scenes
from tests.stage import Stage

AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
restarts = st.builds(Restarted, st.booleans(), st.booleans())
Standing = tuple[State, Facts, Phrase | None, dict[Role, Phrase]]


class Written(Stage):
    """A conversation on stage that is written down as it goes."""

    def __init__(self, chosen: DialogueOptions) -> None:
        super().__init__(chosen)
        name, greeting = "Condomínio Apoena", "Condomínio Apoena, em que posso ajudar?"
        self.guide = Recorded(self.directory)
        self.conversation.guide = self.guide
        self.written: list[Record] = [
            Begun(AT, "a call", 10, "2018519", 15, name, greeting, chosen)
        ]
        self.stood: list[Standing] = [standing(self.conversation)]
        self.done: list[do.Effect] = []

    def happens(self, event: Event) -> "Written":
        before = len(self.effects)
        super().happens(event)
        self.written.append(Happened(AT, event, self.state, self.guide.taken()))
        self.stood.append(standing(self.conversation))
        self.done += self.effects[before:]
        return self

    def dies(self, *, in_time: bool) -> "Written":
        """Restart Porteiro; what was to be done last was not, where it died `in_time` for that."""
        if in_time and self.last_effects:
            del self.done[-self.last_effects :]
        self.timers.clear()
        self.talking.clear()
        self.held.clear()
        self.listening.clear()
        rung = {effect.attempt for effect in self.done if isinstance(effect, do.Ring)}
        announced = any(isinstance(effect, do.Announce) for effect in self.done)
        facts = self.conversation.facts
        return self.happens(Restarted(rung=facts.attempt in rung, announced=announced))

    last_effects = 0


def standing(conversation: Conversation) -> Standing:
    """Return all that a conversation knows."""
    return deepcopy(
        (
            conversation.state,
            conversation.facts,
            conversation._question,
            conversation.farewells,
        )
    )


def played(chosen: DialogueOptions, scene: int, happening: list[Event]) -> Written:
    stage = Written(chosen)
    stage.visitor_comes()
    if scene > 0:
        stage.keys(Role.VISITOR, "501#").records()
    if scene > 1:
        stage.resident_answers()
    for event in happening:
        happens(stage, event)
    return stage


@settings(max_examples=100, deadline=None)
@given(options, scenes, st.lists(events | restarts, max_size=40))
def test_replay_at_every_moment_gives_what_the_conversation_was(
    chosen: DialogueOptions, scene: int, happening: list[Event]
) -> None:
    stage = played(chosen, scene, happening)
    records = tuple(decode(encode(record)) for record in stage.written)
    assert records == tuple(stage.written)
    for length, stood in enumerate(stage.stood, start=1):
        past = replay(SavedCall("a call", records[:length]))
        assert past is not None
        assert not past.damage
        assert standing(past.conversation) == stood


@settings(max_examples=100, deadline=None)
@given(options, scenes, st.lists(events | st.tuples(st.just("dies"), st.booleans()), max_size=50))
def test_however_often_porteiro_dies_nothing_is_done_twice_and_the_call_ends(
    chosen: DialogueOptions, scene: int, happening: list[Event | tuple[str, bool]]
) -> None:
    stage = played(chosen, scene, [])
    for event in happening:
        before = len(stage.done)
        if isinstance(event, tuple):
            stage.dies(in_time=event[1])
        else:
            happens(stage, event)
        stage.last_effects = len(stage.done) - before
        orders = [effect for effect in stage.done if isinstance(effect, do.Announce)]
        assert len(orders) <= 1
        if orders and orders[0].decision is Decision.AUTHORIZED:
            assert stage.conversation.facts.decided_by
    rung = Counter(effect.attempt for effect in stage.done if isinstance(effect, do.Ring))
    assert not [attempt for attempt, times in rung.items() if times > 1]
    stage.happens(GateAnswered(opened=True))
    stage.hears_all().passes(chosen.call_s + 60)
    assert stage.is_in(State.ENDED)


@settings(max_examples=100, deadline=None)
@given(options, scenes, st.lists(events, max_size=40))
def test_nobody_decides_while_the_visitors_line_is_away(
    chosen: DialogueOptions, scene: int, happening: list[Event]
) -> None:
    stage = played(chosen, scene, [])
    decided = bool(stage.announced)
    stage.dies(in_time=False)
    for event in happening:
        if Role.VISITOR in stage.conversation.facts.present:
            break
        happens(stage, event)
        assert bool(stage.announced) == decided or Role.VISITOR in stage.conversation.facts.present
