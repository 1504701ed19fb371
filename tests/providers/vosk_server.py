"""A Vosk server without a model: well, badly, not at all.

Written from github.com/alphacep/vosk-server (README.md, websocket/asr_server.py and its
test clients): JSON texts `{"config": …}` and `{"eof" : 1}`, sound in binary messages, one
answer to each of them, and the connection closed after the last. It runs on the same
library as the original.
"""

import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.providers.known_speech import words_in

NONSENSE = {
    "html": "<html>painel</html>",
    "empty": "",
    "half": '{"text": "autoriz',
    "nan": '{"result": [{"word": "sim", "conf": NaN}], "text": "sim"}',
    "number": '{"text": 5}',
    "list": "[]",
    "deep": '{"text": ' + "[" * 20_000,
}
"""Answers that are none."""
BROKEN = ("drops", "drops at the end", "huge", "endless")
STATUSES = {"401": 401, "429": 429, "500": 500, "404": 404}


@dataclass
class Vosk:
    """What the server was sent, and how it behaves: "well", or badly."""

    behaves: str = "well"
    url: str = ""
    conf: float = 0.9
    says: Callable[[bytes, int], str] = words_in
    tells: Callable[[bytes, int], str] = lambda pcm, rate: ""
    """What it makes of all the sound so far, while the person speaks."""
    sentences: dict[int, str] = field(default_factory=dict)
    """What it takes for a whole sentence, by the packet that ends it."""
    configurations: list[dict[str, object]] = field(default_factory=list)
    heard: bytes = b""
    packets: int = 0
    open: int = 0

    async def talk(self, connection: ServerConnection) -> None:
        self.open += 1
        try:
            await self._turn(connection)
        except ConnectionClosed:
            pass
        finally:
            self.open -= 1

    async def _turn(self, connection: ServerConnection) -> None:
        rate, sound = 8000, b""
        while True:
            message = await connection.recv()
            if isinstance(message, str) and "config" in message:
                configuration = json.loads(message)["config"]
                self.configurations.append(configuration)
                rate = int(configuration["sample_rate"])
                continue
            if self.behaves == "hangs":
                await connection.wait_closed()
            if message == '{"eof" : 1}':
                self.heard = sound
                return await self._last(connection, self.says(sound, rate).split())
            assert isinstance(message, bytes)
            sound += message
            self.packets += 1
            await self._answer(connection, sound, rate)

    async def _answer(self, connection: ServerConnection, sound: bytes, rate: int) -> None:
        match self.behaves:
            case "drops":
                connection.transport.abort()
            case "huge":
                await connection.send(json.dumps({"partial": "a" * 10_000_000}))
            case "endless":
                while True:
                    await connection.send(json.dumps({"partial": "a" * 60_000}))
            case nonsense if nonsense in NONSENSE:
                await connection.send(NONSENSE[nonsense])
            case "talkative":
                await connection.send(json.dumps({"partial": f"palavra {self.packets}"}))
            case "silent until the end":
                pass
            case _ if self.packets in self.sentences:
                await connection.send(json.dumps({"text": self.sentences[self.packets]}))
            case _:
                await connection.send(json.dumps({"partial": self.tells(sound, rate)}))

    async def _last(self, connection: ServerConnection, words: list[str]) -> None:
        if self.behaves == "drops at the end":
            return connection.transport.abort()
        rated = [{"word": each, "start": 0.0, "end": 0.5, "conf": self.conf} for each in words]
        last: dict[str, object] = {"text": " ".join(words)}
        if words and self.behaves != "unrated":
            last["result"] = rated
        await connection.send(json.dumps(last))
        if self.behaves == "stays":
            await connection.wait_closed()
        return None

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.behaves not in STATUSES:
            return None
        status = HTTPStatus(STATUSES[self.behaves])
        headers = Headers({"Retry-After": "7", "Content-Type": "text/html", "Content-Length": "3"})
        return Response(status, status.phrase, headers, b"no!")


@asynccontextmanager
async def vosk_that(
    behaves: str = "well", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Vosk]:
    """Run a server; it is gone afterwards, whatever it was doing."""
    vosk = Vosk(behaves)
    async with serve(vosk.talk, "127.0.0.1", 0, process_request=vosk.admit, ssl=tls) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        vosk.url = f"{'wss' if tls else 'ws'}://127.0.0.1:{port}"
        yield vosk
        for connection in list(server.connections):
            connection.transport.abort()
