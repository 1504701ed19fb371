"""A wire between Porteiro and FreeSWITCH that a test can freeze, and lead elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Relay:
    """Passes on what comes, both ways; `target` is the port that it leads to."""

    def __init__(self, target: int) -> None:
        """Lead to a port of loopback."""
        self.target = target
        self.port = 0
        self._flows = asyncio.Event()
        self._flows.set()
        self._ends: set[asyncio.Task[None]] = set()
        self._accepted: list[asyncio.StreamWriter] = []

    def freeze(self) -> None:
        """Pass nothing on, as a process that was stopped."""
        self._flows.clear()

    def thaw(self) -> None:
        """Pass on again, and what came meanwhile, too."""
        self._flows.set()

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a connection."""
        # Closed there and not in the task, which may be cancelled before its first step.
        self._accepted.append(writer)
        task = asyncio.create_task(self._connect(reader, writer))
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    async def close(self) -> None:
        """Cut every connection."""
        for task in tuple(self._ends):
            task.cancel()
        await asyncio.gather(*self._ends, return_exceptions=True)
        for writer in self._accepted:
            await _closed(writer)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._flows.wait()
            there, here = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            await _closed(writer)
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, here))
                group.create_task(self._pass_on(there, writer))
        finally:
            await _closed(here)
            await _closed(writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
        writer.close()


@asynccontextmanager
async def relay(target: int) -> AsyncIterator[Relay]:
    """Lead a port of loopback to another."""
    made = Relay(target)
    server = await asyncio.start_server(made.connected, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        try:
            yield made
        finally:
            await made.close()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
