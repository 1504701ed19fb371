"""What services do wrong, and servers that do exactly one such thing.

Each `test_faults_of_….py` is a table: for every fault here what a provider makes of it. A row
that is missing from a table, without a word on why it cannot happen, fails the tests.
"""

import asyncio
import math
import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from traceback import format_exception
from typing import Literal

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from porteiro.calls.ports import Transcriber, Transcript, TurnRequest
from porteiro.dialogue.terms import Question
from porteiro.errors import SpeechError
from porteiro.speech.phrase_cache import Synthesizer
from tests.providers.certificates import own_certificate

TRANSPORT = frozenset(
    {"html", "empty", "half a JSON", "10 MB", "never", "cut", "401", "500", "untrusted"}
    | {"429 in seconds", "429 until a date"}
)
"""What may happen to every answer."""
HEARING = TRANSPORT | {"English", "Spanish", "Chinese", "film credits", "NaN", "Infinity"}
SPEAKING = TRANSPORT | {"another rate", "odd bytes"}
UNDERSTANDING = TRANSPORT | {
    *("prose", "NaN", "a field too many", "no such apartment", "authorized", "a decision"),
    *("a name never said", "orders in the fields"),
}

KEY = "0123456789abcdef0123456789abcdef"
SAID = "zuleico mora aí, né?"
"""A sentence of which the rules make nothing."""
PHRASE = "Um momento, por favor."
EXPECTED = "Iracema Quintela"
"""A resident's name, which transcribers may be told and nobody else."""
LOUD = bytes([0, 20])
"""One sample that nobody takes for silence."""
_PAUSE_S = 100.0
_SECRETS = (KEY, "Iracema", "zuleico", "Zuleico", "portão", "momento")

Then = Literal["ends", "hangs", "breaks off", "goes on"]


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, and what comes after it; one that hangs does not even begin."""

    body: bytes | str = b""
    status: int = 200
    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    then: Then = "ends"
    tls: bool = False
    dated: bool = False
    """Whether it asks to be left alone until a date, which is counted from when it answers."""


@dataclass(frozen=True)
class Messages:
    """A WebSocket's messages in answer to the first sound, and what comes after them."""

    texts: tuple[str, ...] = ()
    then: Then = "ends"


@dataclass(frozen=True)
class Fails:
    """What a `SpeechError` says (a regular expression), and whether the same may succeed later."""

    words: str
    retryable: bool = True
    pause_s: float | None = None


@dataclass(frozen=True)
class Speaks:
    """How much sound comes of it."""

    seconds: float


Outcome = Fails | Speaks | Transcript
Table = Mapping[str, tuple[Reply | Messages, Outcome]]

NOTHING = Transcript("", 0.0, sure=False)

HTML = Reply("<html><h1>proxy do portão</h1></html>", kind="text/html")
HALF = Reply('{"text": "abre o port')
NEVER = Reply(then="hangs")
E401 = Reply('{"error": "the key 0123456789abcdef0123456789abcdef is none"}', 401)
E500 = Reply("<html>zuleico</html>", 500, "text/html")
E429 = Reply("{}", 429, headers={"Retry-After": f"{_PAUSE_S:g}"})
E429_DATED = Reply("{}", 429, dated=True)
UNTRUSTED = Reply("{}", tls=True)


@asynccontextmanager
async def answering(reply: Reply | Messages, folder: Path) -> AsyncIterator[str]:
    """Run a server that has this one answer to everything; yield its http(s) address."""
    over = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if isinstance(reply, Messages):
            return await _talk(request, reply, over)
        return await _answer(request, reply, over)

    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{anywhere:.*}", answer)
    untrusted = isinstance(reply, Reply) and reply.tls
    tls = await own_certificate(folder) if untrusted else None
    server = TestServer(app, scheme="https" if tls else "http")
    await server.start_server(ssl=tls)
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        over.set()
        await server.close()


async def _answer(request: web.Request, reply: Reply, over: asyncio.Event) -> web.StreamResponse:
    if request.headers.get("Upgrade") is None:
        await request.read()
    if reply.then == "hangs":
        await over.wait()
    body = reply.body.encode() if isinstance(reply.body, str) else reply.body
    if reply.then == "ends":
        return web.Response(body=body, status=reply.status, headers=_headers(reply))
    response = web.StreamResponse(status=reply.status, headers=_headers(reply))
    try:
        await response.prepare(request)
        await response.write(body)
        while reply.then == "goes on" and not over.is_set():
            await response.write(body)
    except ConnectionError:
        return response
    assert request.transport is not None
    request.transport.abort()
    return response


def _headers(reply: Reply) -> dict[str, str]:
    headers = dict(reply.headers)
    if reply.kind:
        headers["Content-Type"] = reply.kind
    if reply.dated:
        then = datetime.now(UTC) + timedelta(seconds=_PAUSE_S)
        headers["Retry-After"] = format_datetime(then, usegmt=True)
    return headers


async def _talk(request: web.Request, reply: Messages, over: asyncio.Event) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            break
    try:
        for text in reply.texts:
            await socket.send_str(text)
        while reply.then == "goes on" and not over.is_set():
            await socket.send_str(reply.texts[0])
    except ConnectionError:
        return socket
    if reply.then == "hangs":
        await over.wait()
    if reply.then == "breaks off":
        assert request.transport is not None
        request.transport.abort()
    return socket


def limit_s(fault: str) -> float:
    """Return how long a provider may take: little where nothing will come."""
    return 0.3 if fault == "never" else 20.0


async def words_from(transcriber: Transcriber) -> Transcript:
    """Return what is heard in a second of sound."""
    turn = transcriber.open(TurnRequest(Question.RESIDENT, 8000, (EXPECTED,)))
    turn.feed(LOUD * 8000)
    return await turn.finish()


async def sound_from(synthesizer: Synthesizer) -> Speaks:
    """Return how much sound a phrase becomes at 8 kHz, to a tenth of a second."""
    pcm = b"".join([chunk async for chunk in synthesizer.stream(PHRASE, "pt-br", 8000)])
    assert len(pcm) % 2 == 0
    return Speaks(math.floor(len(pcm) / 1600 + 0.5) / 10)


async def comes_to(doing: Awaitable[object], outcome: object) -> None:
    """Fail unless `doing` has this outcome; no failure may quote what was said, or a key."""
    if not isinstance(outcome, Fails):
        assert await doing == outcome
        return
    with pytest.raises(SpeechError) as failed:
        await doing
    assert re.search(outcome.words, str(failed.value)), str(failed.value)
    assert failed.value.retryable is outcome.retryable
    assert failed.value.retry_after_s == pytest.approx(outcome.pause_s, abs=2)
    shown = f"{''.join(format_exception(failed.value))} {failed.value.__cause__!r}"
    assert not [secret for secret in _SECRETS if secret in shown]


def tries_all(
    faults: frozenset[str], table: Mapping[str, object], cannot: Mapping[str, str]
) -> None:
    """Fail unless each of `faults` stands in the table, or a reason why it cannot happen."""
    assert faults - table.keys() - cannot.keys() == set()
    assert table.keys() & cannot.keys() == set()
