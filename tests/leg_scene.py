"""One leg and its far end: what the tests of talking, listening and interrupting share."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

import numpy as np
import pytest

from porteiro.calls.hearing import Hearing
from porteiro.calls.leg import Leg, LegOptions, LegParts
from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.calls.visit import Turn
from porteiro.clock import LoopClock
from porteiro.dialogue.effects import Listen, Say, Words
from porteiro.dialogue.events import Event, Heard
from porteiro.dialogue.terms import Question, Role
from tests.fakes import FakeLine, Rules, Utterances
from tests.house import House
from tests.telephone_speech import RATE, frames, to_pcm, to_samples, utterances

P = ParamSpec("P")
T = TypeVar("T")
FRAME_S = 0.02
NOISE = to_pcm(np.random.default_rng(7).standard_normal(40 * RATE) * 20)


class AtOnce(ThreadPoolExecutor):
    """Computes at once: threads know no virtual time."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture(autouse=True)
async def computing_takes_no_time() -> None:
    asyncio.get_running_loop().set_default_executor(AtOnce())


def recording(name: str) -> bytes:
    """Return the speech in a recording, without the silence around it."""
    found = next(each for each in utterances() if each.name.startswith(name))
    assert found.snr_db is None
    begin_s, end_s = found.speech_s(over_dbfs=-36.0)
    return found.pcm[2 * round(begin_s * RATE) : 2 * round(end_s * RATE)]


QUESTION_SOUND = recording("31") + bytes(RATE // 5) + recording("33")
MOMENT = recording("28")
TEXTS = {
    "Pergunta?": QUESTION_SOUND,
    "Alto?": to_pcm(to_samples(QUESTION_SOUND) * 3.0),
    "Prefixo.": recording("34"),
    "Um momento.": MOMENT,
}


class Voice:
    """Says every phrase in one of the recordings; `late` are made only after so many seconds."""

    def __init__(self) -> None:
        self.late: dict[str, float] = {}

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        return None if text in self.late else TEXTS[text]

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        await asyncio.sleep(self.late[text])
        yield TEXTS[text]


class Ear:
    """Hears what the test says that it heard, `after_s` seconds after the turn; with partials."""

    closed_grammar = False

    def __init__(self) -> None:
        self.text = ""
        self.partials: dict[float, str] = {}
        self.after_s = 0.0
        self.opened = 0
        self.sound = bytearray()

    def open(self, request: TurnRequest) -> "Ear":
        self.opened += 1
        for delay_s, words in self.partials.items():
            asyncio.get_running_loop().call_later(delay_s, request.partial, words)
        return self

    def feed(self, pcm: bytes) -> None:
        self.sound += pcm

    async def finish(self) -> Transcript:
        await asyncio.sleep(self.after_s)
        return Transcript(self.text, 0.9, sure=True)

    def cancel(self) -> None:
        pass


@dataclass
class Scene:
    """One leg, asked a question, whose far end makes what sound the test wants."""

    role: Role = Role.VISITOR
    question: Question = Question.APARTMENT
    silence_s: float = 0.5
    options: LegOptions = field(default_factory=lambda: LegOptions(filler="Um momento."))
    events: list[Event] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    filled: list[float] = field(default_factory=list)
    timed: list[Turn] = field(default_factory=list)
    line: FakeLine = field(default_factory=lambda: FakeLine(Utterances()))

    def __post_init__(self) -> None:
        self.ear, self.voice = Ear(), Voice()
        loop = asyncio.get_running_loop()
        self.loop = loop
        self.silences: dict[str, float] = {}
        hearing = Hearing(
            call_id=self.line.call_id,
            clock=LoopClock(),
            spawn=loop.create_task,
            transcriber=self.ear,
            understanding=Rules(),
            vocabulary=lambda _: (),
            silence=lambda words, _: self.silences.get(words, self.silence_s),
            guide=House().condominium.guide,
            trouble=lambda part, reason: pytest.fail(f"{part}: {reason}"),
        )
        parts = LegParts(
            hearing=hearing,
            voices=self.voice,
            post=self._post,
            recordings={},
            turn_timed=self.timed.append,
            filled=lambda _: self.filled.append(loop.time()),
        )
        self.leg = Leg(self.role, self.line, parts, self.options)

    def _post(self, event: Event) -> None:
        self.events.append(event)
        self.at.append(self.loop.time())

    def ask(self, *segments: str, answerable_after: int = 0) -> None:
        """Ask a question of the condominium, and listen."""
        words = tuple(Words(text) for text in segments or ("Pergunta?",))
        self.leg.say(Say(self.role, "question", words, answerable_after))
        self.leg.listen(Listen(self.role, 1, self.question))

    async def sounds(self, pcm: bytes, *, echo_gain: float = 0.0, echo_s: float = 0.2) -> float:
        """Let the line bring `pcm` over its own noise; return how long it then was until silence.

        With an echo, what is played comes back so much later.
        """
        silent_after = float("inf")
        began = self.loop.time()
        padded = pcm + bytes(-len(pcm) % 320)
        for frame in frames(padded):
            at = round(self.loop.time() / FRAME_S) * 320 % (len(NOISE) - 320)
            mixed = to_samples(frame) + to_samples(NOISE[at : at + 320])
            if echo_gain:
                mixed += echo_gain * self._echo(echo_s)
            assert self.line.listener is not None
            self.line.listener.audio(to_pcm(mixed))
            await asyncio.sleep(FRAME_S)
            if not self.line.talking:
                silent_after = min(silent_after, self.loop.time() - began)
        return silent_after

    def _echo(self, delay_s: float) -> np.ndarray:
        end = round((self.line.played_s - delay_s) / FRAME_S) * 320
        clip = self.line.clip
        if clip is None or end < 320:
            return np.zeros(160)
        return to_samples(bytes(clip.pcm[end - 320 : end]).ljust(320, b"\0"))

    async def quiet(self, seconds: float) -> None:
        await self.sounds(bytes(2 * round(seconds * RATE)))

    def told(self) -> list[type[Event]]:
        return [type(event) for event in self.events]

    def heard(self) -> Heard:
        return next(event for event in self.events if isinstance(event, Heard))
