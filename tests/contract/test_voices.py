"""What every source of spoken phrases owes a call; a new one joins by a line in `VOICES`."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from porteiro.calls.ports import Voices
from porteiro.clock import LoopClock
from porteiro.errors import SpeechError
from porteiro.speech.azure.synthesizer import AzureSynthesizer
from porteiro.speech.espeak import EspeakOptions, EspeakSynthesizer
from porteiro.speech.openai.client import OpenAIOptions, server_at
from porteiro.speech.openai.synthesizer import OpenAISynthesizer
from porteiro.speech.phrase_cache import PhraseCache, PhraseCacheOptions
from porteiro.speech.piper.synthesizer import PiperSynthesizer, piper_workers
from porteiro.speech.preference import Choice, Preference
from porteiro.speech.preference_voices import KeptVoices, PreferredVoices
from porteiro.speech.worker_pool import WorkerPool
from porteiro.speech.wyoming import WyomingSynthesizer, WyomingSynthesizerOptions
from tests.providers.azure_server import azure_that
from tests.providers.openai_server import KEY, openai_server
from tests.providers.tiny_piper import piper_voice
from tests.providers.wyoming_server import wyoming_that

VOICE = "pt-br"
PHRASE = "Um momento, por favor."


class TonePerWord:
    """A synthesizer that streams a chunk of 100 ms a word, in no time."""

    fingerprint = "tone"

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        if voice == "nobody":
            raise SpeechError("there is no such voice")
        for word in text.split():
            yield bytes([len(word), 1]) * (sample_rate // 10)


@asynccontextmanager
async def espeak(options: PhraseCacheOptions) -> AsyncIterator[Voices]:
    yield PhraseCache(EspeakSynthesizer(), options)


@asynccontextmanager
async def scripted(options: PhraseCacheOptions) -> AsyncIterator[Voices]:
    yield PhraseCache(TonePerWord(), options)


@asynccontextmanager
async def preferred(options: PhraseCacheOptions) -> AsyncIterator[Voices]:
    choices: list[Choice[KeptVoices]] = [
        Choice("scripted", PhraseCache(TonePerWord(), options)),
        Choice("espeak", PhraseCache(EspeakSynthesizer(), options)),
    ]
    yield PreferredVoices(Preference("synthesis", choices, LoopClock()))


@asynccontextmanager
async def openai(options: PhraseCacheOptions) -> AsyncIterator[Voices]:
    async with openai_server() as peer, server_at(OpenAIOptions(peer.url, KEY)) as server:
        yield PhraseCache(OpenAISynthesizer(server), options)


@asynccontextmanager
async def wyoming(options: PhraseCacheOptions) -> AsyncIterator[Voices]:
    async with wyoming_that() as server:
        yield PhraseCache(WyomingSynthesizer(WyomingSynthesizerOptions(server.url)), options)


@asynccontextmanager
async def azure(options: PhraseCacheOptions) -> AsyncIterator[Voices]:
    async with azure_that() as service, aiohttp.ClientSession() as session:
        yield PhraseCache(AzureSynthesizer(session, service.options()), options)


@asynccontextmanager
async def piper(options: PhraseCacheOptions) -> AsyncIterator[Voices]:
    async with WorkerPool(piper_workers(piper_voice(), 1, 1)) as pool:
        yield PhraseCache(PiperSynthesizer(pool, piper_voice()), options)


VOICES: dict[str, Callable[[PhraseCacheOptions], AbstractAsyncContextManager[Voices]]] = {
    "azure": azure,
    "espeak": espeak,
    "openai": openai,
    "piper": piper,
    "preferred": preferred,
    "scripted": scripted,
    "wyoming": wyoming,
}


@pytest.fixture(params=VOICES)
async def voices(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Voices]:
    async with VOICES[request.param](PhraseCacheOptions(tmp_path / "phrases")) as voices:
        yield voices


@pytest.fixture
def unlikeness() -> float:
    """How far apart a phrase's lengths may be at two rates."""
    return 0.01


async def spoken(voices: Voices, text: str, voice: str = VOICE, sample_rate: int = 8000) -> bytes:
    return b"".join([chunk async for chunk in voices.stream(text, voice, sample_rate)])


async def test_a_phrase_not_said_yet_is_not_in_the_cache(voices: Voices) -> None:
    assert voices.cached(PHRASE, VOICE, 8000) is None


async def test_a_phrase_said_once_is_in_the_cache_whole(voices: Voices) -> None:
    pcm = await spoken(voices, PHRASE)

    assert len(pcm) > 0
    assert voices.cached(PHRASE, VOICE, 8000) == pcm


async def test_said_again_it_sounds_the_same(voices: Voices) -> None:
    assert await spoken(voices, PHRASE) == await spoken(voices, PHRASE)


@pytest.mark.parametrize("sample_rate", [8000, 16000, 44100, 48000])
async def test_it_is_whole_samples_and_as_long_at_every_rate(
    voices: Voices, sample_rate: int, unlikeness: float
) -> None:
    reference = await spoken(voices, PHRASE)

    pcm = await spoken(voices, PHRASE, sample_rate=sample_rate)

    assert len(pcm) % 2 == 0
    assert len(pcm) / sample_rate == pytest.approx(len(reference) / 8000, rel=unlikeness)
    assert voices.cached(PHRASE, VOICE, sample_rate) == pcm


async def test_rates_do_not_mix_in_the_cache(voices: Voices) -> None:
    await spoken(voices, PHRASE, sample_rate=16000)

    assert voices.cached(PHRASE, VOICE, 8000) is None


async def test_a_voice_that_does_not_exist_is_a_speech_error(voices: Voices) -> None:
    with pytest.raises(SpeechError):
        await spoken(voices, PHRASE, voice="nobody")


async def test_a_failure_is_not_kept_in_the_cache(voices: Voices) -> None:
    with pytest.raises(SpeechError):
        await spoken(voices, PHRASE, voice="nobody")

    assert voices.cached(PHRASE, "nobody", 8000) is None


async def test_a_missing_program_says_what_to_install(tmp_path: Path) -> None:
    synthesizer = EspeakSynthesizer(EspeakOptions(program="/nowhere/espeak-ng"))
    voices = PhraseCache(synthesizer, PhraseCacheOptions(tmp_path))

    with pytest.raises(SpeechError, match="install the Debian package espeak-ng"):
        await spoken(voices, PHRASE)
