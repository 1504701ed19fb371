"""A bare AudioSocket listener: not Porteiro, but what the harness is proved with."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

HANG_UP, CALL_ID, DTMF, LINEAR, ERROR = 0x00, 0x01, 0x03, 0x10, 0xFF


class Peer:
    """One line that Asterisk opened: what it sent, and ways to answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk on this connection."""
        self._reader = reader
        self._writer = writer
        self._news = asyncio.Condition()
        self.received: list[tuple[int, bytes]] = []

    async def receive(self) -> tuple[int, bytes]:
        """Return the next message's kind and payload; raises where the line has ended."""
        kind, high, low = await self._reader.readexactly(3)
        payload = await self._reader.readexactly(high << 8 | low)
        self.received.append((kind, payload))
        async with self._news:
            self._news.notify_all()
        return kind, payload

    async def until(self, enough: Callable[["Peer"], bool]) -> None:
        """Wait until what was received is enough."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: enough(self))

    @property
    def keys(self) -> str:
        """The keys that came."""
        return b"".join(payload for kind, payload in self.received if kind == DTMF).decode()

    @property
    def sound(self) -> list[bytes]:
        """The payloads of sound that came."""
        return [payload for kind, payload in self.received if kind == LINEAR]

    def send(self, kind: int, payload: bytes = b"") -> None:
        """Send a message whole."""
        self._writer.write(bytes([kind]) + len(payload).to_bytes(2, "big") + payload)

    def close(self) -> None:
        """Close as a program does that ends."""
        self._writer.close()

    def reset(self) -> None:
        """Close with a reset."""
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, linger
        )
        self._writer.close()


Talk = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def audiosocket_server(talk: Talk) -> AsyncIterator[tuple[int, "asyncio.Queue[Peer]"]]:
    """Serve lines with `talk` until the block ends; gives the port, and the lines as they come."""
    lines: asyncio.Queue[Peer] = asyncio.Queue()
    serving: set[asyncio.Task[None]] = set()

    async def serve(peer: Peer) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await talk(peer)
        finally:
            peer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        lines.put_nowait(peer)
        serving.add(asyncio.create_task(serve(peer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1], lines
        finally:
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)


async def echo(peer: Peer) -> None:
    """Send back all sound, for as long as the line stands."""
    while True:
        kind, payload = await peer.receive()
        if kind == LINEAR:
            peer.send(kind, payload)


async def end_properly(peer: Peer) -> None:
    """Take the call id, then end the line as one should."""
    await peer.receive()
    peer.send(LINEAR, bytes(320))
    peer.send(HANG_UP)


async def end_bare(peer: Peer) -> None:
    """Take the call id, then close without a word."""
    await peer.receive()


async def end_by_reset(peer: Peer) -> None:
    """Take the call id, then reset the connection."""
    await peer.receive()
    peer.reset()


async def end_in_error(peer: Peer) -> None:
    """Take the call id, then send a message that only Asterisk may send."""
    await peer.receive()
    peer.send(ERROR)
