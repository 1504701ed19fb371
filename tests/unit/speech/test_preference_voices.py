"""A phrase is said by the next voice when the first fails, is slow or breaks off."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from porteiro.clock import LoopClock
from porteiro.errors import SpeechError
from porteiro.speech.phrase_cache import PhraseCache, PhraseCacheOptions, Progress
from porteiro.speech.preference import Choice, Preference
from porteiro.speech.preference_breaker import Condition
from porteiro.speech.preference_voices import KeptVoices, PreferredVoices

PHRASE = "Um momento, por favor."
VIRTUAL = pytest.mark.virtual_time
PAUSE = bytes(3200)


class Mouth:
    """A voice of a few chunks, each after `takes_s`; `error` comes after `breaks_after` of them."""

    def __init__(
        self,
        chunks: Iterable[bytes] = (b"aa", b"bb", b"cc"),
        takes_s: float = 0.0,
        error: Exception | None = None,
        breaks_after: int = 0,
    ) -> None:
        self.chunks = tuple(chunks)
        self.takes_s = takes_s
        self.error = error
        self.breaks_after = breaks_after
        self.kept: dict[str, bytes] = {}
        self.asked = 0
        self.stopped = 0

    fingerprint = "mouth"

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        return self.kept.get(text)

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        self.asked += 1
        try:
            for number, chunk in enumerate(self.chunks):
                self.perhaps_break(number)
                async with asyncio.timeout(1e9):  # belongs to one task, as a client's may
                    await asyncio.sleep(self.takes_s)
                    yield chunk
            self.perhaps_break(len(self.chunks))
        except asyncio.CancelledError:
            self.stopped += 1
            raise

    def perhaps_break(self, number: int) -> None:
        if self.error is not None and self.breaks_after == number:
            raise self.error

    async def warm(
        self, texts: Iterable[str], voice: str, sample_rate: int, progress: Progress | None = None
    ) -> None:
        self.perhaps_break(0)
        await asyncio.sleep(self.takes_s)
        self.kept |= dict.fromkeys(texts, b"".join(self.chunks))


def preferring(*voices: KeptVoices) -> PreferredVoices:
    choices = [Choice(f"voice {number}", voice) for number, voice in enumerate(voices)]
    return PreferredVoices(Preference("synthesis", choices, LoopClock()))


async def spoken(voices: PreferredVoices, text: str = PHRASE) -> bytes:
    return b"".join([chunk async for chunk in voices.stream(text, "pt-br", 8000)])


@VIRTUAL
async def test_the_first_speaks_while_it_is_well_chunk_by_chunk() -> None:
    first, second = Mouth(takes_s=1.4), Mouth()
    voices = preferring(first, second)

    now = asyncio.get_running_loop().time
    came_at = [now() async for _ in voices.stream(PHRASE, "pt-br", 8000)]

    assert came_at == pytest.approx([1.4, 2.8, 4.2])
    assert second.asked == 0
    assert voices.states[0].answered == 1


@VIRTUAL
@pytest.mark.parametrize(
    "first",
    [
        Mouth(error=SpeechError("answered 500")),
        Mouth(error=ValueError("a fault")),
        Mouth(chunks=()),
        Mouth(chunks=(b"",)),
        Mouth(chunks=(b"a",)),
    ],
    ids=["error", "fault", "nothing", "empty", "half a sample"],
)
async def test_one_that_does_not_begin_is_left_for_the_next(first: Mouth) -> None:
    voices = preferring(first, Mouth())

    assert await spoken(voices) == b"aabbcc"
    assert [state.failed for state in voices.states] == [1, 0]


@VIRTUAL
async def test_one_that_hangs_is_left_in_time_for_the_next_to_speak_within_2_s() -> None:
    first = Mouth(takes_s=1e6)
    voices = preferring(first, Mouth(takes_s=0.3))

    chunks = voices.stream(PHRASE, "pt-br", 8000)

    assert await anext(chunks) == b"aa"
    assert asyncio.get_running_loop().time() == pytest.approx(1.8)
    assert first.stopped == 1


@VIRTUAL
@pytest.mark.parametrize(
    ("first", "said"),
    [
        (Mouth(error=SpeechError("cut"), breaks_after=2), b"aabb"),
        (Mouth(chunks=(b"aab", b"b"), error=SpeechError("cut"), breaks_after=1), b"aa"),
    ],
    ids=["whole samples", "half a sample"],
)
async def test_one_that_breaks_off_is_followed_by_the_whole_phrase_in_the_next(
    first: Mouth, said: bytes
) -> None:
    assert await spoken(preferring(first, Mouth(chunks=(b"xxyy",)))) == said + PAUSE + b"xxyy"


@VIRTUAL
async def test_a_sample_that_comes_in_two_halves_is_put_together() -> None:
    voices = preferring(Mouth(chunks=(b"a", b"ab", b"bcc", b"d")))

    assert [chunk async for chunk in voices.stream(PHRASE, "pt-br", 8000)] == [b"aa", b"bbcc"]


@VIRTUAL
async def test_words_without_sound_are_no_failure() -> None:
    voices = preferring(Mouth(chunks=()), Mouth())

    assert await spoken(voices, " ") == b""
    assert voices.states[0].failed == 0


@VIRTUAL
async def test_when_all_fail_the_error_says_why_each_did() -> None:
    voices = preferring(Mouth(error=SpeechError("answered 401: check the key")), Mouth(chunks=()))

    with pytest.raises(SpeechError, match="voice 0: answered 401: check the key; voice 1: it made"):
        await spoken(voices)


@VIRTUAL
async def test_being_interrupted_stops_the_voice_and_is_no_failure_of_it() -> None:
    first = Mouth(takes_s=1.0)
    voices = preferring(first, Mouth())
    task = asyncio.create_task(spoken(voices))
    await asyncio.sleep(1.5)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await voices.aclose()

    assert first.stopped == 1
    assert (voices.states[0].answered, voices.states[0].failed) == (1, 0)


@VIRTUAL
async def test_a_phrase_is_kept_ready_by_the_voice_that_would_say_it_now() -> None:
    first, second = Mouth(error=SpeechError("answered 500")), Mouth()
    second.kept[PHRASE] = b"of the second"
    voices = preferring(first, second)
    assert voices.cached(PHRASE, "pt-br", 8000) is None

    for _ in range(3):
        await spoken(voices)
    assert voices.states[0].condition is Condition.RESTING
    assert voices.cached(PHRASE, "pt-br", 8000) == b"of the second"

    first.kept[PHRASE] = b"of the first"
    assert voices.cached(PHRASE, "pt-br", 8000) == b"of the first"


async def test_while_it_is_not_known_how_the_first_is_what_the_second_has_is_said() -> None:
    """So a filler is heard at once, and not only when the breaker has opened."""
    first, second = Mouth(error=SpeechError("answered 500")), Mouth()
    second.kept[PHRASE] = b"of the second"
    voices = preferring(first, second)
    assert voices.cached(PHRASE, "pt-br", 8000) is None

    await spoken(voices, "Pergunta?")
    assert voices.cached(PHRASE, "pt-br", 8000) == b"of the second"

    first.error = None
    await spoken(voices, "Pergunta?")
    assert voices.cached(PHRASE, "pt-br", 8000) is None


@VIRTUAL
async def test_phrases_are_made_ahead_by_the_first_that_can_however_long_it_takes() -> None:
    failing, slow, last = Mouth(error=SpeechError("answered 500")), Mouth(takes_s=60.0), Mouth()

    await preferring(failing, slow, last).warm([PHRASE], "pt-br", 8000)

    assert [list(each.kept) for each in (failing, slow, last)] == [[], [PHRASE], []]


@VIRTUAL
async def test_making_ahead_fails_with_every_reason() -> None:
    voices = preferring(Mouth(error=SpeechError("answered 401: check the key")))

    with pytest.raises(SpeechError, match="voice 0: answered 401: check the key"):
        await voices.warm([PHRASE], "pt-br", 8000)


async def test_each_voice_keeps_its_own_phrases(tmp_path: Path) -> None:
    first, second = Mouth(error=SpeechError("cut"), breaks_after=2), Mouth(chunks=(b"xxyy",))
    caches = [
        PhraseCache(each, PhraseCacheOptions(tmp_path / str(number)))
        for number, each in enumerate((first, second))
    ]
    voices = preferring(*caches)

    assert await spoken(voices) == b"aabb" + PAUSE + b"xxyy"
    first.error = None
    assert await spoken(voices) == b"aabbcc"

    assert voices.cached(PHRASE, "pt-br", 8000) == b"aabbcc"
    assert caches[1].cached(PHRASE, "pt-br", 8000) == b"xxyy"
    assert (first.asked, second.asked) == (2, 1)
