"""A server that speaks OpenAI's API as its public reference describes it, well or badly.

Written from https://platform.openai.com/docs/api-reference: "Create transcription" (multipart;
`json`, `verbose_json` and, with `stream`, server-sent events), "Create speech" (`pcm`: 24 kHz,
16-bit, little-endian, without a header) and "Create chat completion" (`json_schema`).
"""

import asyncio
import gzip
import io
import json
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from aiohttp import web
from aiohttp.test_utils import TestServer

KEY = "sk-only-for-tests-0123456789"
VOICES = ("alloy", "cedar", "coral", "marin")
NOBODY: Mapping[str, object] = {
    "purpose": None,
    "visitor": None,
    "apartment": None,
    "resident": None,
    "kind": "other",
}
STATUSES = ("302", "400", "401", "403", "404", "429", "500", "503")
FAILING = (*STATUSES, "hang", "late", "close", "cut", "garbage", "huge", "endless", "html", "gzip")
"""Behaviours in which there is no answer to be had."""


def tone_per_word(text: str) -> bytes:
    """Return 100 ms of sound a word, at 24 kHz."""
    return b"".join(bytes([len(word), 20]) * 2400 for word in text.split())


@dataclass
class OpenAIServer:
    """What the server was sent, what it answers with, and how it behaves."""

    url: str = ""
    behaves: str = "well"
    retry_after: str = "7"
    hears: Callable[[bytes], str] = lambda pcm: ""
    says: Callable[[str], bytes] = tone_per_word
    speech_type: str = "audio/pcm"
    speech_chunk: int = 1001
    form: Mapping[str, object] = field(default_factory=lambda: NOBODY)
    fills: Callable[[str], Mapping[str, object]] | None = None
    """Fills in the form by the message of the user, instead of `form`."""
    transcription: Mapping[str, object] = field(default_factory=dict)
    """What a transcription's answer holds besides its text."""
    completion: Mapping[str, object] = field(default_factory=dict)
    """What a chat's choice holds besides, or instead of, its message."""
    body: bytes | None = None
    """What is answered instead of everything else."""
    events: tuple[str, ...] | None = None
    asked: list[dict[str, object]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    gone: int = 0
    """How many clients left before their answer was whole."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def openai_server(behaves: str = "well") -> AsyncIterator[OpenAIServer]:
    """Run the server on loopback."""
    server = OpenAIServer(behaves=behaves)
    app = web.Application(client_max_size=30_000_000)
    for path, answer in (
        ("/v1/audio/transcriptions", _transcribe),
        ("/v1/audio/speech", _speak),
        ("/v1/chat/completions", _complete),
    ):
        app.router.add_post(path, _behaving(server, answer))
    async with TestServer(app) as peer:
        server.url = str(peer.make_url("/v1"))
        try:
            yield server
        finally:
            server.over.set()


Chunks = list[bytes]
Answering = Callable[[OpenAIServer, web.Request], Awaitable[tuple[str, Chunks]]]
"""Takes a request and returns its answer: the type, and the chunks to be sent."""


def _behaving(
    server: OpenAIServer, answering: Answering
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        server.headers.append(dict(request.headers))
        if request.headers["Authorization"] != f"Bearer {KEY}":
            return _error(401, request.headers["Authorization"])
        kind, chunks = await answering(server, request)
        if server.behaves in STATUSES:
            return _error(int(server.behaves), await request.text(), server.retry_after)
        if not kind:
            return _error(400, "there is no such voice")
        return await _send(server, request, kind, chunks)

    return handle


async def _send(
    server: OpenAIServer, request: web.Request, kind: str, chunks: Chunks
) -> web.StreamResponse:
    assert request.transport is not None
    match server.behaves:
        case "hang":
            await server.over.wait()
        case "garbage" | "close":
            if server.behaves == "garbage":
                request.transport.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            request.transport.close()
        case "html":
            return web.Response(text="<html><h1>proxy</h1></html>", content_type="text/html")
        case "gzip":
            bomb = gzip.compress(b" " * 10_000_000)
            return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})
        case "huge":
            chunks = [b"\x09\x20" * 32_768] * 160
        case _ if server.body is not None:
            chunks = [server.body]
    response = web.StreamResponse(headers={"Content-Type": kind} if kind else {})
    try:
        await response.prepare(request)
        await _send_chunks(server, request, response, chunks)
    except ConnectionError:
        server.gone += 1
    return response


async def _send_chunks(
    server: OpenAIServer, request: web.Request, response: web.StreamResponse, chunks: Chunks
) -> None:
    while server.behaves == "endless" and not server.over.is_set():
        await response.write(b" ")
        await asyncio.sleep(0.005)
    for chunk in chunks:
        await response.write(chunk)
        if server.behaves == "cut":
            assert request.transport is not None
            request.transport.abort()
            return
        if server.behaves == "late":
            await server.over.wait()


def _error(status: int, echo: str, retry_after: str = "") -> web.Response:
    """Answer an error in the published form; it repeats what it was sent, as real ones do."""
    error = {"message": f"Incorrect: {echo}", "type": "x", "param": None, "code": "bad"}
    headers = {"Retry-After": retry_after} if retry_after else {}
    if status == 302:
        headers["Location"] = "/elsewhere"
    return web.json_response({"error": error}, status=status, headers=headers)


async def _transcribe(server: OpenAIServer, request: web.Request) -> tuple[str, Chunks]:
    sent = await request.post()
    server.asked.append(
        {name: sent.getall(name) if name.endswith("[]") else sent[name] for name in sent}
    )
    file = server.asked[-1].pop("file")
    assert isinstance(file, web.FileField)
    assert file.filename.endswith(".wav")
    with file.file as upload:
        sent_sound = io.BytesIO(upload.read())
    with wave.open(sent_sound) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        server.asked[-1]["rate"] = sound.getframerate()
        text = server.hears(sound.readframes(sound.getnframes()))
    if sent.get("stream") != "true":
        return "application/json", _halves({"text": text, **server.transcription})
    events = _events(text) if server.events is None else server.events
    return "text/event-stream; charset=utf-8", [f"data: {each}\n\n".encode() for each in events]


def _halves(answer: Mapping[str, object]) -> Chunks:
    whole = json.dumps(answer).encode()
    return [whole[: len(whole) // 2], whole[len(whole) // 2 :]]


def _events(text: str) -> tuple[str, ...]:
    """Return a transcription's events, one a word."""
    ends = [0, *(at for at, letter in enumerate(text) if letter == " "), len(text)]
    deltas = [text[start:end] for start, end in pairwise(ends)]
    return (
        *(json.dumps({"type": "transcript.text.delta", "delta": each}) for each in deltas),
        json.dumps({"type": "transcript.text.done", "text": text}),
        "[DONE]",
    )


async def _speak(server: OpenAIServer, request: web.Request) -> tuple[str, Chunks]:
    asked = await request.json()
    server.asked.append(asked)
    assert asked["response_format"] == "pcm"
    if asked["voice"] not in VOICES:
        return "", []
    pcm, size = server.says(asked["input"]), server.speech_chunk
    return server.speech_type, [pcm[at : at + size] for at in range(0, len(pcm), size)]


async def _complete(server: OpenAIServer, request: web.Request) -> tuple[str, Chunks]:
    asked = await request.json()
    server.asked.append(asked)
    assert asked["response_format"]["type"] == "json_schema"
    assert asked["response_format"]["json_schema"]["strict"] is True
    form = server.fills(asked["messages"][-1]["content"]) if server.fills else server.form
    message = {"role": "assistant", "content": json.dumps(form), "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", **server.completion}
    return "application/json", _halves({"object": "chat.completion", "choices": [choice]})
