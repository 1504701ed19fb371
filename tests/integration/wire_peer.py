"""A peer on an AudioSocket port that does as it is told: well, badly, or nothing."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from porteiro.phones.ear import level

SILENCE = bytes(320)
LOUD = 150.0


def message(kind: int, payload: bytes = b"") -> bytes:
    """Return one message, whatever its kind."""
    return struct.pack(">BH", kind, len(payload)) + payload


def call_id_message(call_id: str) -> bytes:
    """Return the message that names the call."""
    return message(0x01, UUID(call_id).bytes)


@dataclass
class WirePeer:
    """One connection: what came on it, until its end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    received: bytearray = field(default_factory=bytearray)
    arrivals: list[float] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _messages: list[tuple[int, bytes]] = field(default_factory=list, repr=False)
    _read_to: int = 0

    @property
    def address(self) -> tuple[str, int]:
        """Where it connects from."""
        host, port = self.writer.get_extra_info("sockname")[:2]
        return host, port

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    def messages(self) -> list[tuple[int, bytes]]:
        """Return the whole messages that came."""
        data, at = self.received, self._read_to
        while len(data) >= at + 3 and len(data) >= (
            end := at + 3 + (data[at + 1] << 8 | data[at + 2])
        ):
            self._messages.append((data[at], bytes(data[at + 3 : end])))
            at = self._read_to = end
        return self._messages

    def frames(self) -> list[bytes]:
        """Return the sound that came."""
        return [payload for kind, payload in self.messages() if kind == 0x10]

    @property
    def told(self) -> bool:
        """Whether there were words: at least half a second of sound that is no silence."""
        loud = (frame for frame in self.frames() if any(frame) and level(frame) > LOUD)
        return sum(1 for _ in islice(loud, 26)) > 25

    @property
    def hung_up(self) -> bool:
        """Whether the last message was the hang-up."""
        return self.messages()[-1:] == [(0x00, b"")]

    async def end(self, limit_s: float = 15.0) -> None:
        """Wait until the server has ended the connection, and end our side of it."""
        async with asyncio.timeout(limit_s):
            await self.ended.wait()
        self.writer.close()

    async def _read(self) -> None:
        with suppress(ConnectionError):
            while data := await self.reader.read(65536):
                self.arrivals.append(asyncio.get_running_loop().time())
                self.received += data
        self.ended.set()


@asynccontextmanager
async def peer(port: int, *, reads: bool = True) -> AsyncIterator[WirePeer]:
    """Connect to a port of loopback, for as long as the block lasts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    made = WirePeer(reader, writer)
    reading = asyncio.create_task(made._read()) if reads else None
    try:
        yield made
    finally:
        if reading is not None:
            reading.cancel()
            await asyncio.wait([reading])
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()
