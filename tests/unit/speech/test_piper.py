"""Piper in workers of our own: sentence by sentence, and what is said of a voice."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from porteiro.errors import SpeechError
from porteiro.speech.piper.synthesizer import PiperSynthesizer, piper_workers
from porteiro.speech.worker_pool import WorkerPool
from tests.providers.tiny_piper import NAME, RATE, piper_voice


@asynccontextmanager
async def speaking() -> AsyncIterator[PiperSynthesizer]:
    voice = piper_voice()
    async with WorkerPool(piper_workers(voice, 1, 1)) as pool:
        yield PiperSynthesizer(pool, voice)


async def spoken(piper: PiperSynthesizer, text: str, voice: str = "pt-br") -> list[bytes]:
    return [pcm async for pcm in piper.stream(text, voice, RATE)]


async def test_each_sentence_comes_by_itself() -> None:
    async with speaking() as piper:
        parts = await spoken(piper, "Bom dia. Quem é? Pode repetir, por favor?")

    assert len(parts) == 3
    assert all(len(part) > RATE // 10 for part in parts)


async def test_the_longer_the_text_the_longer_the_sound() -> None:
    async with speaking() as piper:
        short, long = await spoken(piper, "Sim."), await spoken(piper, "Um momento, por favor.")

    assert len(short[0]) < len(long[0])


@pytest.mark.parametrize("voice", ["", "pt-br", "pt", "pt-br+f2", NAME])
async def test_a_language_and_its_own_name_are_its_voice(voice: str) -> None:
    async with speaking() as piper:
        assert await spoken(piper, "Sim.", voice)


@pytest.mark.parametrize("text", ["", " ", "[[", "\x00\x1b"])
async def test_a_text_with_nothing_to_say_is_a_speech_error_and_the_next_is_spoken(
    text: str,
) -> None:
    async with speaking() as piper:
        with pytest.raises(SpeechError, match="nothing to say") as caught:
            await spoken(piper, text)

        assert not caught.value.retryable
        assert await spoken(piper, "Sim.")


async def test_phonemes_in_a_name_are_no_orders() -> None:
    async with speaking() as piper:
        assert await spoken(piper, "[[ʃʃʃʃ]]") == await spoken(piper, "ʃʃʃʃ]]")


async def test_a_text_without_end_is_refused() -> None:
    async with speaking() as piper:
        with pytest.raises(SpeechError, match="shorten it"):
            await spoken(piper, "a" * 5000)


async def test_a_new_voice_in_the_same_place_has_another_fingerprint(tmp_path: Path) -> None:
    voice = tmp_path / "some.onnx"
    voice.write_bytes(b"one")
    first = PiperSynthesizer(WorkerPool(piper_workers(voice, 1, 1)), voice).fingerprint
    voice.write_bytes(b"another")

    assert PiperSynthesizer(WorkerPool(piper_workers(voice, 1, 1)), voice).fingerprint != first


@pytest.mark.parametrize("broken", [f"{NAME}.onnx", f"{NAME}.onnx.json"])
async def test_a_voice_that_is_damaged_says_what_to_do(tmp_path: Path, broken: str) -> None:
    for file in piper_voice().parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / broken).write_bytes(b"half a voice")
    voice = tmp_path / f"{NAME}.onnx"

    with pytest.raises(SpeechError) as caught:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(WorkerPool(piper_workers(voice, 1, 1)))

    assert str(caught.value).startswith(f"PORTEIRO_PIPER_VOICE='{voice}' is no voice")
    assert str(caught.value).endswith("`porteiro setup --speech piper`")
