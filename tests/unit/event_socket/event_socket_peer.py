"""The other end of an event socket played by the test, on a real socket of loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from porteiro.event_socket.connection import EventSocketConnection, EventSocketOptions
from porteiro.wire.esl import Disconnect, Event
from tests.fixtures_path import fixtures

PATIENCE_S = 10

SESSIONS = sorted(
    path.name.removesuffix(".timeline.jsonl")
    for path in fixtures("freeswitch").glob("esl_*.timeline.jsonl")
)


def recorded(name: str, side: str = "from_fs") -> bytes:
    """Return the bytes that FreeSWITCH sent, or was sent (`to_fs`), in a recorded session."""
    return (fixtures("freeswitch") / f"{name}.{side}.txt").read_bytes()


def recorded_steps(name: str) -> list[tuple[str, bytes]]:
    """Return a recorded session step by step: who sends, and what; nothing is the end."""
    sides = {side: recorded(name, side) for side in ("from_fs", "to_fs")}
    lines = (fixtures("freeswitch") / f"{name}.timeline.jsonl").read_text().splitlines()
    steps = [json.loads(line) for line in lines]
    return [
        (step["dir"], sides[step["dir"]][step["offset"] : step["offset"] + step["length"]])
        for step in steps
    ]


def reply(text: str) -> bytes:
    """Return a command's reply."""
    return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()


def api_reply(body: str) -> bytes:
    """Return what an API command printed."""
    return f"Content-Type: api/response\nContent-Length: {len(body)}\n\n{body}".encode()


def event(name: str, body: str = "", **headers: str) -> bytes:
    """Return an event; underscores in header names stand for hyphens."""
    lines = [f"Event-Name: {name}"]
    lines += [f"{header.replace('_', '-')}: {value}" for header, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    text = "\n".join(lines) + "\n\n" + body
    return f"Content-Length: {len(text)}\nContent-Type: text/event-plain\n\n{text}".encode()


@dataclass
class Observed:
    """An observer that remembers."""

    events: list[Event] = field(default_factory=list)
    notices: list[Disconnect] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def event(self, event: Event) -> None:
        self.events.append(event)

    def disconnecting(self, notice: Disconnect) -> None:
        self.notices.append(notice)

    def lost(self, cause: str) -> None:
        self.causes.append(cause)
        self.gone.set()


@dataclass
class Peer:
    """FreeSWITCH's end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, *packets: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(b"".join(packets))

    async def command(self) -> str:
        """Return the next command, its headers and all, without a body."""
        async with asyncio.timeout(PATIENCE_S):
            return (await self.reader.readuntil(b"\n\n")).decode().strip()

    async def gone(self) -> None:
        """Wait until the other end has left."""
        async with asyncio.timeout(PATIENCE_S):
            with suppress(ConnectionError):
                while await self.reader.read(65536):
                    pass

    async def leave(self) -> None:
        """Close."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@dataclass
class Ends:
    """Both ends of a connection: FreeSWITCH's, and ours with what it observed."""

    peer: Peer
    connection: EventSocketConnection
    observed: Observed


@asynccontextmanager
async def ends(options: EventSocketOptions | None = None) -> AsyncIterator[Ends]:
    """Connect to a FreeSWITCH that the test plays; it is left and closed at the end."""
    peers: asyncio.Queue[Peer] = asyncio.Queue()
    observed = Observed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.put_nowait(Peer(reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: EventSocketConnection(lambda made: made.attach(observed), options),
            "127.0.0.1",
            server.sockets[0].getsockname()[1],
        )
        peer = await peers.get()
        try:
            yield Ends(peer, connection, observed)
        finally:
            connection.abort()
            await connection.wait_closed()
            await peer.leave()


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds; fails with what it was last."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not (last := holds()):
        assert asyncio.get_running_loop().time() < deadline, f"not in time: {last!r}"
        await asyncio.sleep(0.002)
