"""An Asterisk manager played by the test, on a real socket of loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from porteiro.dialers.ami_client import AmiClient, AmiServer

Action = dict[str, str]


class ManagerPeer:
    """Takes the client's connections one after the other; the test reads and answers."""

    def __init__(self) -> None:
        """Nobody is connected yet."""
        self.port = 0
        self._connections: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.Queue()
        )
        self._all: list[asyncio.StreamWriter] = []
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep a new connection for `accept`."""
        self._all.append(writer)
        self._connections.put_nowait((reader, writer))

    async def accept(self, response: str = "Success") -> Action:
        """Take the next connection, greet, and answer its login; returns what it said."""
        async with asyncio.timeout(10):
            self._reader, self._writer = await self._connections.get()
        self._writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        login = await self.action()
        self.send(Response=response, ActionID=login["ActionID"])
        return login

    async def action(self) -> Action:
        """Return the client's next action."""
        async with asyncio.timeout(10):
            text = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        return dict(line.split(": ", 1) for line in text.strip().split("\r\n"))

    def send(self, **headers: str) -> None:
        """Send a message."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._writer.write(f"{lines}\r\n".encode())

    def send_bytes(self, data: bytes) -> None:
        """Send anything."""
        self._writer.write(data)

    async def gone(self) -> None:
        """Wait until the client has left."""
        async with asyncio.timeout(10):
            while await self._reader.read(4096):
                pass
        self._writer.close()

    def leave(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def leave_all(self) -> None:
        """Close every connection there was."""
        for writer in self._all:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def manager_and_client(
    reply_s: float = 10.0, ping_s: float = 60.0
) -> AsyncIterator[tuple[ManagerPeer, AmiClient]]:
    """Run a client of a manager that the test plays."""
    peer = ManagerPeer()
    server = await asyncio.start_server(peer.connected, "127.0.0.1", 0)
    async with server:
        peer.port = server.sockets[0].getsockname()[1]
        client = AmiClient(
            AmiServer(
                "127.0.0.1",
                peer.port,
                "porteiro",
                "top-secret",
                reply_s=reply_s,
                ping_s=ping_s,
                backoff_s=0.01,
                backoff_max_s=0.02,
            )
        )
        async with asyncio.TaskGroup() as group:
            running = group.create_task(client.run())
            try:
                yield peer, client
            finally:
                running.cancel()
                await peer.leave_all()
