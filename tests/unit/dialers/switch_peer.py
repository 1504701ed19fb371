"""A FreeSWITCH's event socket played by the test, on a real socket of loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from porteiro.dialers.esl_client import EslClient, EslServer
from tests.unit.event_socket.event_socket_peer import (
    PATIENCE_S,
    Peer,
    api_reply,
    event,
    reply,
)

SECRET = "s3gr3d0"
AUTH_REQUEST = b"Content-Type: auth/request\n\n"
GOODBYE = b"Content-Type: text/disconnect-notice\nContent-Length: 8\n\nGoodbye\n"


class SwitchPeer:
    """Takes the client's connections one after the other; the test reads and answers."""

    def __init__(self) -> None:
        """Nobody is connected yet."""
        self.port = 0
        self._connections: asyncio.Queue[Peer] = asyncio.Queue()
        self._all: list[Peer] = []
        self._now: Peer

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep a new connection for `meet`."""
        self._all.append(Peer(reader, writer))
        self._connections.put_nowait(self._all[-1])

    async def meet(self) -> None:
        """Take the next connection, and say nothing yet."""
        async with asyncio.timeout(PATIENCE_S):
            self._now = await self._connections.get()

    async def ask_in(self, answer: str = "+OK accepted") -> str:
        """Take the next connection and answer its password; return what it said."""
        await self.meet()
        self.send(AUTH_REQUEST)
        said = await self.command()
        self.send(reply(answer))
        return said

    async def accept(self) -> list[str]:
        """Take the next connection and all that it asks for; return what it was."""
        said = [await self.ask_in()]
        for _ in range(4):
            said.append(await self.command())
            self.send(reply("+OK"))
        return said

    async def command(self) -> str:
        """Return the client's next command."""
        return await self._now.command()

    async def job(self) -> str:
        """Take the next command, a `bgapi`, and return what is to be done."""
        line, _, job = (await self.command()).partition("\nJob-UUID: ")
        self.send(reply(f"+OK Job-UUID: {job}"))
        return line.removeprefix("bgapi ")

    def send(self, *packets: bytes) -> None:
        """Send bytes as they are."""
        self._now.send(*packets)

    def channel(self, name: str, channel: str, **headers: str) -> None:
        """Send what happened to a channel."""
        self.send(event(name, Unique_ID=channel, **headers))

    def done(self, job: str, printed: str) -> None:
        """Send the end of a job."""
        self.send(event("BACKGROUND_JOB", printed, Job_UUID=job))

    async def gone(self) -> None:
        """Wait until the client has left."""
        await self._now.gone()
        await self._now.leave()

    async def leave(self) -> None:
        """Close the connection."""
        await self._now.leave()

    async def leave_all(self) -> None:
        """Close every connection there was."""
        for peer in self._all:
            await peer.leave()


@asynccontextmanager
async def switch_and_client(
    reply_s: float = 10.0, ping_s: float = 60.0
) -> AsyncIterator[tuple[SwitchPeer, EslClient]]:
    """Run a client of a FreeSWITCH that the test plays."""
    peer = SwitchPeer()
    server = await asyncio.start_server(peer.connected, "127.0.0.1", 0)
    async with server:
        peer.port = server.sockets[0].getsockname()[1]
        client = EslClient(
            EslServer("127.0.0.1", peer.port, SECRET, reply_s, ping_s, 0.01, 0.02),
        )
        async with asyncio.TaskGroup() as group:
            running = group.create_task(client.run())
            try:
                yield peer, client
            finally:
                await peer.leave_all()
                running.cancel()


__all__ = ["GOODBYE", "SECRET", "SwitchPeer", "api_reply", "reply", "switch_and_client"]
