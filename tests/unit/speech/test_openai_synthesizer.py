"""Speech over OpenAI's API: its first chunk, its rate, its voice, and what goes wrong."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np
import pytest
import pytest_asyncio

from porteiro.errors import SpeechError
from porteiro.speech.openai.client import OpenAIOptions, Server, server_at
from porteiro.speech.openai.sound import PcmReader
from porteiro.speech.openai.synthesizer import OpenAISynthesizer, SpeechOptions
from tests.providers.openai_server import FAILING, KEY, OpenAIServer, openai_server

PHRASE = "Um momento, por favor."
LOUD = bytes([0, 20])


@dataclass
class Mouth:
    """A server and a client of it."""

    peer: OpenAIServer
    server: Server

    async def says(
        self, text: str = PHRASE, voice: str = "pt-br", sample_rate: int = 8000
    ) -> bytes:
        options = SpeechOptions(chunk_s=0.3)
        stream = OpenAISynthesizer(self.server, options).stream(text, voice, sample_rate)
        return b"".join([chunk async for chunk in stream])


@pytest_asyncio.fixture
async def mouth() -> AsyncIterator[Mouth]:
    async with openai_server() as peer, server_at(OpenAIOptions(peer.url, KEY)) as server:
        yield Mouth(peer, server)


def wav(pcm: bytes, rate: int, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(pcm)
    return file.getvalue()


async def test_it_is_asked_for_bare_samples_in_its_own_voice(mouth: Mouth) -> None:
    await mouth.says()
    asked = mouth.peer.asked[0]
    assert asked["input"] == PHRASE
    assert asked["voice"] == "cedar"
    assert (asked["response_format"], asked["model"]) == ("pcm", "gpt-4o-mini-tts")
    assert "português do Brasil" in str(asked["instructions"])


@pytest.mark.parametrize(
    ("voice", "taken"), [("pt-br+f2", "cedar"), ("", "cedar"), ("marin", "marin")]
)
async def test_a_condominium_s_voice_is_taken_where_it_is_one_of_the_provider_s(
    mouth: Mouth, voice: str, taken: str
) -> None:
    await mouth.says(voice=voice)
    assert mouth.peer.asked[0]["voice"] == taken


@pytest.mark.parametrize("chunk", [7, 4096, 1_000_000])
async def test_the_size_of_the_chunks_does_not_matter(mouth: Mouth, chunk: int) -> None:
    whole = await mouth.says("bom dia")
    mouth.peer.speech_chunk = chunk
    again = np.frombuffer(await mouth.says("bom dia"), "<i2").astype(int)
    assert np.abs(again - np.frombuffer(whole, "<i2")).max() <= 1


async def test_the_first_chunk_is_heard_before_the_last_is_made(mouth: Mouth) -> None:
    mouth.peer.behaves = "late"
    stream = OpenAISynthesizer(mouth.server).stream(PHRASE, "cedar", 24_000)
    async with asyncio.timeout(2), aclosing(stream) as sound:  # type: ignore[type-var]
        first = await anext(sound)
    assert 0 < len(first) <= 1001


async def test_a_pause_of_the_listener_is_not_taken_for_the_server_s(mouth: Mouth) -> None:
    mouth.peer.says = lambda text: LOUD * 24_000 * 8
    mouth.peer.speech_chunk = 96_000
    stream = OpenAISynthesizer(mouth.server, SpeechOptions(chunk_s=0.2)).stream("a", "", 24_000)
    total = 0
    async for chunk in stream:
        total += len(chunk)
        if total <= 96_000:
            await asyncio.sleep(0.25)
    assert total == 16 * 24_000


async def test_leading_silence_is_left_out(mouth: Mouth) -> None:
    mouth.peer.says = lambda text: bytes(24_000) + LOUD * 2400
    assert len(await mouth.says(sample_rate=24_000)) == 2 * (2400 + 120)


@pytest.mark.parametrize(
    ("kind", "sent", "rate"),
    [
        ("audio/pcm", LOUD * 24_000, 24_000),
        ("audio/pcm;rate=16000", LOUD * 16_000, 16_000),
        ("audio/L16; rate=22050; channels=1", LOUD * 22_050, 22_050),
        ("audio/wav", wav(LOUD * 22_050, 22_050), 22_050),
        ("application/octet-stream", wav(LOUD * 8000, 8000), 8000),
    ],
)
@pytest.mark.parametrize("chunk", [97, 5000])
async def test_the_rate_that_the_answer_names_is_believed(
    mouth: Mouth, kind: str, sent: bytes, rate: int, chunk: int
) -> None:
    mouth.peer.speech_type, mouth.peer.says = kind, lambda text: sent
    mouth.peer.speech_chunk = chunk
    assert len(await mouth.says()) / 16_000 == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("audio/mpeg", b"ID3" + bytes(1000)),
        ("audio/pcm", b"ID3\x04" + bytes(1000)),
        ("audio/pcm", b"OggS" + bytes(1000)),
        ("audio/pcm", b"<!DOCTYPE html><html></html>"),
        ("audio/pcm", b'{"error": "no"}'),
        ("application/json", b"{}"),
        ("audio/pcm;rate=192000", LOUD * 1000),
        ("audio/wav", wav(LOUD * 1000, 8000, channels=2)),
        ("audio/wav", wav(LOUD * 1000, 8000)[:30]),
        ("audio/wav", b"RIFF" + bytes(9000)),
        ("audio/pcm", b""),
        ("audio/pcm", b"\x01"),
        ("audio/pcm", bytes(48_000)),
    ],
)
async def test_what_is_no_speech_is_a_speech_error(mouth: Mouth, kind: str, sent: bytes) -> None:
    mouth.peer.speech_type, mouth.peer.says = kind, lambda text: sent
    with pytest.raises(SpeechError, match="PORTEIRO_OPENAI_SPEECH_MODEL"):
        await mouth.says()


@pytest.mark.parametrize("behaves", FAILING)
async def test_a_failing_server_is_a_speech_error(mouth: Mouth, behaves: str) -> None:
    mouth.peer.behaves = behaves
    if behaves == "endless":
        mouth.peer.behaves, mouth.peer.says = "well", lambda text: LOUD * 6_000_000
    with pytest.raises(SpeechError) as failed:
        await mouth.says()
    assert KEY not in str(failed.value)
    assert PHRASE not in str(failed.value)


async def test_sound_that_trickles_on_and_on_is_ended(mouth: Mouth) -> None:
    mouth.peer.behaves = "endless"
    options = SpeechOptions(chunk_s=0.3, limit_s=0.4)
    stream = OpenAISynthesizer(mouth.server, options).stream(PHRASE, "", 8000)
    with pytest.raises(SpeechError):
        _ = [chunk async for chunk in stream]


@pytest.mark.parametrize("voice", ["nobody", "sk-\r\nX: y", "São João"])
async def test_a_voice_that_does_not_exist_is_a_speech_error(mouth: Mouth, voice: str) -> None:
    with pytest.raises(SpeechError, match="voice") as failed:
        await mouth.says(voice=voice)
    assert not failed.value.retryable


async def test_a_phrase_longer_than_the_api_takes_is_not_sent(mouth: Mouth) -> None:
    with pytest.raises(SpeechError, match="shorten"):
        await mouth.says("a" * 4097)
    assert mouth.peer.asked == []


def test_every_setting_that_is_heard_is_in_the_fingerprint() -> None:
    every = {
        SpeechOptions().fingerprint,
        SpeechOptions(model="tts-1").fingerprint,
        SpeechOptions(voice="marin").fingerprint,
        SpeechOptions(instructions="").fingerprint,
        SpeechOptions(speed=1.1).fingerprint,
    }
    assert len(every) == 5


@pytest.mark.parametrize("kind", ["audio/pcm", ""])
def test_samples_cut_in_two_are_put_together(kind: str) -> None:
    reader = PcmReader(kind, 24_000)
    taken = b"".join(reader.take(bytes([byte])) for byte in LOUD * 100)
    assert taken == LOUD * 100
