"""What every transcriber owes a call; a new one joins by a line in `TRANSCRIBERS`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from porteiro.calls.ports import Transcriber, Transcript, TurnRequest
from porteiro.clock import LoopClock
from porteiro.dialogue.terms import Question
from porteiro.errors import SpeechError
from porteiro.speech.azure.transcriber import AzureTranscriber
from porteiro.speech.deepgram import DeepgramTranscriber
from porteiro.speech.openai.client import OpenAIOptions, server_at
from porteiro.speech.openai.transcriber import OpenAITranscriber
from porteiro.speech.pocketsphinx.transcriber import WORKERS, EmbeddedTranscriber
from porteiro.speech.preference import Choice, Preference
from porteiro.speech.preference_transcriber import PreferredTranscriber
from porteiro.speech.vosk import VoskOptions, VoskTranscriber
from porteiro.speech.whisper.transcriber import WhisperTranscriber, whisper_workers
from porteiro.speech.worker_pool import WorkerPool
from porteiro.speech.wyoming import WyomingTranscriber, WyomingTranscriberOptions
from tests.providers.azure_server import azure_that
from tests.providers.deepgram_server import deepgram_that
from tests.providers.openai_server import KEY, openai_server
from tests.providers.tiny_whisper import whisper_that
from tests.providers.vosk_server import vosk_that
from tests.providers.wyoming_server import wyoming_that
from tests.telephone_speech import frames, utterances

PCM = {each.name: each.pcm for each in utterances()}
YES = "04-autorizo.wav"
SILENCE = bytes(2 * 8000)


class ScriptedTranscriber:
    """Knows one recording and what is said in it."""

    closed_grammar = False

    def open(self, request: TurnRequest) -> "ScriptedTranscription":
        return ScriptedTranscription()


class ScriptedTranscription:
    def __init__(self) -> None:
        self._pcm = b""

    def feed(self, pcm: bytes) -> None:
        self._pcm += pcm

    async def finish(self) -> Transcript:
        known = self._pcm == PCM[YES]
        return Transcript("autorizo", 0.9, sure=True) if known else Transcript("", 0.0, sure=False)

    def cancel(self) -> None:
        self._pcm = b""


class DeafTranscriber(ScriptedTranscriber):
    """Fails in every turn."""

    def open(self, request: TurnRequest) -> "DeafTranscription":
        return DeafTranscription()


class DeafTranscription(ScriptedTranscription):
    async def finish(self) -> Transcript:
        raise SpeechError("no ears today")


@asynccontextmanager
async def embedded() -> AsyncIterator[Transcriber]:
    async with WorkerPool(replace(WORKERS, count=1)) as pool:
        yield EmbeddedTranscriber(pool)


@asynccontextmanager
async def scripted() -> AsyncIterator[Transcriber]:
    yield ScriptedTranscriber()


@asynccontextmanager
async def vosk() -> AsyncIterator[Transcriber]:
    async with vosk_that() as server, aiohttp.ClientSession() as session:
        yield VoskTranscriber(session, VoskOptions(server.url))


@asynccontextmanager
async def openai() -> AsyncIterator[Transcriber]:
    async with openai_server() as peer, server_at(OpenAIOptions(peer.url, KEY)) as server:
        peer.hears = lambda pcm: "autorizo" if pcm == PCM[YES] else ""
        yield OpenAITranscriber(server)


@asynccontextmanager
async def preferred() -> AsyncIterator[Transcriber]:
    choices: list[Choice[Transcriber]] = [
        Choice("deaf", DeafTranscriber()),
        Choice("scripted", ScriptedTranscriber()),
    ]
    yield PreferredTranscriber(Preference("transcription", choices, LoopClock()))


@asynccontextmanager
async def wyoming() -> AsyncIterator[Transcriber]:
    async with wyoming_that() as server:
        yield WyomingTranscriber(WyomingTranscriberOptions(server.url))


@asynccontextmanager
async def azure() -> AsyncIterator[Transcriber]:
    async with azure_that() as service, aiohttp.ClientSession() as session:
        yield AzureTranscriber(session, service.options())


@asynccontextmanager
async def deepgram() -> AsyncIterator[Transcriber]:
    async with deepgram_that() as service, aiohttp.ClientSession() as session:
        yield DeepgramTranscriber(session, service.options())


@asynccontextmanager
async def whisper() -> AsyncIterator[Transcriber]:
    async with WorkerPool(whisper_workers(whisper_that(), 1, 1)) as pool:
        yield WhisperTranscriber(pool)


TRANSCRIBERS: dict[str, Callable[[], AbstractAsyncContextManager[Transcriber]]] = {
    "azure": azure,
    "deepgram": deepgram,
    "openai": openai,
    "pocketsphinx": embedded,
    "preferred": preferred,
    "scripted": scripted,
    "vosk": vosk,
    "whisper": whisper,
    "wyoming": wyoming,
}


@pytest.fixture(params=TRANSCRIBERS)
async def transcriber(request: pytest.FixtureRequest) -> AsyncIterator[Transcriber]:
    async with TRANSCRIBERS[request.param]() as transcriber:
        yield transcriber


async def heard(
    transcriber: Transcriber,
    pcm: bytes,
    frame_ms: int = 20,
    question: Question = Question.AUTHORIZE,
) -> Transcript:
    turn = transcriber.open(TurnRequest(question, 8000))
    for frame in frames(pcm, frame_ms):
        turn.feed(frame)
    return await turn.finish()


async def test_a_clear_answer_is_heard(transcriber: Transcriber) -> None:
    transcript = await heard(transcriber, PCM[YES])

    assert transcript.text == "autorizo"
    assert 0 < transcript.confidence <= 1


@pytest.mark.parametrize("frame_ms", [10, 20, 60])
async def test_the_size_of_the_frames_does_not_matter(
    transcriber: Transcriber, frame_ms: int
) -> None:
    assert await heard(transcriber, PCM[YES], frame_ms) == await heard(transcriber, PCM[YES])


@pytest.mark.parametrize("pcm", [b"", b"\x00\x00", SILENCE], ids=["nothing", "sample", "second"])
@pytest.mark.parametrize("question", Question)
async def test_silence_is_an_empty_text_to_every_question(
    transcriber: Transcriber, pcm: bytes, question: Question
) -> None:
    assert (await heard(transcriber, pcm, question=question)).text == ""


async def test_two_turns_at_once_do_not_mix(transcriber: Transcriber) -> None:
    answer, silence = await asyncio.gather(
        heard(transcriber, PCM[YES]), heard(transcriber, SILENCE)
    )

    assert (answer.text, silence.text) == ("autorizo", "")


async def test_a_turn_can_be_dropped_twice_and_the_next_is_heard(transcriber: Transcriber) -> None:
    turn = transcriber.open(TurnRequest(Question.AUTHORIZE, 8000))
    turn.feed(PCM[YES])
    turn.cancel()
    turn.cancel()

    assert (await heard(transcriber, PCM[YES])).text == "autorizo"


async def test_a_turn_cancelled_while_it_is_transcribed_spoils_no_other(
    transcriber: Transcriber,
) -> None:
    turn = transcriber.open(TurnRequest(Question.AUTHORIZE, 8000))
    turn.feed(PCM[YES])
    finishing = asyncio.create_task(turn.finish())
    await asyncio.sleep(0)
    finishing.cancel()
    await asyncio.wait([finishing])

    assert (await heard(transcriber, PCM[YES])).text == "autorizo"
