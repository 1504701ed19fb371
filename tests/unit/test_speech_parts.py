"""Speech as the settings want it: the lists, their order, and what is in the box at their end."""

import socket
import wave
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr
from wyoming.asr import Transcribe
from wyoming.tts import Synthesize

from porteiro.calls.ports import Transcriber, TurnRequest
from porteiro.condominiums.directory import Directory
from porteiro.dialogue.terms import Question
from porteiro.settings import Settings
from porteiro.speech.external_understanding import ExternalUnderstanding
from porteiro.speech.phrase_cache import PhraseCache
from porteiro.speech.pocketsphinx.transcriber import EmbeddedTranscriber
from porteiro.speech.rules_understanding import RulesUnderstanding
from porteiro.speech_parts import SpeechParts
from tests.fixtures_path import fixtures
from tests.providers.azure_server import KEY as AZURE_KEY
from tests.providers.azure_server import azure_that
from tests.providers.deepgram_server import deepgram_that
from tests.providers.openai_server import KEY, openai_server
from tests.providers.tiny_piper import piper_voice
from tests.providers.tiny_whisper import whisper_that
from tests.providers.wyoming_server import wyoming_that


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as made:
        yield made


def nobody_there() -> str:
    """Return an address that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"127.0.0.1:{probe.getsockname()[1]}"


async def test_what_is_in_the_box_alone_has_nothing_before_it(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    speech = SpeechParts(Settings(data_dir=tmp_path, ai_api_url=None), stack)
    assert isinstance(await speech.transcriber(), EmbeddedTranscriber)
    assert isinstance(await speech.voices(), PhraseCache)
    assert isinstance(await speech.understanding(), RulesUnderstanding)
    assert speech.states() == []


async def test_the_service_alone_is_not_put_into_a_list(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, ai_api_url="http://127.0.0.1:9/mind")
    speech = SpeechParts(settings, stack)
    assert isinstance(await speech.understanding(), ExternalUnderstanding)


async def test_every_provider_is_made_in_the_order_that_was_wished_for(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=tmp_path,
        transcribers=("vosk", "openai", "embedded", "wyoming", "whisper", "azure", "deepgram"),
        synthesizers=("wyoming", "azure", "piper", "openai"),
        understandings=("openai", "service"),
        ai_api_url="http://127.0.0.1:9/mind",
        azure_key=SecretStr("0123456789abcdef"),
        azure_region="brazilsouth",
        deepgram_key=SecretStr("fedcba9876543210"),
        vosk_url="ws://127.0.0.1:9",
        wyoming_stt_url="tcp://127.0.0.1:9",
        wyoming_tts_url="tcp://127.0.0.1:9",
        whisper_model=whisper_that(),
        piper_voice=piper_voice(),
    )
    speech = SpeechParts(settings, stack)
    transcriber = await speech.transcriber()
    await speech.voices()
    await speech.understanding()
    heard = ["vosk", "openai", "wyoming", "whisper", "azure", "deepgram", "embedded"]
    assert [(part, name) for part, name, _ in speech.states()] == [
        *(("hearing", name) for name in heard),
        *(("speaking", name) for name in ("wyoming", "azure", "piper", "openai", "embedded")),
        *(("understanding", name) for name in ("openai", "service", "embedded")),
    ]
    assert {condition for _, _, condition in speech.states()} == {"well"}
    assert not transcriber.closed_grammar
    names = ("embedded", "whisper", "espeak", "piper")
    assert speech.queues() == [(name, 0, 0) for name in names]


async def test_azure_may_be_in_another_cloud_or_a_container_of_ones_own(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    azure = await stack.enter_async_context(azure_that())
    settings = Settings(
        data_dir=tmp_path,
        transcribers=("azure",),
        synthesizers=("azure",),
        azure_key=SecretStr(AZURE_KEY),
        azure_recognition_url=azure.options().recognition_url,
        azure_synthesis_url=azure.options().synthesis_url,
    )
    speech = SpeechParts(settings, stack)
    transcriber, voices = await speech.transcriber(), await speech.voices()
    turn = transcriber.open(TurnRequest(Question.AUTHORIZE, 8000))
    turn.feed(bytes(range(256)) * 32)
    await turn.finish()
    assert [chunk async for chunk in voices.stream("Bom dia.", "pt-br", 8000)]
    assert azure.sound
    assert azure.ssml
    assert {condition for _, _, condition in speech.states()} == {"well"}


async def test_the_engines_of_this_machine_hear_and_speak(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=tmp_path,
        transcribers=("whisper",),
        synthesizers=("piper",),
        provider_s=10,
        whisper_model=whisper_that(),
        piper_voice=piper_voice(),
    )
    speech = SpeechParts(settings, stack)
    transcriber, voices = await speech.transcriber(), await speech.voices()
    turn = transcriber.open(TurnRequest(Question.AUTHORIZE, 8000))
    turn.feed(bytes(range(256)) * 32)
    assert (await turn.finish()).text == "autorizo"
    said = [chunk async for chunk in voices.stream("Bom dia. Quem é?", "pt-br", 8000)]
    assert len(said) > 1
    assert {condition for _, _, condition in speech.states()} == {"well"}


async def test_where_nobody_answers_what_is_in_the_box_hears_and_speaks(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=tmp_path,
        transcribers=("vosk",),
        synthesizers=("wyoming",),
        vosk_url=f"ws://{nobody_there()}",
        wyoming_tts_url=f"tcp://{nobody_there()}",
    )
    speech = SpeechParts(settings, stack)
    transcriber, voices = await speech.transcriber(), await speech.voices()
    turn = transcriber.open(TurnRequest(Question.AUTHORIZE, 8000))
    with wave.open(str(fixtures("speech") / "04-autorizo.wav")) as recording:
        turn.feed(recording.readframes(recording.getnframes()))
    assert "autorizo" in (await turn.finish()).text
    said = [chunk async for chunk in voices.stream("Bom dia.", "pt-br", 8000)]
    assert sum(map(len, said)) > 2 * 8000 // 4


NOISE = bytes(range(256)) * 32


async def hear(transcriber: Transcriber) -> str:
    turn = transcriber.open(TurnRequest(Question.AUTHORIZE, 8000))
    turn.feed(NOISE)
    return (await turn.finish()).text


async def test_a_server_of_openais_api_is_told_what_is_set(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    async with openai_server() as server:
        server.hears = lambda pcm: "pode entrar"
        settings = Settings(
            data_dir=tmp_path,
            transcribers=("openai",),
            synthesizers=("openai",),
            understandings=("openai",),
            openai_url=server.url,
            openai_key=SecretStr(KEY),
            openai_transcription_model="some-whisper",
            openai_evidence="none",
            openai_streamed=True,
            openai_instructions="Sussurre.",
            openai_speech_rate=8000,
            openai_temperature=0.5,
            openai_effort="minimal",
        )
        speech = SpeechParts(settings, stack)
        assert await hear(await speech.transcriber()) == "pode entrar"
        voices, mind = await speech.voices(), await speech.understanding()
        said = [chunk async for chunk in voices.stream("Bom dia.", "pt-br", 8000)]
        await mind.understand("", "zuleico mora aí, né?", None, Directory([]))

    heard, spoken, filled = server.asked
    assert (heard["response_format"], heard["stream"]) == ("json", "true")
    assert spoken["instructions"] == "Sussurre."
    assert sum(map(len, said)) == 2 * 2 * 2400, "two words at the rate that was said"
    assert (filled["temperature"], filled["reasoning_effort"]) == (0.5, "minimal")


async def test_a_wyoming_server_is_asked_for_the_model_and_the_voice_that_are_set(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    async with wyoming_that() as server:
        settings = Settings(
            data_dir=tmp_path,
            transcribers=("wyoming",),
            synthesizers=("wyoming",),
            wyoming_stt_url=server.url,
            wyoming_stt_model="small-int8",
            wyoming_tts_url=server.url,
            wyoming_voice="pt_BR-faber-medium",
        )
        speech = SpeechParts(settings, stack)
        await hear(await speech.transcriber())
        async for _ in (await speech.voices()).stream("Bom dia.", "pt-br", 8000):
            pass

    heard, spoken = server.asked
    assert isinstance(heard, Transcribe)
    assert heard.name == "small-int8"
    assert isinstance(spoken, Synthesize)
    assert spoken.voice is not None
    assert spoken.voice.name == "pt_BR-faber-medium"


async def test_deepgram_is_where_it_is_said_to_be(stack: AsyncExitStack, tmp_path: Path) -> None:
    async with deepgram_that() as server:
        settings = Settings(
            data_dir=tmp_path,
            transcribers=("deepgram",),
            deepgram_key=SecretStr(server.options().key),
            deepgram_url=server.url,
        )
        await hear(await SpeechParts(settings, stack).transcriber())
        assert server.asked
