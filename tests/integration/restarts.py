"""A server that is killed and started again in the same place: same data, same ports."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.integration.server import (
    PROGRAM,
    START_S,
    Server,
    Site,
    environment,
    eventually,
    write_data,
)


@dataclass
class Place:
    """Where servers run, one after the other; `now` is the one that runs."""

    folder: Path
    site: Site
    stack: AsyncExitStack
    servers: list[Server] = field(default_factory=list)

    @property
    def now(self) -> Server:
        return self.servers[-1]

    @property
    def journals(self) -> list[str]:
        """The files of living calls."""
        return sorted(file.name for file in (self.folder / "data" / "calls").glob("*.jsonl"))

    async def start(self) -> Server:
        """Start a server, and wait until it serves."""
        data, log_file = self.folder / "data", self.folder / f"porteiro-{len(self.servers)}.log"
        with log_file.open("wb") as output:
            process = subprocess.Popen(  # noqa: ASYNC220, S603  it takes a moment, and is our own
                [PROGRAM, "serve"],
                cwd=self.folder,
                env=environment(data, self.site.settings),
                stdout=output,
                stderr=output,
            )
        api = await self.stack.enter_async_context(
            httpx.AsyncClient(headers={"Connection": "close"})
        )
        server = Server(process, api, data, log_file)
        self.servers.append(server)
        await eventually(lambda: server.logged("Porteiro serves") or process.poll(), START_S)
        assert process.poll() is None, log_file.read_text()
        api.base_url = httpx.URL(server.logged("Porteiro serves")[0]["api"])
        server.ports = [
            (line["port"], line["return_port"]) for line in server.logged("extension serves")
        ]
        return server

    async def kill(self) -> None:
        """End the server as a crash does."""
        self.now.process.kill()
        await asyncio.to_thread(self.now.process.wait, 15)

    async def restart(self) -> Server:
        """Kill the server, and start it again."""
        await self.kill()
        return await self.start()


@asynccontextmanager
async def place(folder: Path, site: Site) -> AsyncIterator[Place]:
    """Start a server in `folder`; whatever runs at the end is stopped."""
    write_data(folder / "data", site)
    async with AsyncExitStack() as stack:
        made = Place(folder, site, stack)
        try:
            await made.start()
            yield made
        finally:
            for server in made.servers:
                if server.process.poll() is None:
                    server.process.terminate()
                    await asyncio.to_thread(server.process.wait, 15)
