"""The PBX's side of AudioSocket lines, and a listener that remembers; over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self, cast
from uuid import uuid4

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.lines.audiosocket import AudioSocketListener, AudioSocketOptions
from porteiro.wire.audiosocket import (
    Audio,
    AudioSocketParser,
    Message,
    audio_message,
    call_id_message,
)

PATIENCE_S = 10.0
"""How long a test waits for what must happen; only a broken line takes that long."""


@dataclass
class Remembering:
    """A line's listener that remembers what it was told."""

    sound: bytes = b""
    keys: str = ""
    holds: list[bool] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    ends: list[tuple[float, bool]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def audio(self, pcm: bytes) -> None:
        self.sound += pcm
        self.news.set()

    def key(self, digit: str) -> None:
        self.keys += digit
        self.news.set()

    def held(self) -> None:
        self.holds.append(True)
        self.news.set()

    def resumed(self) -> None:
        self.holds.append(False)
        self.news.set()

    def closed(self, cause: str) -> None:
        self.causes.append(cause)
        self.news.set()

    def ended(self, played_s: float, *, finished: bool) -> None:
        self.ends.append((played_s, finished))
        self.news.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until what was told makes `condition` true."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.news.clear()
                await self.news.wait()


class PbxEnd:
    """One connection to a listener, as Asterisk makes it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.messages: list[Message] = []
        self.call_id = str(uuid4())
        self._parser = AudioSocketParser(from_pbx=False)

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, *messages: bytes) -> None:
        self.writer.write(b"".join(messages))

    def name_call(self) -> None:
        self.send(call_id_message(self.call_id))

    def speak(self, pcm: bytes = bytes(320), rate: int = 8000) -> None:
        self.send(audio_message(rate, pcm))

    @property
    def frames(self) -> list[Audio]:
        return [message for message in self.messages if isinstance(message, Audio)]

    async def until(self, condition: Callable[[], object]) -> None:
        """Read until what came makes `condition` true; fails when the stream ends before."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                data = await self.reader.read(65536)
                assert data, f"the line ended after {self.messages[-3:]}"
                self.messages.extend(self._parser.receive(data))

    async def until_frames(self, count: int) -> list[Audio]:
        await self.until(lambda: len(self.frames) >= count)
        return self.frames

    async def until_end(self) -> list[Message]:
        """Read to the end of the stream, be it orderly or a reset."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while data := await self.reader.read(65536):
                    self.messages.extend(self._parser.receive(data))
            except ConnectionResetError:
                pass
        return self.messages

    def stop_reading(self) -> None:
        cast("asyncio.Transport", self.writer.transport).pause_reading()

    def close(self) -> None:
        self.writer.close()


class Site:
    """A listener with its clock, the lines that arrived, and the connections made to it."""

    def __init__(self, options: AudioSocketOptions, *, attach: bool = True) -> None:
        self.clock = FrameClock()
        self.lines: asyncio.Queue[Line] = asyncio.Queue()
        self.heard: dict[str, Remembering] = {}
        self.ends: list[PbxEnd] = []
        self.listener = AudioSocketListener(options, self.clock, self._arrived)
        self._attach = attach

    def _arrived(self, line: Line) -> None:
        if self._attach:
            line.attach(self.heard.setdefault(line.call_id, Remembering()))
        self.lines.put_nowait(line)

    async def connect(self) -> PbxEnd:
        end = await PbxEnd.connect(self.listener.port)
        self.ends.append(end)
        return end

    async def next_line(self) -> Line:
        async with asyncio.timeout(PATIENCE_S):
            return await self.lines.get()

    async def call(
        self, rate: int = 8000, frame: bytes | None = None
    ) -> tuple[PbxEnd, Line, Remembering]:
        """Bring a line with its id and one message of sound, and return both its ends."""
        end = await self.connect()
        end.name_call()
        end.speak(frame or bytes(2 * (rate // 50)), rate)
        line = await self.next_line()
        return end, line, self.heard.get(line.call_id, Remembering())


@asynccontextmanager
async def site(
    options: AudioSocketOptions | None = None, *, attach: bool = True
) -> AsyncIterator[Site]:
    """Listen on a free port, and leave nothing open."""
    made = Site(options or AudioSocketOptions(), attach=attach)
    await made.listener.open("127.0.0.1", 0)
    try:
        yield made
    finally:
        await made.listener.close()
        for end in made.ends:
            end.close()
            await end.until_end()
