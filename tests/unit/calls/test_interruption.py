"""A leg that is interrupted: by a person it stops within 60 ms, by nobody else for good."""

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
from porteiro.dialogue.events import Event, Heard, Interrupted, KeyPressed, SpeechStarted, Spoken
from porteiro.dialogue.terms import Question, Role
from tests.exact_line import ExactLine
from tests.fakes import FakeLine, Rules, Utterances
from tests.house import House
from tests.noises import KINDS, make
from tests.telephone_speech import RATE, frames, to_pcm, to_samples, utterances
from tests.virtual_time import stall

pytestmark = pytest.mark.virtual_time

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
async def _computing_takes_no_time() -> None:
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


@pytest.mark.parametrize("name", ["01", "06", "19", "21", "28", "33"])
@pytest.mark.parametrize("level", [1.0, 0.35])
async def test_a_person_is_listened_to_at_once(name: str, level: float) -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.ask()
    await scene.quiet(1.5)
    said = to_pcm(to_samples(recording(name)) * level)
    silent_after = await scene.sounds(said)
    assert silent_after <= 0.061
    await scene.quiet(1.0)
    assert scene.told()[-2:] == [Interrupted, Heard]
    interrupted = next(event for event in scene.events if isinstance(event, Interrupted))
    assert 1.0 < interrupted.played_s <= 1.62
    assert interrupted.length_s == pytest.approx(len(QUESTION_SOUND) / 2 / RATE, abs=0.01)
    assert scene.heard().text == "quinhentos e um"
    assert scene.heard().over
    assert not scene.line.talking


async def test_a_phone_that_sends_nothing_in_silence_is_listened_to() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.ask("Alto?")
    await asyncio.sleep(1.5)
    assert await scene.sounds(recording("21")) <= 0.061
    await asyncio.sleep(1.0)
    assert scene.told()[-2:] == [Interrupted, Heard]


async def test_the_transcriber_hears_the_first_syllable() -> None:
    scene = Scene()
    scene.ask()
    await scene.quiet(1.5)
    said = recording("28")
    await scene.sounds(said)
    assert len(scene.ear.sound) >= len(said)


@pytest.mark.parametrize("words", ["aham", "tá", "sei", "boa noite", ""])
async def test_what_was_not_meant_for_us_lets_the_phrase_go_on(words: str) -> None:
    scene = Scene()
    scene.ear.text = words
    scene.ask()
    await scene.quiet(2.0)
    await scene.sounds(recording("06"))
    await scene.quiet(12.0)
    assert set(scene.told()) <= {SpeechStarted, Spoken}
    assert scene.told()[-1] is Spoken
    assert len(scene.line.played) > len(QUESTION_SOUND) // 2


async def test_after_it_went_on_the_whole_phrase_was_heard() -> None:
    scene = Scene()
    scene.ear.text = "aham"
    scene.ask()
    await scene.quiet(2.0)
    await scene.sounds(recording("06"))
    paused_at = 2.1
    await scene.quiet(12.0)
    rest = len(scene.line.played) / 2 / RATE
    whole = len(QUESTION_SOUND) / 2 / RATE
    assert whole - paused_at <= rest <= whole - paused_at + 1.3


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_a_noise_makes_nobody_lose_the_question(kind: str) -> None:
    scene = Scene()
    scene.ear.text = "é"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(to_pcm(make(kind, 3) * 3000))
    await scene.quiet(12.0)
    assert set(scene.told()) <= {SpeechStarted, Spoken}
    assert scene.told()[-1] is Spoken


@pytest.mark.parametrize("gain", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("delay_s", [0.04, 0.2, 0.5])
async def test_our_echo_does_not_stop_us(gain: float, delay_s: float) -> None:
    scene = Scene()
    scene.ear.text = "apartamento quinhentos e um"
    scene.ask()
    await scene.sounds(bytes(len(QUESTION_SOUND) + 4 * RATE), echo_gain=gain, echo_s=delay_s)
    await scene.quiet(4.0)
    assert Interrupted not in scene.told()
    assert Spoken in scene.told()


async def test_an_answer_before_the_question_is_marked() -> None:
    scene = Scene(Role.RESIDENT, Question.AUTHORIZE)
    scene.ear.text = "não autorizo"
    scene.ask("Prefixo.", "Pergunta?", answerable_after=1)
    await scene.quiet(1.5)
    await scene.sounds(recording("09"))
    await scene.quiet(1.0)
    assert scene.heard().early


async def test_a_yes_before_the_question_does_not_even_interrupt() -> None:
    scene = Scene(Role.RESIDENT, Question.AUTHORIZE)
    scene.ear.text = "sim"
    scene.ask("Prefixo.", "Pergunta?", answerable_after=1)
    await scene.quiet(1.5)
    await scene.sounds(recording("01"))
    await scene.quiet(0.6)
    assert Heard not in scene.told()
    assert scene.line.talking


async def test_a_yes_after_the_question_is_not_early() -> None:
    scene = Scene(Role.RESIDENT, Question.AUTHORIZE)
    scene.ear.text = "sim, pode entrar"
    scene.ask("Prefixo.", "Pergunta?", answerable_after=1)
    await scene.quiet(len(recording("34")) / 2 / RATE + 1.0)
    await scene.sounds(recording("04"))
    await scene.quiet(1.0)
    assert not scene.heard().early
    assert scene.heard().over


async def test_who_may_not_interrupt_is_not_heard_over_us() -> None:
    scene = Scene(options=LegOptions(interruptible=frozenset({Role.RESIDENT})))
    scene.ear.text = "uma entrega"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("33"))
    assert scene.ear.opened == 0
    assert scene.line.talking


async def test_what_asks_nothing_is_not_interrupted() -> None:
    scene = Scene()
    scene.leg.say(Say(Role.VISITOR, "farewell", (Words("Pergunta?"),)))
    await scene.quiet(1.5)
    await scene.sounds(recording("33"))
    assert scene.ear.opened == 0
    assert scene.line.talking


async def test_a_key_ends_an_interruption() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("19"))
    scene.line.keys("5")
    scene.leg.stop_talking()
    scene.leg.stop_listening()
    await scene.quiet(3.0)
    assert Heard not in scene.told()
    assert KeyPressed in scene.told()
    assert not scene.line.talking


async def test_an_answer_ends_the_turn_sooner_than_silence_would() -> None:
    scene = Scene(silence_s=0.7)
    scene.silences = {"quinhentos e um": 0.25}
    scene.ear.text, scene.ear.partials = "quinhentos e um", {0.5: "quinhentos e um"}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    said = recording("21")
    await scene.sounds(said)
    ended = scene.loop.time()
    await scene.quiet(1.0)
    waited = scene.at[scene.told().index(Heard)] - ended
    assert 0.1 < waited <= 0.3


async def test_an_unfinished_sentence_is_waited_for() -> None:
    scene = Scene(silence_s=0.7)
    scene.silences = {"é para o apartamento": 1.5}
    scene.ear.text = "é para o apartamento quinhentos e um"
    scene.ear.partials = {0.6: "é para o apartamento"}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("27"))
    await scene.quiet(1.2)
    assert Heard not in scene.told()
    await scene.sounds(recording("21"))
    await scene.quiet(2.0)
    assert scene.told().count(Heard) == 1


async def test_an_answer_known_while_frames_stay_away_ends_the_turn() -> None:
    scene = Scene(silence_s=0.7)
    scene.silences = {"quinhentos e um": 0.25}
    scene.ear.text = "quinhentos e um"
    said = recording("21")
    late_s = len(said) / 2 / RATE + 0.35
    scene.ear.partials = {late_s: "quinhentos e um"}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(said)
    ended = scene.loop.time()
    await asyncio.sleep(0.6)
    assert scene.at[scene.told().index(Heard)] - ended <= 0.45


async def test_frames_that_wait_unread_end_no_turn() -> None:
    scene = Scene(silence_s=0.5)
    scene.ear.text = "quinhentos e um"
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    said = recording("33")
    half = len(said) // 640 * 320
    await scene.sounds(said[:half])
    stall(0.8)
    unread = frames(said[half : half + 40 * 320])
    for frame in unread:
        scene.loop.call_later(0.005, scene.leg.audio, frame)
    await asyncio.sleep(0.01)
    await scene.sounds(said[half + 40 * 320 :])
    assert Heard not in scene.told()
    await scene.quiet(1.5)
    assert scene.told().count(Heard) == 1


async def test_a_key_into_an_answer_loses_no_timing() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(0.7)
    scene.ask()
    await scene.quiet(0.5)
    scene.line.keys("*")
    assert [turn.first_frame_ms >= 0 for turn in scene.timed] == [True]


async def test_a_long_wait_is_filled_before_two_seconds_are_over() -> None:
    scene = Scene()
    scene.ear.text, scene.ear.after_s = "quinhentos e um", 4.5
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    ended = scene.loop.time()
    await scene.quiet(7.0)
    assert len(scene.filled) == 1
    assert scene.filled[0] - ended < 2.0
    assert bytes(scene.line.played) == MOMENT
    assert Spoken not in scene.told()


async def test_an_answer_that_is_slow_to_be_spoken_is_bridged_too() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.voice.late = {"Pergunta?": 3.0}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    ended = scene.loop.time()
    await scene.quiet(0.6)
    assert Heard in scene.told()
    scene.ask()
    await scene.quiet(16.0)
    assert len(scene.filled) == 1
    assert scene.filled[0] - ended < 2.0
    assert bytes(scene.line.played) == MOMENT + QUESTION_SOUND


async def test_a_quick_answer_is_not_filled() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(0.6)
    scene.ask("Prefixo.")
    await scene.quiet(15.0)
    assert scene.filled == []


async def test_nobody_is_bridged_while_they_speak() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.voice.late = {"Pergunta?": 0.3}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(0.6)
    scene.ask()
    await scene.quiet(0.75)
    await scene.sounds(recording("33"))
    assert scene.filled == []
    await scene.quiet(2.0)
    assert scene.told()[-2:] == [Interrupted, Heard]


async def test_what_takes_very_long_to_be_spoken_is_bridged_again() -> None:
    scene = Scene(line=ExactLine())
    scene.ear.text = "quinhentos e um"
    scene.voice.late = {"Pergunta?": 9.0}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(0.6)
    scene.ask()
    await scene.quiet(24.0)
    assert len(scene.filled) == 2
    assert scene.line.played.startswith(2 * MOMENT + QUESTION_SOUND)
    assert 8000 < scene.timed[0].first_frame_ms < 9500


async def test_a_phrase_asked_for_during_a_filler_is_made_meanwhile_and_bridged_as_well() -> None:
    scene = Scene(line=ExactLine())
    scene.ear.text, scene.ear.after_s = "quinhentos e um", 1.4
    scene.voice.late = {"Pergunta?": 6.0}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(2.0)
    assert scene.line.talking
    assert Heard in scene.told()
    scene.ask()
    await scene.quiet(18.0)
    assert len(scene.filled) == 2
    assert scene.line.played.startswith(2 * MOMENT + QUESTION_SOUND)
    assert 6000 <= scene.timed[0].first_frame_ms < 6200


async def test_a_filler_is_heard_out_by_who_interrupted() -> None:
    scene = Scene()
    scene.ear.text, scene.ear.after_s = "quinhentos e um", 1.6
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("21"))
    while Heard not in scene.told():
        await scene.quiet(FRAME_S)
    assert len(scene.filled) == 1
    scene.leg.say(Say(Role.VISITOR, "next", (Words("Prefixo."),)))
    await scene.quiet(8.0)
    assert bytes(scene.line.played) == MOMENT + TEXTS["Prefixo."]
    assert scene.told()[-1] is Spoken


async def test_a_key_that_means_nothing_leaves_the_wait_bridged() -> None:
    scene = Scene()
    scene.ear.text, scene.ear.after_s = "quinhentos e um", 4.5
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(0.8)
    scene.line.keys("D")
    await scene.quiet(3.0)
    assert len(scene.filled) == 1


@pytest.mark.parametrize("order", ["say", "listen", "stop_listening"])
async def test_what_is_ordered_while_somebody_interrupts_leaves_nobody_in_silence(
    order: str,
) -> None:
    scene = Scene()
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("33")[: RATE // 2])
    assert not scene.line.talking
    if order == "say":
        scene.leg.say(Say(Role.VISITOR, "more", (Words("Prefixo."),)))
    elif order == "listen":
        scene.leg.listen(Listen(Role.VISITOR, 2, Question.APARTMENT))
    else:
        scene.leg.stop_listening()
    await scene.quiet(20.0)
    assert scene.told()[-1] is Spoken


async def test_late_words_of_a_turn_that_is_over_end_no_other() -> None:
    scene = Scene(silence_s=0.7)
    scene.silences = {"sim": 0.1}
    scene.ear.text = "sim"
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    scene.ear.partials = {1.3: "sim"}
    await scene.quiet(0.5)
    await scene.sounds(recording("21")[: RATE // 8])  # a noise
    scene.ear.partials = {}
    await scene.quiet(0.75)
    assert scene.ear.opened == 1
    await scene.sounds(recording("21"))
    assert scene.ear.opened == 2
    await scene.quiet(0.4)
    assert scene.told().count(Heard) <= 1
    assert scene.told()[-1] is not Heard


async def test_after_an_interruption_nobody_is_listened_to_unasked() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("21"))
    await scene.quiet(1.0)
    assert scene.told()[-1] is Heard
    scene.leg.say(Say(Role.VISITOR, "farewell", (Words("Prefixo."),)))
    await scene.quiet(5.0)
    assert scene.told()[-1] is Spoken
    await scene.sounds(recording("33"))
    assert scene.ear.opened == 1


async def test_after_two_pauses_for_nobody_the_phrase_is_not_interrupted_again() -> None:
    scene = Scene()
    scene.ear.text = "aham"
    scene.ask("Pergunta?", "Pergunta?", "Pergunta?")
    for opened in (1, 2, 2):
        await scene.quiet(2.0)
        await scene.sounds(recording("06"))
        await scene.quiet(1.0)
        assert scene.line.talking
        assert scene.ear.opened == opened


async def test_one_long_noise_makes_us_pause_only_once() -> None:
    scene = Scene()
    scene.ear.text = "é"
    scene.ask("Pergunta?", "Pergunta?")
    await scene.quiet(1.5)
    horn = make("car horn", 3)
    await scene.sounds(to_pcm(np.resize(horn[RATE // 10 : 4 * RATE // 10], 3 * RATE) * 3000))
    assert scene.ear.opened == 1


async def test_a_short_noise_in_which_words_are_heard_is_nobody() -> None:
    scene = Scene(silence_s=0.1)
    scene.ear.text = "quinhentos e um"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(to_pcm(make("car horn", 3)[RATE // 10 : 3 * RATE // 10] * 3000))
    await scene.quiet(12.0)
    assert scene.ear.opened == 1
    assert scene.told() == [Spoken]


async def test_a_line_that_never_tells_of_the_end_of_a_late_phrase_is_not_waited_for() -> None:
    scene = Scene(options=LegOptions(playout_slack_s=2.0))
    scene.voice.late = {"Pergunta?": 1.0}
    scene.line.play = lambda clip, ended: None  # type: ignore[method-assign]
    scene.leg.say(Say(Role.VISITOR, "question", (Words("Pergunta?"),)))
    await asyncio.sleep(1.0 + len(QUESTION_SOUND) / 2 / RATE + 1.9)
    assert scene.told() == []
    await asyncio.sleep(0.2)
    assert scene.told() == [Spoken]


async def test_an_answer_before_an_announcement_that_waits_is_early_and_ends_them_both() -> None:
    scene = Scene(Role.RESIDENT, Question.AUTHORIZE)
    scene.ear.text = "não autorizo"
    scene.leg.say(Say(Role.RESIDENT, "take_your_time", (Words("Pergunta?"),)))
    scene.ask("Prefixo.", "Pergunta?", answerable_after=1)
    await scene.quiet(1.5)
    await scene.sounds(recording("09"))
    await scene.quiet(3.0)
    assert scene.heard().early
    assert scene.told()[-1] is Heard
    assert not scene.leg.talking
