"""A real HTTP server in the place of Azure Speech, in the published form: well, badly, not at all.

Written from Microsoft's "Speech to text REST API for short audio" and "Text to speech REST
API" (learn.microsoft.com, azure/ai-services/speech-service/rest-speech-to-text-short and
rest-text-to-speech). It asserts that what it is sent is what they describe.
"""

import asyncio
import json
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

import numpy as np
from aiohttp import web
from aiohttp.test_utils import TestServer

from porteiro.speech.azure.options import AzureOptions
from tests.providers.ears import words_in
from tests.telephone_speech import to_pcm

KEY = "0123456789abcdef0123456789abcdef"
RATES = {
    "raw-8khz-16bit-mono-pcm": 8000,
    "raw-16khz-16bit-mono-pcm": 16000,
    "raw-22050hz-16bit-mono-pcm": 22050,
    "raw-24khz-16bit-mono-pcm": 24000,
    "raw-44100hz-16bit-mono-pcm": 44100,
    "raw-48khz-16bit-mono-pcm": 48000,
}
VOICES = frozenset({"pt-BR-AntonioNeural", "pt-BR-FranciscaNeural"})
_HEADER = 44

RUBBISH: Mapping[str, bytes] = {
    "empty": b"",
    "html": b"<html>painel</html>",
    "null": b"null",
    "a list": b"[]",
    "half": b'{"RecognitionStatus":"Success","NBest":[{"Lexical":"auto',
    "no status": b'{"NBest": []}',
    "status is a list": b'{"RecognitionStatus": []}',
    "nan": b'{"RecognitionStatus":"Success","NBest":[{"Lexical":"sim","Confidence":NaN}]}',
    "nan text": b'{"RecognitionStatus":"Success","NBest":[{"Lexical":"sim","Confidence":"nan"}]}',
    "over one": b'{"RecognitionStatus":"Success","NBest":[{"Lexical":"sim","Confidence":7}]}',
    "no words": b'{"RecognitionStatus":"Success","NBest":[{"Confidence":0.9}]}',
    "latin-1": '{"RecognitionStatus":"Ant\xf4nio"}'.encode("latin-1"),
    "deep": b'{"RecognitionStatus":"Success","NBest":' + b"[" * 20_000,
    "nul": b"\0" * 100,
}
"""Answers of a recognizer that are none."""


def _spoken(text: str, rate: int) -> bytes:
    """Return 60 ms of a tone for each letter: as long at every rate."""
    time = np.arange(round(0.06 * len(text) * rate)) / rate
    return to_pcm(8000 * np.sin(2 * np.pi * 440 * time))


@dataclass
class AzureStandIn:
    """How the service behaves ("well", a status, or a name of a fault), and what it was sent.

    `hears` is the script of pieces where it listens only for so many bytes of sound each:
    what it answers, piece by piece. `first_sound` is set once sound arrives.
    """

    behaves: str = "well"
    delay_s: float = 0.0
    confidence: object = 0.92
    headers: dict[str, str] = field(default_factory=dict)
    listens_bytes: int | None = None
    hears: list[str] = field(default_factory=list)
    sound: list[bytes] = field(default_factory=list)
    ssml: list[str] = field(default_factory=list)
    transports: list[asyncio.BaseTransport] = field(default_factory=list)
    first_sound: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    says: Callable[[bytes, int], str] = words_in
    speaks: Callable[[str, int], bytes] = _spoken

    def options(self, **more: object) -> AzureOptions:
        """Return the options that lead here."""
        values: dict[str, object] = {
            "region": "brazilsouth",
            "key": KEY,
            "recognition_url": f"{self.url}speech/recognition/conversation/cognitiveservices/v1",
            "synthesis_url": f"{self.url}cognitiveservices/v1",
            **more,
        }
        return AzureOptions(**values)  # type: ignore[arg-type]


@asynccontextmanager
async def azure_that(
    behaves: str = "well", tls: ssl.SSLContext | None = None
) -> AsyncIterator[AzureStandIn]:
    """Run the service on loopback."""
    azure = AzureStandIn(behaves)

    async def recognize(request: web.Request) -> web.StreamResponse:
        return await _recognize(azure, request)

    async def speak(request: web.Request) -> web.StreamResponse:
        return await _speak(azure, request)

    async def expected(request: web.Request) -> web.StreamResponse | None:
        """Refuse before the sound is sent, as the service does, or ask for it."""
        if azure.behaves.isdigit():
            return web.Response(status=int(azure.behaves), headers=azure.headers)
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    app = web.Application()
    app.router.add_post(
        "/speech/recognition/conversation/cognitiveservices/v1", recognize, expect_handler=expected
    )
    app.router.add_post("/cognitiveservices/v1", speak)
    server = TestServer(app, scheme="https" if tls else "http")
    await server.start_server(ssl=tls)
    azure.url = str(server.make_url("/"))
    try:
        yield azure
    finally:
        azure.over.set()
        azure.go_on.set()
        await server.close()


async def _recognize(azure: AzureStandIn, request: web.Request) -> web.StreamResponse:
    assert request.headers["Content-Type"] == "audio/wav; codecs=audio/pcm; samplerate=16000"
    assert request.headers["Transfer-Encoding"] == "chunked"
    assert request.headers["Expect"] == "100-continue"
    assert request.headers["Accept"] == "application/json"
    assert request.query["language"] == "pt-BR"
    assert request.query["format"] == "detailed"
    if refusal := await _troubled(azure, request):
        return refusal
    pcm = await _sound(azure, request)
    if azure.behaves in RUBBISH:
        return web.Response(body=RUBBISH[azure.behaves], content_type="application/json")
    if azure.behaves in ("huge", "endless"):
        return await _endless(azure, request, "application/json", b" " * 10_000)
    said = azure.hears.pop(0) if azure.hears else azure.says(pcm, 16_000)
    await asyncio.sleep(azure.delay_s)
    body = json.dumps(_result(azure, said))
    if azure.behaves == "cut":
        return await _cut(request, "application/json", body.encode()[:40])
    return web.json_response(text=body)


def _result(azure: AzureStandIn, said: str) -> dict[str, object]:
    if azure.behaves in ("NoMatch", "InitialSilenceTimeout", "BabbleTimeout", "Error"):
        return {"RecognitionStatus": azure.behaves, "Offset": 0, "Duration": 0}
    if not said:
        return {"RecognitionStatus": "InitialSilenceTimeout", "Offset": 50000000, "Duration": 0}
    best = {
        "Confidence": azure.confidence,
        "Lexical": said,
        "ITN": said,
        "MaskedITN": said,
        "Display": f"{said.capitalize()}.",
    }
    worse = {**best, "Confidence": 0.1, "Lexical": "outra coisa"}
    return {
        "RecognitionStatus": "Success",
        "Offset": 1800000,
        "Duration": 16000000,
        "NBest": [best, worse],
    }


async def _sound(azure: AzureStandIn, request: web.Request) -> bytes:
    """Return the sound that came, once its header is the published one."""
    assert request.transport is not None
    azure.transports.append(request.transport)
    wav = bytearray()
    async for chunk in request.content.iter_any():
        wav += chunk
        if len(wav) > _HEADER:
            azure.first_sound.set()
        if azure.listens_bytes is not None and len(wav) - _HEADER >= azure.listens_bytes:
            break
    riff, _, wave, fmt, size, *form = struct.unpack("<4sI4s4sIHHIIHH", wav[:36])
    assert (riff, wave, fmt, size) == (b"RIFF", b"WAVE", b"fmt ", 16)
    assert form == [1, 1, 16_000, 32_000, 2, 16], "PCM, mono, 16 kHz, 16 bits"
    azure.sound.append(bytes(wav[_HEADER:]))
    return azure.sound[-1]


async def _speak(azure: AzureStandIn, request: web.Request) -> web.StreamResponse:
    assert request.headers["Content-Type"] == "application/ssml+xml"
    assert 0 < len(request.headers["User-Agent"]) < 255
    rate = RATES[request.headers["X-Microsoft-OutputFormat"]]
    ssml = await request.text()
    azure.ssml.append(ssml)
    if refusal := await _troubled(azure, request):
        return refusal
    speak = ET.fromstring(ssml)  # noqa: S314 - it was made here
    (voice,) = speak
    if voice.get("name") not in VOICES or len(voice):
        return web.Response(status=400)
    await asyncio.sleep(azure.delay_s)
    return await _sounding(azure, request, azure.speaks(voice.text or "", rate), rate)


async def _sounding(
    azure: AzureStandIn, request: web.Request, pcm: bytes, rate: int
) -> web.StreamResponse:
    kind = "audio/x-raw"
    match azure.behaves:
        case "html":
            return web.Response(text="<html>painel</html>", content_type="text/html")
        case "cut":
            return await _cut(request, kind, pcm[:1001])
        case "huge" | "endless":
            return await _endless(azure, request, kind, bytes(10_000))
        case "other rate":
            kind = f"audio/pcm;rate={rate * 2}"
    instead = {
        "empty": b"",
        "html as sound": b"<!doctype html><html>painel</html>",
        "wav": b"RIFF" + pcm,
        "odd": pcm[:-1],
    }
    return await _in_pieces(azure, request, kind, instead.get(azure.behaves, pcm))


async def _in_pieces(
    azure: AzureStandIn, request: web.Request, kind: str, pcm: bytes
) -> web.StreamResponse:
    """Send sound as it would come into being, cut in the middle of samples, too."""
    response = web.StreamResponse(headers={"Content-Type": kind})
    await response.prepare(request)
    for at in range(0, len(pcm), 801):
        await response.write(pcm[at : at + 801])
        if azure.behaves == "waits":
            await azure.go_on.wait()
        if azure.behaves == "stalls":
            await azure.over.wait()
    return response


async def _troubled(azure: AzureStandIn, request: web.Request) -> web.StreamResponse | None:
    """Do what a service in trouble does."""
    assert request.transport is not None
    if request.headers.get("Ocp-Apim-Subscription-Key") != KEY:
        return web.Response(status=401)
    match azure.behaves:
        case "hang":
            await azure.over.wait()
        case "close" | "garbage":
            if azure.behaves == "garbage":
                request.transport.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            request.transport.close()
        case "302":
            return web.Response(status=302, headers={"Location": "/elsewhere"})
        case status if status.isdigit():
            return web.Response(status=int(status), headers=azure.headers, text="<html>")
    return None


async def _cut(request: web.Request, kind: str, body: bytes) -> web.StreamResponse:
    """Promise more than is sent."""
    response = web.StreamResponse(headers={"Content-Type": kind})
    await response.prepare(request)
    await response.write(body)
    assert request.transport is not None
    request.transport.close()
    return response


async def _endless(
    azure: AzureStandIn, request: web.Request, kind: str, piece: bytes
) -> web.StreamResponse:
    """Send an answer of ten megabytes, or one that never ends."""
    response = web.StreamResponse(headers={"Content-Type": kind})
    await response.prepare(request)
    left = 10_000_000 if azure.behaves == "huge" else None
    while not azure.over.is_set() and (left is None or left > 0):
        try:
            await response.write(piece)
        except ConnectionError:
            break
        left = None if left is None else left - len(piece)
        await asyncio.sleep(0)
    return response
