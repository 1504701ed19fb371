"""One leg on hold by itself: what it lets through, what it keeps for later, what it forgets."""

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from porteiro.calls.hearing import Hearing
from porteiro.calls.leg import Leg, LegOptions, LegParts
from porteiro.clock import LoopClock
from porteiro.dialogue.effects import Listen, Say, Words
from porteiro.dialogue.events import (
    Event,
    Heard,
    LegHeld,
    LegLeft,
    LegResumed,
    Recorded,
    SpeechStarted,
    Spoken,
)
from porteiro.dialogue.terms import Question, Role
from tests.fakes import RATE, FakeLine, FakeTranscriber, FakeVoices, Rules, Utterances
from tests.house import House

pytestmark = pytest.mark.virtual_time

QUESTION = Listen(Role.VISITOR, 1, Question.PURPOSE)
GREETING = Say(Role.VISITOR, "greeting", (Words("Olá"),))


@dataclass
class LoneLeg:
    """A leg whose conversation only writes down what it is told."""

    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        utterances = Utterances()
        self.line = FakeLine(utterances)
        hearing = Hearing(
            call_id=self.line.call_id,
            clock=LoopClock(),
            spawn=lambda work: asyncio.get_running_loop().create_task(work),
            transcriber=FakeTranscriber(utterances),
            understanding=Rules(),
            vocabulary=lambda _: (),
            silence=lambda words, question: 0.7,
            guide=House().condominium.guide,
            trouble=lambda part, reason: pytest.fail(f"{part}: {reason}"),
        )
        parts = LegParts(
            hearing=hearing,
            voices=FakeVoices(),
            post=self.events.append,
            recordings={},
            turn_timed=lambda _: None,
            filled=lambda _: None,
        )
        self.leg = Leg(Role.VISITOR, self.line, parts, LegOptions())

    def told(self) -> list[type[Event]]:
        """Return what happened since it was last asked for."""
        told, self.events[:] = [type(event) for event in self.events], []
        return told


async def test_a_turn_under_way_is_forgotten() -> None:
    lone = LoneLeg()
    lone.leg.listen(QUESTION)
    speaking = asyncio.create_task(lone.line.speaks("uma entrega"))
    await asyncio.sleep(1.5)
    assert lone.told() == [SpeechStarted]
    lone.line.hold()
    lone.line.unhold()
    await speaking
    await asyncio.sleep(5)
    assert lone.told() == [LegHeld, LegResumed]


async def test_what_is_said_on_hold_is_played_afterwards_in_its_order() -> None:
    lone = LoneLeg()
    lone.leg.say(GREETING)
    lone.line.hold()
    lone.leg.say(GREETING)
    await asyncio.sleep(10)
    assert lone.leg.talking
    assert lone.line.played == b""
    lone.line.unhold()
    await asyncio.sleep(10)
    assert len(lone.line.played) == 2 * RATE
    assert lone.told() == [LegHeld, LegResumed, Spoken]


async def test_a_turn_asked_for_on_hold_is_taken_afterwards() -> None:
    lone = LoneLeg()
    lone.line.hold()
    lone.leg.listen(QUESTION)
    await lone.line.speaks("na outra ligação")
    lone.line.unhold()
    await lone.line.speaks("uma entrega")
    await asyncio.sleep(1)
    assert lone.told() == [LegHeld, LegResumed, SpeechStarted, Heard]


async def test_a_turn_asked_for_on_hold_waits_for_the_question_said_on_hold() -> None:
    lone = LoneLeg()
    lone.line.hold()
    lone.leg.say(GREETING)
    lone.leg.listen(QUESTION)
    lone.line.unhold()
    await lone.line.speaks("uma entrega")
    await asyncio.sleep(1)
    assert lone.told() == [LegHeld, LegResumed, Spoken, SpeechStarted, Heard]


async def test_a_recording_asked_for_on_hold_begins_afterwards() -> None:
    lone = LoneLeg()
    lone.line.hold()
    lone.leg.record("words", 6.0)
    await asyncio.sleep(60)
    assert lone.told() == [LegHeld]
    lone.line.unhold()
    await asyncio.sleep(5.9)
    assert lone.told() == [LegResumed]
    await asyncio.sleep(0.2)
    assert lone.told() == [Recorded]


def frame(dbfs: float) -> bytes:
    """Return 20 ms of a tone at that level."""
    peak = 32768 * 10 ** (dbfs / 20) * 2**0.5
    time = np.arange(RATE // 50) / RATE
    return (peak * np.sin(2 * np.pi * 400 * time)).astype("<i2").tobytes()


async def test_music_on_hold_does_not_deafen_the_ear_to_a_low_voice() -> None:
    lone = LoneLeg()
    await lone.line.sounds([frame(-60)] * 100)
    lone.line.hold()
    await lone.line.sounds([frame(-25)] * 1500)
    lone.line.unhold()
    lone.leg.listen(QUESTION)
    await lone.line.sounds([frame(-60)] * 20 + [frame(-30)] * 30 + [frame(-60)] * 60)
    assert lone.told() == [LegHeld, LegResumed, SpeechStarted, Heard]


async def test_a_leg_that_is_done_stays_silent_after_the_hold() -> None:
    lone = LoneLeg()
    lone.leg.say(GREETING)
    lone.line.hold()
    lone.leg.end()
    lone.line.unhold()
    await asyncio.sleep(1)
    assert lone.line.played == b""


async def test_a_line_that_closes_on_hold_has_left() -> None:
    lone = LoneLeg()
    lone.leg.say(GREETING)
    lone.line.hold()
    lone.line.leave("NORMAL_CLEARING")
    assert lone.leg.gone.is_set()
    assert lone.events[-1] == LegLeft(Role.VISITOR, "NORMAL_CLEARING")
