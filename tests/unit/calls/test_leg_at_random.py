"""A leg in whatever order things happen to it: no phrase is lost, and nobody left in silence."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from porteiro.calls.hearing import Hearing
from porteiro.calls.leg import Leg, LegOptions, LegParts
from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.clock import LoopClock
from porteiro.dialogue.effects import Listen, Say, Words
from porteiro.dialogue.events import Event, Heard, Interrupted, LegLeft, Spoken
from porteiro.dialogue.terms import Question, Role
from porteiro.errors import SpeechError
from tests.exact_line import ExactLine
from tests.fakes import FRAME_S, RATE, Rules
from tests.house import House
from tests.noises import make
from tests.telephone_speech import frames, to_pcm, utterances
from tests.virtual_time import VirtualTimeLoop

P = ParamSpec("P")
T = TypeVar("T")

_NOISE = to_pcm(np.random.default_rng(3).standard_normal(RATE) * 20)
_SPEECH = next(each for each in utterances() if each.name.startswith("33")).pcm
_PHRASE = next(each for each in utterances() if each.name.startswith("28")).pcm
_BARK = to_pcm(make("small dog", 3) * 3000)
_TEXTS = ("", "aham", "sim", "não", "quinhentos e um", "espera um pouco")


class AtOnce(ThreadPoolExecutor):
    """Computes at once: threads know no virtual time."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Voice:
    """Says what is ready at once, makes the rest while it waits, and fails in some of it."""

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        return _PHRASE if text.startswith("ready") else None

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        await asyncio.sleep(3.0)
        yield _PHRASE
        if text.startswith("broken"):
            raise SpeechError("no voice today")
        await asyncio.sleep(1.0)
        yield _PHRASE


class Ear:
    """Hears one of a few texts, soon or late, tells partial words, also when it should not."""

    closed_grammar = False

    def __init__(self) -> None:
        self.text, self.after_s, self.fails = "", 0.0, False
        self.cancelled = self.opened = 0

    def open(self, request: TurnRequest) -> "_Turn":
        self.opened += 1
        for delay_s in (0.2, 0.5, 1.5):
            asyncio.get_running_loop().call_later(delay_s, request.partial, self.text)
        return _Turn(self)


class _Turn:
    def __init__(self, ear: Ear) -> None:
        self._ear, self._cancelled = ear, False

    def feed(self, pcm: bytes) -> None:
        assert not self._cancelled, "fed after it was dropped"

    async def finish(self) -> Transcript:
        await asyncio.sleep(self._ear.after_s)
        if self._ear.fails:
            raise SpeechError("no ears today")
        return Transcript(self._ear.text, 0.9, sure=True)

    def cancel(self) -> None:
        self._ear.cancelled += not self._cancelled
        self._cancelled = True


class Scene:
    """A leg, and what becomes of every phrase that it is told to say."""

    def __init__(self, role: Role) -> None:
        loop = asyncio.get_running_loop()
        self.line, self.ear = ExactLine(), Ear()
        self.events: list[Event] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.role, self.turn = role, 0
        hearing = Hearing(
            call_id=self.line.call_id,
            clock=LoopClock(),
            spawn=self._spawn,
            transcriber=self.ear,
            understanding=Rules(),
            vocabulary=lambda _: (),
            silence=lambda words, _: 0.25 if words else 0.7,
            guide=House().condominium.guide,
            trouble=lambda part, reason: None,
        )
        parts = LegParts(hearing, Voice(), self.events.append, {}, lambda _: None, lambda _: None)
        self.leg = Leg(role, self.line, parts, LegOptions(filler="ready: um momento"))
        self._loop, self._noise_at = loop, 0

    def _spawn(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = self._loop.create_task(work)
        self.tasks.add(task)
        return task

    async def sounds(self, pcm: bytes, echo: float = 0.0) -> None:
        """Bring sound over the line's noise, and what is played as its echo."""
        for frame in frames(pcm + bytes(-len(pcm) % 320)):
            mixed = np.frombuffer(frame, "<i2").astype(float)
            mixed += np.frombuffer(_NOISE[self._noise_at : self._noise_at + 320], "<i2")
            self._noise_at = (self._noise_at + 320) % (len(_NOISE) - 320)
            played = bytes(self.line.played[-3200:-2880])
            if echo and self.line.talking and len(played) == 320:
                mixed += echo * np.frombuffer(played, "<i2")
            if not self.leg.gone.is_set():
                self.leg.audio(to_pcm(mixed))
            await asyncio.sleep(FRAME_S)

    async def act(self, deed: str, number: int) -> None:
        """Do one thing to the leg."""
        match deed:
            case "speak":
                await self.sounds(_SPEECH[: RATE * (1 + number)])
            case "bark":
                await self.sounds(_BARK)
            case "echo":
                await self.sounds(bytes(RATE * (1 + number)), echo=0.4)
            case "quiet":
                await self.sounds(bytes(RATE // 2 * (1 + number)))
            case "nothing":
                await asyncio.sleep(0.3 * number)
            case "ear":
                self.ear.text = _TEXTS[number % len(_TEXTS)]
                self.ear.after_s, self.ear.fails = (0.0, 0.4, 3.0)[number % 3], number == 7
            case _:
                self.order(deed, number)

    def order(self, deed: str, number: int) -> None:
        """Have the conversation, or the PBX, order the leg to do something."""
        leg = self.leg
        orders: dict[str, list[Callable[[], None]]] = {
            "say": [lambda: self.say(number)],
            "ask": [lambda: self.say(number), lambda: self.listen(number)],
            "listen": [lambda: self.listen(number)],
            "record": [lambda: leg.record("words", 3.0)],
            "finish": [leg.finish_recording],
            "key": [lambda: self.line.keys("3")],
            "hush": [leg.stop_talking, leg.stop_listening],
            "hold": [self.line.hold],
            "unhold": [self.line.unhold],
        }
        for order in orders[deed]:
            order()

    def say(self, number: int) -> None:
        """Say one phrase of two parts, the second of which may be a question."""
        kind = ("ready", "late", "broken")[number % 3]
        words = (Words(f"{kind}: lead"), Words(f"{kind}: question"))
        self.leg.say(Say(self.role, f"phrase {number}", words, number % 2))

    def listen(self, number: int) -> None:
        """Listen for one turn."""
        self.turn += 1
        questions = (Question.AUTHORIZE, Question.CONFIRM_AUTHORIZE)
        question = questions[number % 2] if self.role is Role.RESIDENT else Question.PURPOSE
        self.leg.listen(Listen(self.role, self.turn, question))

    def told(self, *kinds: type[Event]) -> int:
        """Return how many events of these kinds the conversation was told."""
        return sum(isinstance(event, kinds) for event in self.events)

    @property
    def taking(self) -> bool:
        """Whether a turn is waited for, taken or made out, or a recording made."""
        return self.leg._turns._observer is not None or self.leg._recorder.recording


_DEEDS = [
    *("say", "ask", "ask", "ask", "listen", "record", "finish", "key", "hush", "hold", "unhold"),
    *("speak", "speak", "bark", "echo", "quiet", "quiet", "nothing", "ear", "ear"),
]
_STORY = st.lists(st.tuples(st.sampled_from(_DEEDS), st.integers(0, 7)), max_size=14)
_STOPS_LISTENING = {"record", "finish", "hush", "hold"}


async def play(scene: Scene, story: list[tuple[str, int]]) -> bool:
    """Play the story; return whether somebody is still to be listened to."""
    asked = False
    for deed, number in story:
        talked, heard = scene.leg.talking, scene.told(Heard)
        ended = scene.told(Spoken, Interrupted)
        await scene.act(deed, number)
        asked = (asked or deed in {"listen", "ask"}) and deed not in _STOPS_LISTENING
        asked = asked and (scene.told(Heard) == heard or deed in {"listen", "ask"})
        asked = asked and (deed != "say" or scene.leg._pending is not None)
        if talked and not scene.leg.talking and deed not in {"hush", "finish"}:
            assert scene.told(Spoken, Interrupted) > ended, f"a phrase was lost at {deed}"
    return asked


async def end(scene: Scene, *, asked: bool, leaves: bool) -> None:
    """Let everything come to its end in silence, and look what is left."""
    scene.line.unhold()
    if leaves:
        scene.line.leave()
    talked, heard = scene.leg.talking, scene.told(Heard)
    ended = scene.told(Spoken, Interrupted)
    await scene.sounds(bytes(2 * 60 * RATE))
    assert not scene.leg.talking
    assert not scene.line.talking
    assert scene.told(Spoken, Interrupted) > ended or not talked
    assert scene.taking or not asked or leaves or scene.told(Heard) > heard
    assert scene.told(LegLeft) == leaves


def left_over(loop: VirtualTimeLoop) -> list[asyncio.TimerHandle]:
    """Return the timers that would still do something."""
    timers: list[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined]
    return [timer for timer in timers if not timer.cancelled()]


async def tell(role: Role, story: list[tuple[str, int]], *, leaves: bool) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.set_default_executor(AtOnce())
    failures: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _, context: failures.append(context))
    scene = Scene(role)
    await scene.sounds(bytes(RATE))
    asked = await play(scene, story)
    await end(scene, asked=asked, leaves=leaves)
    scene.leg.end()
    await asyncio.sleep(4.0)  # the ear's late words
    assert left_over(loop) == []
    assert [task for task in scene.tasks if not task.done()] == []
    assert [task for task in scene.tasks if not task.cancelled() and task.exception()] == []
    assert scene.ear.cancelled == scene.ear.opened
    assert failures == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(role=st.sampled_from(Role), story=_STORY, leaves=st.booleans())
def test_whatever_happens_to_a_leg(role: Role, story: list[tuple[str, int]], leaves: bool) -> None:
    loop = VirtualTimeLoop()
    try:
        loop.run_until_complete(tell(role, story, leaves=leaves))
    finally:
        loop.close()
