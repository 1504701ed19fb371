"""FreeSWITCH's side of streams, and an observer that remembers; over real sockets."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self, cast

from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import CLIENT, Protocol

from porteiro.lines.freeswitch.stream import StreamConnection, StreamOptions, StreamServer

PATIENCE_S = 10.0
"""How long a test waits for what must happen; only a broken stream takes that long."""

CALL_ID = "6c34e515-6b5b-448d-9a2c-8eb13c76c0ae"


@dataclass
class Hearing:
    """A stream's observer that remembers what it was told."""

    sounds: list[bytes] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def sound(self, pcm: bytes) -> None:
        self.sounds.append(pcm)
        self.news.set()

    def text(self, text: str) -> None:
        self.texts.append(text)
        self.news.set()

    def closed(self, cause: str) -> None:
        self.causes.append(cause)
        self.news.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until what was told makes `condition` true."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.news.clear()
                await self.news.wait()


def request(path: str, *extra: str) -> bytes:
    """Return the upgrade request as mod_audio_stream writes it."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host:127.0.0.1:8085",
        "Upgrade:websocket",
        "Connection:upgrade",
        "Sec-WebSocket-Key:Qq9q7DksnuHtpBQhelkDLw==",
        "Sec-WebSocket-Version:13",
        *extra,
    ]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def masked(opcode: Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    """Return a frame as a client sends it."""
    return Frame(opcode, payload, fin).serialize(mask=True)


def sound(pcm: bytes) -> bytes:
    return masked(Opcode.BINARY, pcm)


def text(said: str) -> bytes:
    return masked(Opcode.TEXT, said.encode())


def close(code: int = 1000, reason: str = "Normal closure") -> bytes:
    return masked(Opcode.CLOSE, code.to_bytes(2, "big") + reason.encode())


class StreamEnd:
    """One connection to a stream server; sends what it is told, be it good or bad."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.received = b""
        self.frames: list[Frame] = []
        self._protocol = Protocol(CLIENT, max_size=None)

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))

    async def answer(self) -> str:
        """Return the HTTP answer's head, up to the empty line."""
        async with asyncio.timeout(PATIENCE_S):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def upgrade(self, path: str, *extra: str) -> str:
        self.send(request(path, *extra))
        return await self.answer()

    def _read(self, data: bytes) -> None:
        self.received += data
        self._protocol.receive_data(data)
        events = self._protocol.events_received()
        assert not any(isinstance(event, Response) for event in events)
        self.frames += cast("list[Frame]", events)

    async def until(self, condition: Callable[[], object]) -> None:
        """Read until what came makes `condition` true; fails when the stream ends before."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                data = await self.reader.read(65536)
                assert data, f"the stream ended after {self.frames[-3:]}"
                self._read(data)

    async def until_end(self) -> list[Frame]:
        """Read to the end of the stream, be it orderly or a reset."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while data := await self.reader.read(65536):
                    self._read(data)
            except ConnectionResetError:
                pass
        return self.frames

    @property
    def close_code(self) -> int:
        """The code of the close that came, 0 for none."""
        closes = [frame for frame in self.frames if frame.opcode is Opcode.CLOSE]
        return int.from_bytes(closes[0].data[:2], "big") if closes else 0

    def stop_reading(self) -> None:
        cast("asyncio.Transport", self.writer.transport).pause_reading()


class StreamSite:
    """A stream server, the streams that arrived, and the connections made to it."""

    def __init__(
        self, options: StreamOptions, *, attach: bool = True, extensions: tuple[str, ...]
    ) -> None:
        self.streams: asyncio.Queue[StreamConnection] = asyncio.Queue()
        self.heard: dict[str, Hearing] = {}
        self.ends: list[StreamEnd] = []
        self.server = StreamServer(
            options, self._arrived, lambda path: path.extension in extensions
        )
        self._attach = attach

    def _arrived(self, stream: StreamConnection) -> None:
        if self._attach:
            stream.attach(self.heard.setdefault(stream.peer, Hearing()))
        self.streams.put_nowait(stream)

    async def connect(self) -> StreamEnd:
        end = await StreamEnd.connect(self.server.port)
        self.ends.append(end)
        return end

    async def next_stream(self) -> StreamConnection:
        async with asyncio.timeout(PATIENCE_S):
            return await self.streams.get()

    async def call(
        self, frame: bytes = bytes(320), *, path: str = f"/stream/2000/{CALL_ID}", offer: str = ""
    ) -> tuple[StreamEnd, StreamConnection, Hearing]:
        """Bring a stream with its first frame of sound, and return both its ends."""
        end = await self.connect()
        extra = [f"Sec-WebSocket-Extensions:{offer}"] if offer else []
        assert " 101 " in await end.upgrade(path, *extra)
        end.send(sound(frame))
        stream = await self.next_stream()
        return end, stream, self.heard.get(stream.peer, Hearing())


@asynccontextmanager
async def stream_site(
    options: StreamOptions | None = None,
    *,
    attach: bool = True,
    extensions: tuple[str, ...] = ("2000",),
) -> AsyncIterator[StreamSite]:
    """Serve streams on a free port, and leave nothing open."""
    made = StreamSite(options or StreamOptions(), attach=attach, extensions=extensions)
    await made.server.open("127.0.0.1", 0)
    try:
        yield made
    finally:
        await made.server.close()
        for end in made.ends:
            end.writer.close()
            await end.until_end()


def noise(length: int) -> bytes:
    """Return sound that no mistake in its order leaves as it was."""
    return os.urandom(length)
