"""The phrase cache: made once, whoever asks, and kept over restarts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from porteiro.errors import SpeechError
from porteiro.speech.phrase_cache import PhraseCache, PhraseCacheOptions

VOICE = "pt-br"


class Counting:
    """A synthesizer that counts what it makes and can be held back."""

    def __init__(self, fingerprint: str = "counting") -> None:
        self.fingerprint = fingerprint
        self.made: list[str] = []
        self.asked = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.running = 0
        self.two_running = asyncio.Event()
        self.most_running = 0

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        self.made.append(text)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.asked.set()
        if self.running >= 2:
            self.two_running.set()
        try:
            await self.may_go_on.wait()
            if text == "impossible":
                raise SpeechError("cannot say that")
            yield text.encode("utf-16-le")
            yield bytes(200)
        finally:
            self.running -= 1


@pytest.fixture
def synthesizer() -> Counting:
    return Counting()


@pytest.fixture
def cache(synthesizer: Counting, tmp_path: Path) -> PhraseCache:
    return PhraseCache(synthesizer, PhraseCacheOptions(tmp_path / "phrases"))


async def say(cache: PhraseCache, text: str) -> bytes:
    return b"".join([chunk async for chunk in cache.stream(text, VOICE, 8000)])


async def test_a_phrase_said_twice_is_made_once(cache: PhraseCache, synthesizer: Counting) -> None:
    assert await say(cache, "olá") == await say(cache, "olá")
    assert synthesizer.made == ["olá"]


async def test_two_who_ask_at_once_get_the_same_made_once(
    cache: PhraseCache, synthesizer: Counting
) -> None:
    first, second = await asyncio.gather(say(cache, "olá"), say(cache, "olá"))

    assert first == second != b""
    assert synthesizer.made == ["olá"]


async def test_the_second_asker_takes_over_when_the_first_is_cancelled(
    cache: PhraseCache, synthesizer: Counting
) -> None:
    synthesizer.may_go_on.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(say(cache, "olá"))
        await synthesizer.asked.wait()
        second = group.create_task(say(cache, "olá"))
        await asyncio.sleep(0)
        first.cancel()
        synthesizer.may_go_on.set()

    assert first.cancelled()
    assert second.result().startswith("olá".encode("utf-16-le"))


async def test_the_first_chunk_comes_before_the_last_is_made(
    cache: PhraseCache, synthesizer: Counting
) -> None:
    stream = cache.stream("olá", VOICE, 8000)

    assert await anext(stream) == "olá".encode("utf-16-le")
    assert cache.cached("olá", VOICE, 8000) is None
    assert [chunk async for chunk in stream] == [bytes(200)]
    assert cache.cached("olá", VOICE, 8000) is not None


async def test_a_phrase_survives_a_restart(
    cache: PhraseCache, synthesizer: Counting, tmp_path: Path
) -> None:
    said = await say(cache, "olá")
    restarted = PhraseCache(synthesizer, PhraseCacheOptions(tmp_path / "phrases"))

    await restarted.warm(["olá"], VOICE, 8000)

    assert restarted.cached("olá", VOICE, 8000) == said
    assert synthesizer.made == ["olá"]


async def test_another_synthesizer_does_not_get_the_phrases_of_the_first(
    cache: PhraseCache, tmp_path: Path
) -> None:
    await say(cache, "olá")
    other = Counting("another voice")

    await say(PhraseCache(other, PhraseCacheOptions(tmp_path / "phrases")), "olá")

    assert other.made == ["olá"]


@pytest.mark.parametrize("damage", [b"", b"PORTEIRO", b"\xff" * 500])
async def test_a_damaged_file_is_made_anew(
    cache: PhraseCache, synthesizer: Counting, tmp_path: Path, damage: bytes
) -> None:
    said = await say(cache, "olá")
    (file,) = (tmp_path / "phrases").iterdir()
    file.write_bytes(damage)

    restarted = PhraseCache(synthesizer, PhraseCacheOptions(tmp_path / "phrases"))

    assert await say(restarted, "olá") == said
    assert synthesizer.made == ["olá", "olá"]


async def test_a_file_cut_short_is_made_anew(
    cache: PhraseCache, synthesizer: Counting, tmp_path: Path
) -> None:
    said = await say(cache, "olá")
    (file,) = (tmp_path / "phrases").iterdir()
    file.write_bytes(file.read_bytes()[:-2])

    restarted = PhraseCache(synthesizer, PhraseCacheOptions(tmp_path / "phrases"))

    assert await say(restarted, "olá") == said


async def test_a_folder_that_cannot_be_used_is_told_once_and_memory_goes_on(
    synthesizer: Counting, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    cache = PhraseCache(synthesizer, PhraseCacheOptions(tmp_path / "file" / "phrases"))

    with capture_logs() as logs:
        await say(cache, "olá")
        await say(cache, "boa tarde")
        await say(cache, "olá")

    assert len(logs) == 1
    assert logs[0]["log_level"] == "warning"
    assert synthesizer.made == ["olá", "boa tarde"]


async def test_memory_is_bounded_and_forgets_the_longest_unused(tmp_path: Path) -> None:
    cache = PhraseCache(Counting(), PhraseCacheOptions(tmp_path, memory_bytes=500))

    await say(cache, "um")
    await say(cache, "dois")
    cache.cached("um", VOICE, 8000)
    await say(cache, "três")

    kept = [text for text in ("um", "dois", "três") if cache.cached(text, VOICE, 8000)]
    assert kept == ["um", "três"]


async def test_a_phrase_larger_than_memory_is_still_said(tmp_path: Path) -> None:
    cache = PhraseCache(Counting(), PhraseCacheOptions(tmp_path, memory_bytes=10))

    assert await say(cache, "olá")
    assert cache.cached("olá", VOICE, 8000) is None


async def test_file_names_tell_nothing_of_the_words(cache: PhraseCache, tmp_path: Path) -> None:
    await say(cache, "Renata")

    (file,) = (tmp_path / "phrases").iterdir()
    assert "renata" not in file.name.lower()


async def test_warming_makes_every_phrase_and_tells_how_far_it_is(
    cache: PhraseCache, synthesizer: Counting
) -> None:
    steps: list[tuple[int, int]] = []

    await cache.warm(
        ["um", "dois", "um", "três"], VOICE, 8000, lambda ready, of: steps.append((ready, of))
    )

    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert all(cache.cached(text, VOICE, 8000) for text in ("um", "dois", "três"))


async def test_warming_makes_only_a_few_at_once(synthesizer: Counting, tmp_path: Path) -> None:
    cache = PhraseCache(synthesizer, PhraseCacheOptions(tmp_path, warm_at_once=2))

    synthesizer.may_go_on.clear()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(cache.warm([str(number) for number in range(20)], VOICE, 8000))
        await synthesizer.two_running.wait()
        synthesizer.may_go_on.set()

    assert synthesizer.most_running == 2


async def test_warming_fails_with_the_reason_when_a_phrase_cannot_be_made(
    cache: PhraseCache,
) -> None:
    with pytest.raises(SpeechError, match="cannot say that"):
        await cache.warm(["olá", "impossible"], VOICE, 8000)


async def test_a_phrase_that_failed_is_tried_again(
    cache: PhraseCache, synthesizer: Counting
) -> None:
    for _ in range(2):
        with pytest.raises(SpeechError):
            await say(cache, "impossible")

    assert synthesizer.made == ["impossible", "impossible"]
