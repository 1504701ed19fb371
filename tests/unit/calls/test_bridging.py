"""Whatever hangs, and however often in one turn, nobody hears more than 2 s of silence."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from porteiro.calls.hearing import Hearing
from porteiro.calls.leg import Leg, LegOptions, LegParts
from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.clock import LoopClock
from porteiro.dialogue.effects import Listen, Say, Words
from porteiro.dialogue.events import Event, Heard, Spoken
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Question, Role, Understood
from tests.exact_line import ExactLine
from tests.fakes import FRAME_S, RATE
from tests.house import House
from tests.telephone_speech import frames, utterances

pytestmark = pytest.mark.virtual_time

DEAD_AIR_S = 2.0
MOMENT = b"\x01\x10" * RATE
PIECE = b"\x02\x20" * RATE
"""A second each: of the filler, and of a phrase of two pieces."""
SAID = next(each for each in utterances() if each.name.startswith("21")).pcm


@dataclass
class Slow:
    """Hears, understands and speaks, each only after so many seconds."""

    hearing_s: float = 0.0
    understanding_s: float = 0.0
    pieces_s: tuple[float, float] = (0.0, 0.0)
    closed_grammar: bool = False

    def open(self, request: TurnRequest) -> "Slow":
        return self

    def feed(self, pcm: bytes) -> None:
        """Take no heed."""

    async def finish(self) -> Transcript:
        await asyncio.sleep(self.hearing_s)
        return Transcript("quinhentos e um", 0.9, sure=True)

    def cancel(self) -> None:
        """Hold nothing."""

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        await asyncio.sleep(self.understanding_s)
        return Understood(apartment="501")

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        return MOMENT if text == "Um momento." else None

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        for late_s in self.pieces_s:
            await asyncio.sleep(late_s)
            yield PIECE


@dataclass
class Scene:
    """A visitor on a line, answered by slow parts; `silences` are how long they heard nothing."""

    slow: Slow
    events: list[Event] = field(default_factory=list)
    silences: list[float] = field(default_factory=lambda: [0.0])

    def __post_init__(self) -> None:
        self.line = ExactLine()
        hearing = Hearing(
            call_id=self.line.call_id,
            clock=LoopClock(),
            spawn=asyncio.get_running_loop().create_task,
            transcriber=self.slow,
            understanding=self.slow,
            vocabulary=lambda _: (),
            silence=lambda *_: 0.25,
            guide=House().condominium.guide,
            trouble=lambda part, reason: pytest.fail(f"{part}: {reason}"),
        )
        parts = LegParts(hearing, self.slow, self.events.append, {}, lambda _: None, lambda _: None)
        self.leg = Leg(Role.VISITOR, self.line, parts, LegOptions(filler="Um momento."))

    def told(self, kind: type[Event]) -> bool:
        return any(isinstance(event, kind) for event in self.events)

    def say(self) -> None:
        self.leg.say(Say(Role.VISITOR, "phrase", (Words("Pergunta?"),)))

    async def speak(self) -> None:
        """Have the visitor say something to the end."""
        self.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
        for frame in frames(bytes(RATE) + SAID + bytes(RATE // 8)):
            self.leg.audio(frame)
            await asyncio.sleep(FRAME_S)

    async def hear_out(self, kind: type[Event]) -> None:
        """Let time pass until the conversation is told of this, or a minute is over."""
        for _ in range(round(60 / FRAME_S)):
            if self.told(kind):
                return
            before = len(self.line.played)
            self.leg.audio(bytes(320))
            await asyncio.sleep(FRAME_S)
            if len(self.line.played) > before:
                self.silences.append(0.0)
            else:
                self.silences[-1] += FRAME_S
        pytest.fail(f"no {kind.__name__} came")


@pytest.mark.parametrize("late_s", [(0.0, 5.6), (5.6, 0.0), (5.6, 5.6), (0.0, 2.4)])
async def test_a_voice_that_hangs_before_or_within_a_phrase_is_bridged(
    late_s: tuple[float, float],
) -> None:
    scene = Scene(Slow(pieces_s=late_s))
    scene.say()
    await scene.hear_out(Spoken)
    assert max(scene.silences) <= DEAD_AIR_S
    assert bytes(scene.line.played).replace(MOMENT, b"") == 2 * PIECE


async def test_parts_that_hang_one_after_the_other_in_a_turn_are_bridged() -> None:
    scene = Scene(Slow(4.8, 1.5, (4.8, 4.8)))
    await scene.speak()
    await scene.hear_out(Heard)
    scene.say()
    await scene.hear_out(Spoken)
    assert max(scene.silences) <= DEAD_AIR_S
    assert bytes(scene.line.played).replace(MOMENT, b"") == 2 * PIECE
    assert scene.line.played.count(MOMENT) >= 5


async def test_a_phrase_that_comes_without_a_pause_is_not_bridged() -> None:
    scene = Scene(Slow(pieces_s=(0.5, 0.9)))
    scene.say()
    await scene.hear_out(Spoken)
    assert bytes(scene.line.played) == 2 * PIECE


async def test_who_is_back_from_a_hold_is_not_left_in_silence_either() -> None:
    scene = Scene(Slow(pieces_s=(5.6, 0.0)))
    scene.say()
    scene.line.hold()
    await asyncio.sleep(3.0)
    scene.line.unhold()
    await scene.hear_out(Spoken)
    assert max(scene.silences) <= DEAD_AIR_S
