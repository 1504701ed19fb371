"""What a server of OpenAI's API may do wrong, and what comes of it: hearing and speaking."""

import gzip
import io
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from porteiro.calls.ports import Transcript
from porteiro.speech.openai.client import OpenAIOptions, Server, server_at
from porteiro.speech.openai.synthesizer import OpenAISynthesizer, SpeechOptions
from porteiro.speech.openai.transcriber import OpenAITranscriber, TranscriptionOptions
from tests.contract.faults import (
    HALF,
    HEARING,
    HTML,
    KEY,
    LOUD,
    NEVER,
    NOTHING,
    SPEAKING,
    Fails,
    Reply,
    Speaks,
    Table,
    answering,
    comes_to,
    limit_s,
    sound_from,
    tries_all,
    words_from,
)
from tests.contract.shared_faults import OPENAI_REFUSALS

NONE = Fails("the answer is no transcription: check PORTEIRO_OPENAI_URL")
BROKEN = Fails("broke its answer off")
STATUSES: Table = {
    **OPENAI_REFUSALS,
    "never": (NEVER, Fails(r"gave no answer within 0\.3 s")),
    "elsewhere": (
        Reply(status=302, headers={"Location": "/v2"}),
        Fails("set PORTEIRO_OPENAI_URL to where its API really is", retryable=False),
    ),
    "compressed": (
        Reply(gzip.compress(bytes(10_000_000)), headers={"Content-Encoding": "gzip"}),
        Fails("the answer is compressed, which was not asked for"),
    ),
}


def heard(text: str, **more: object) -> Reply:
    return Reply(json.dumps({"text": text, **more}))


def sure(logprob: str) -> Reply:
    return Reply(
        '{"text": "sim", "segments": [{"avg_logprob": LOGPROB}]}'.replace("LOGPROB", logprob)
    )


HEARS: Table = {
    **STATUSES,
    "html": (HTML, NONE),
    "empty": (Reply(), NONE),
    "half a JSON": (HALF, NONE),
    "10 MB": (Reply(b" " * 65_536, then="goes on"), Fails("far longer than any answer")),
    "a long text": (heard("sim " * 1000), Fails("more than anybody could have spoken")),
    "cut": (Reply('{"text": "abre o port', then="breaks off"), BROKEN),
    "English": (heard("Yes, sure.", language="english"), NOTHING),
    "Spanish": (heard("Sí, claro.", language="spanish"), NOTHING),
    "Chinese": (heard("好的，请进"), NOTHING),
    "English, unsaid": (heard("Yes, sure."), Transcript("Yes, sure.", 0.5, sure=False)),
    "film credits": (heard("Legendas pela comunidade Amara.org"), NOTHING),
    "NaN": (sure("NaN"), NONE),
    "Infinity": (sure("-Infinity"), NONE),
    "beyond numbers": (sure("1e999"), NONE),
    "surer than sure": (sure("7"), NONE),
    "a field too many": (
        heard("sim", authorized=True, decision="open"),
        Transcript("sim", 0.5, sure=False),
    ),
}


def wav(pcm: bytes, rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(pcm)
    return file.getvalue()


SECOND = LOUD * 24_000
SPEAKS: Table = {
    **STATUSES,
    "html": (HTML, Fails("it sent text/html")),
    "html as sound": (Reply(HTML.body, kind="audio/pcm"), Fails("it sent a page or a message")),
    "empty": (Reply(kind="audio/pcm"), Fails("made no sound")),
    "half a JSON": (Reply(HALF.body, kind="audio/pcm"), Fails("it sent a page or a message")),
    "10 MB": (Reply(SECOND, kind="audio/pcm", then="goes on"), Fails("far longer than any")),
    "cut": (Reply(SECOND, kind="audio/pcm", then="breaks off"), BROKEN),
    "as promised": (Reply(SECOND, kind="audio/pcm"), Speaks(1.0)),
    "another rate": (Reply(wav(LOUD * 16_000, 16_000), kind="audio/wav"), Speaks(1.0)),
    "no rate": (Reply(wav(LOUD, 1), kind="audio/wav"), Fails("it says its rate is 1 Hz")),
    "odd bytes": (Reply(SECOND + b"\x01", kind="audio/pcm"), Speaks(1.0)),
}


@asynccontextmanager
async def server(url: str) -> AsyncIterator[Server]:
    async with server_at(OpenAIOptions(f"{url}/v1", KEY)) as opened:
        yield opened


@pytest.mark.parametrize("fault", HEARS)
async def test_hearing(fault: str, tmp_path: Path) -> None:
    reply, outcome = HEARS[fault]
    options = TranscriptionOptions("whisper-1", limit_s=limit_s(fault))
    async with answering(reply, tmp_path) as url, server(url) as opened:
        await comes_to(words_from(OpenAITranscriber(opened, options)), outcome)


@pytest.mark.parametrize("fault", SPEAKS)
async def test_speaking(fault: str, tmp_path: Path) -> None:
    reply, outcome = SPEAKS[fault]
    options = SpeechOptions(chunk_s=limit_s(fault))
    async with answering(reply, tmp_path) as url, server(url) as opened:
        await comes_to(sound_from(OpenAISynthesizer(opened, options)), outcome)


def test_every_fault_is_tried() -> None:
    tries_all(HEARING, HEARS, {})
    tries_all(SPEAKING, SPEAKS, {})
