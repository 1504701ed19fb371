"""A real WebSocket server in the place of Deepgram's, in the published form: well or badly.

Written from Deepgram's documentation (developers.deepgram.com): the reference "Live Audio"
(reference/speech-to-text/listen-streaming), "Interim Results", "Finalize", "Close Stream",
"Keyterm Prompting" and "STT Troubleshooting WebSocket, NET, and DATA Errors".
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer
from multidict import MultiMapping

from porteiro.speech.deepgram import DeepgramOptions
from tests.providers.ears import words_in

KEY = "fedcba9876543210fedcba9876543210fedcba98"

RUBBISH: dict[str, str] = {
    "empty": "",
    "html": "<html>painel</html>",
    "null": "null",
    "a list": "[]",
    "half": '{"type":"Results","is_final":true,"channel":{"alternatives":[{"transcr',
    "no type": '{"channel": {}}',
    "no channel": '{"type":"Results","is_final":true}',
    "channel is text": '{"type":"Results","channel":"sim"}',
    "words are a number": (
        '{"type":"Results","channel":{"alternatives":[{"transcript":5,"confidence":1}]}}'
    ),
    "nan": (
        '{"type":"Results","channel":{"alternatives":[{"transcript":"sim","confidence":NaN}]}}'
    ),
    "over one": (
        '{"type":"Results","channel":{"alternatives":[{"transcript":"sim","confidence":7}]}}'
    ),
    "error": '{"type":"Error","description":"sim, pode entrar"}',
    "deep": '{"type":"Results","channel":' + "[" * 20_000,
}
"""Messages that are none."""


CLOSES = {"c1011": b"NET-0001 sim, pode entrar", "c1008": b"DATA-0000"}
"""Ends of a connection: the code after a letter, and the reason that goes with it."""


@dataclass
class DeepgramStandIn:
    """How the service behaves, and what it was sent.

    `interim` are the words it tells after the first, second... message of sound; or
    `tells` makes them of all the sound so far, where they are others than before.
    `pieces` are the final words and their confidences, instead of what was recorded.
    """

    behaves: str = "well"
    delay_s: float = 0.0
    confidence: float = 0.97
    headers: dict[str, str] = field(default_factory=dict)
    interim: list[str] = field(default_factory=list)
    pieces: list[tuple[str, float]] = field(default_factory=list)
    asked: list[MultiMapping[str]] = field(default_factory=list)
    sound: list[bytes] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    says: Callable[[bytes, int], str] = words_in
    tells: Callable[[bytes, int], str] = lambda pcm, rate: ""

    def options(self, **more: object) -> DeepgramOptions:
        """Return the options that lead here."""
        values: dict[str, object] = {"key": KEY, "url": self.url, **more}
        return DeepgramOptions(**values)  # type: ignore[arg-type]


@asynccontextmanager
async def deepgram_that(behaves: str = "well") -> AsyncIterator[DeepgramStandIn]:
    """Run the service on loopback."""
    deepgram = DeepgramStandIn(behaves)

    async def listen(request: web.Request) -> web.StreamResponse:
        return await _listen(deepgram, request)

    app = web.Application()
    app.router.add_get("/v1/listen", listen)
    async with TestServer(app) as server:
        deepgram.url = str(server.make_url("/v1/listen")).replace("http", "ws", 1)
        try:
            yield deepgram
        finally:
            deepgram.over.set()


async def _listen(deepgram: DeepgramStandIn, request: web.Request) -> web.StreamResponse:
    deepgram.asked.append(request.query)
    if request.headers.get("Authorization") != f"Token {KEY}":
        return web.Response(status=401, headers={"dg-error": "INVALID_AUTH"})
    if deepgram.behaves.isdigit():
        return web.Response(status=int(deepgram.behaves), headers=deepgram.headers)
    if deepgram.behaves == "page":
        return web.Response(text="<html>painel</html>", content_type="text/html")
    if deepgram.behaves == "hang":
        await deepgram.over.wait()
    assert request.query["encoding"] == "linear16"
    assert request.query["channels"] == "1"
    assert request.query["interim_results"] == "true"
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    try:
        await _serve(deepgram, request, socket)
    finally:
        deepgram.closed.set()
    return socket


async def _serve(
    deepgram: DeepgramStandIn, request: web.Request, socket: web.WebSocketResponse
) -> None:
    pcm, told = b"", ""
    rate = int(request.query["sample_rate"])
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            pcm += message.data
            if await _disturbed(deepgram, request, socket):
                return
            if deepgram.interim:
                await socket.send_str(_results(deepgram.interim.pop(0), 0.5))
            elif (words := deepgram.tells(pcm, rate)) != told:
                told = words
                await socket.send_str(_results(words, 0.5))
            continue
        order = json.loads(message.data)["type"]
        deepgram.orders.append(order)
        if order == "Finalize" and pcm:
            deepgram.sound.append(pcm)
            said = deepgram.says(pcm, rate)
            await asyncio.sleep(deepgram.delay_s)
            await _last_words(deepgram, socket, said)
        if order == "CloseStream":
            if deepgram.behaves == "mute":
                await deepgram.over.wait()
            if deepgram.behaves != "no metadata":
                await socket.send_str('{"type":"Metadata","request_id":"8c8e","channels":0}')
            return


async def _last_words(deepgram: DeepgramStandIn, socket: web.WebSocketResponse, said: str) -> None:
    """Settle the words; that it did so on request is told only where there was much to settle."""
    if deepgram.behaves in ("mute", "unsettled"):
        return
    pieces = deepgram.pieces or [(said, deepgram.confidence if said else 0.0)]
    for words, confidence in pieces[:-1]:
        await socket.send_str(_results(words, confidence, is_final=True))
        await socket.send_str('{"type":"UtteranceEnd","channel":[0,1],"last_word_end":3.1}')
    plain = deepgram.behaves in ("no metadata", "no from_finalize")
    last = _results(*pieces[-1], is_final=True, from_finalize=not plain)
    await socket.send_str(last)


async def _disturbed(
    deepgram: DeepgramStandIn, request: web.Request, socket: web.WebSocketResponse
) -> bool:
    """Do what a service in trouble does once sound has come."""
    assert request.transport is not None
    match deepgram.behaves:
        case "cut":
            await socket.send_str(_results("auto", 0.5))
            request.transport.abort()
        case code if code in CLOSES:
            await socket.close(code=int(code[1:]), message=CLOSES[code])
        case "early":
            await socket.send_str(_results("sim", 0.99))
            await socket.close(code=1000)
        case "bytes":
            await socket.send_bytes(b"sim")
        case "huge":
            await socket.send_str(_results("a" * 10_000_000, 0.5))
        case "endless":
            while not deepgram.over.is_set():
                await socket.send_str(_results("é " * 20_000, 0.5))
        case rubbish if rubbish in RUBBISH:
            await socket.send_str(RUBBISH[rubbish])
        case _:
            return False
    return True


def _results(
    words: str, confidence: float, *, is_final: bool = False, from_finalize: bool = False
) -> str:
    best = {"transcript": words, "confidence": confidence, "words": []}
    return json.dumps(
        {
            "type": "Results",
            "channel_index": [0, 1],
            "duration": 1.0,
            "start": 0.0,
            "is_final": is_final,
            "speech_final": is_final,
            "channel": {"alternatives": [best]},
            "metadata": {"request_id": "8c8ebea9-dbec-45fa-a035-e4632cb05b5f"},
            "from_finalize": from_finalize,
        }
    )
