"""A provider that hangs, wherever and however, leaves the next one at work within 2 s."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from itertools import pairwise

import pytest

from porteiro.calls.ports import Transcriber, Transcript, Transcription, TurnRequest, Understanding
from porteiro.clock import LoopClock
from porteiro.condominiums.directory import Directory
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Question, Understood
from porteiro.errors import SpeechError
from porteiro.speech.phrase_cache import Progress
from porteiro.speech.preference import Choice, Preference
from porteiro.speech.preference_transcriber import PreferredTranscriber
from porteiro.speech.preference_understanding import PreferredUnderstanding
from porteiro.speech.preference_voices import KeptVoices, PreferredVoices
from porteiro.speech.rules_understanding import RulesUnderstanding
from porteiro.speech.streamed_turn import StreamedTurn, TurnSound

pytestmark = pytest.mark.virtual_time

DEAD_AIR_S = 2.0
WORK_S = 0.3
"""What the next provider takes for its own work."""
FRAME = bytes(range(160)) * 2


async def hang() -> None:
    """Never come back."""
    await asyncio.Event().wait()


async def hang_on() -> None:
    """Take long to leave, even when asked to."""
    try:
        await hang()
    finally:
        await asyncio.sleep(3600)


Hang = Callable[[], Awaitable[None]]
HANGS: dict[str, Hang] = {"hangs": hang, "hangs on": hang_on}


def now() -> float:
    return asyncio.get_running_loop().time()


class Ears:
    """A transcriber of a streaming service, which comes to `ends` before it has any words."""

    closed_grammar = False

    def __init__(self, ends: Hang, text: str = "") -> None:
        self.ends = ends
        self.text = text
        self.opened_at = -1.0

    def open(self, request: TurnRequest) -> Transcription:
        self.opened_at = now()

        async def converse(sound: TurnSound, tell: Callable[[Transcript], None]) -> None:
            await self.ends()
            async for _ in sound.packets():
                pass
            await asyncio.sleep(WORK_S)
            tell(Transcript(self.text, 0.9, sure=True))

        return StreamedTurn("Babel", TurnSound(8000, 8000), converse, limit_s=60.0)


async def at_once() -> None:
    """Go on without a pause."""


class Voice:
    """A voice of two chunks, which comes to `ends` before one of them."""

    def __init__(self, ends: Hang, before_chunk: int = 0) -> None:
        self.ends = ends
        self.before_chunk = before_chunk

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        return None

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        for number in range(2):
            if number == self.before_chunk:
                await self.ends()
            yield bytes([number, 1]) * 80

    async def warm(
        self, texts: Iterable[str], voice: str, sample_rate: int, progress: Progress | None = None
    ) -> None:
        """Make nothing ahead."""


class Mind:
    """Comes to `ends`, and understands nothing."""

    def __init__(self, ends: Hang) -> None:
        self.ends = ends

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        await self.ends()
        return Understood()


async def work() -> None:
    await asyncio.sleep(WORK_S)


def hearing(*ears: Ears) -> PreferredTranscriber:
    choices: list[Choice[Transcriber]] = [
        Choice(f"ears {number}", each) for number, each in enumerate(ears)
    ]
    return PreferredTranscriber(Preference("hearing", choices, LoopClock()))


def speaking(*mouths: Voice) -> PreferredVoices:
    choices: list[Choice[KeptVoices]] = [
        Choice(f"voice {number}", each) for number, each in enumerate(mouths)
    ]
    return PreferredVoices(Preference("speaking", choices, LoopClock()))


async def spoken(transcriber: PreferredTranscriber, seconds: float = 1.0) -> float:
    """Have somebody say something; return how long its words took from the end of the turn."""
    turn = transcriber.open(TurnRequest(Question.AUTHORIZE, 8000))
    for _ in range(round(seconds / 0.02)):
        turn.feed(FRAME)
        await asyncio.sleep(0.02)
    ended_at = now()
    assert (await turn.finish()).text == "autorizo"
    return now() - ended_at


@pytest.mark.parametrize("way", HANGS)
async def test_hearing(way: str) -> None:
    waited_s = await spoken(hearing(Ears(HANGS[way]), Ears(at_once, "autorizo")))
    assert waited_s == pytest.approx(1.5 + WORK_S)
    assert waited_s <= DEAD_AIR_S


async def test_a_service_that_fails_while_the_person_speaks_is_left_at_once() -> None:
    """So the next one hears the turn as it is spoken, and nobody waits for anything."""

    async def refuse() -> None:
        await asyncio.sleep(0.2)
        raise SpeechError("Babel answered 500")

    second = Ears(at_once, "autorizo")
    waited_s = await spoken(hearing(Ears(refuse), second))
    assert waited_s == pytest.approx(WORK_S)
    assert second.opened_at == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize("before_chunk", [0, 1])
@pytest.mark.parametrize("way", HANGS)
async def test_speaking(way: str, before_chunk: int) -> None:
    voices = speaking(Voice(HANGS[way], before_chunk), Voice(work))
    began_at = now()
    heard_at = [now() async for _ in voices.stream("Um momento, por favor.", "pt-br", 8000)]
    silences = [later - earlier for earlier, later in pairwise([began_at, *heard_at])]
    assert max(silences) == pytest.approx(1.5 + WORK_S)
    assert max(silences) <= DEAD_AIR_S


@pytest.mark.parametrize("way", HANGS)
async def test_understanding(way: str) -> None:
    choices: list[Choice[Understanding]] = [
        Choice("mind", Mind(HANGS[way])),
        Choice("rules", RulesUnderstanding()),
    ]
    understanding = PreferredUnderstanding(Preference("understanding", choices, LoopClock()))
    found = await understanding.understand("", "sou o Pedro, uma entrega", None, Directory([]))
    assert found.visitor == "Pedro"
    assert now() == pytest.approx(1.5)


@pytest.mark.parametrize("way", HANGS)
async def test_one_that_keeps_hanging_is_waited_for_no_more(way: str) -> None:
    transcriber = hearing(Ears(HANGS[way]), Ears(at_once, "autorizo"))
    waited_s = [await spoken(transcriber) for _ in range(5)]
    assert waited_s == pytest.approx([1.5 + WORK_S] * 3 + [WORK_S] * 2)
