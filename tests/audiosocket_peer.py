"""A tiny server that speaks AudioSocket by hand: what a phone is tested against."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HANG_UP = b"\x00\x00\x00"
CALL_ID = "e69439e9-1489-4bba-b55d-37612b5dffaf"


def sound(payload: bytes, kind: int = 0x10) -> bytes:
    """Return one audio message."""
    return struct.pack(">BH", kind, len(payload)) + payload


@dataclass
class Peer:
    """What one connected phone has sent, and the means to answer it."""

    writer: asyncio.StreamWriter
    messages: list[tuple[int, bytes]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def of_kind(self, kind: int) -> list[bytes]:
        """Return the payloads of every message of one kind."""
        return [payload for found, payload in self.messages if found == kind]

    async def until(self, kind: int, count: int = 1) -> list[bytes]:
        """Wait until so many messages of a kind have come."""
        async with asyncio.timeout(10):
            while len(self.of_kind(kind)) < count:
                self.news.clear()
                await self.news.wait()
        return self.of_kind(kind)

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self.writer.write(data)


@dataclass
class PeerServer:
    """Listens on `port`; every phone that connects is queued as a `Peer`."""

    port: int = 0
    phones: asyncio.Queue[Peer] = field(default_factory=asyncio.Queue)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one phone's messages until it closes."""
        peer = Peer(writer)
        self.phones.put_nowait(peer)
        try:
            while True:
                kind, length = struct.unpack(">BH", await reader.readexactly(3))
                peer.messages.append((kind, await reader.readexactly(length)))
                peer.news.set()
        except (asyncio.IncompleteReadError, ConnectionResetError):
            peer.gone.set()
        finally:
            writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[PeerServer]:
    """Listen on a free loopback port."""
    served = PeerServer()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    async with server:
        yield served
