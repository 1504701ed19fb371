"""A server of two workers, looked at from outside."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.integration.building import DIRECTORY
from tests.integration.neighbours import Neighbours, neighbours
from tests.integration.server import Json, Server, Site, eventually, serving
from tests.integration.wire_peer import WirePeer, call_id_message, peer

FRAMES_PER_S = 50


@dataclass
class Pair:
    """Two workers with one extension each, and the building around them."""

    server: Server
    building: Neighbours

    async def status(self) -> Json:
        """Return what the API says of extensions and workers."""
        told: Json = (await self.server.api.get("/api/status")).json()
        return told

    async def workers(self) -> list[Json]:
        """Return how each worker stands."""
        return list((await self.status())["workers"])

    async def pid(self, worker: int) -> int:
        """Return the process of a worker."""
        pid: int = (await self.workers())[worker]["pid"]
        return pid

    async def home(self, extension: int) -> int:
        """Return the worker that an extension lives in."""
        everyone = await self.workers()
        return next(n for n, one in enumerate(everyone) if extension in one["extensions"])

    async def ports(self, worker: int) -> tuple[int, int]:
        """Return the two ports of the extension that lives in a worker."""
        status = await self.status()
        (extension,) = status["workers"][worker]["extensions"]
        served = next(one for one in status["extensions"] if one["id"] == extension)
        return served["porta_ia"], served["porta_retorno"]

    async def with_a_spare(self) -> None:
        """Wait until a dead worker's place could be taken at once: one process more is ready."""
        await eventually(lambda: self.server.logged("a spare worker is ready"), 60)

    async def is_back(self, restarts: int = 1, limit_s: float = 20.0) -> None:
        """Wait until the second worker has lost so many processes, and all is served again.

        A port that takes a connection says less: the kernel closes those of a killed process
        one by one, and what was taken meanwhile is reset.
        """
        async with asyncio.timeout(limit_s):
            while True:
                status = await self.status()
                served = [one["status"] for one in status["extensions"]]
                if status["workers"][1]["restarts"] == restarts and set(served) == {"ativo"}:
                    return
                await asyncio.sleep(0.01)

    async def metric(self, line: str) -> float:
        """Return a figure by the beginning of its line."""
        page = (await self.server.api.get("/metrics")).text
        return float(next(one for one in page.splitlines() if one.startswith(line)).split()[-1])


@asynccontextmanager
async def pair(folder: Path, **settings: str) -> AsyncIterator[Pair]:
    """Run a server of two workers while the block lasts."""
    async with neighbours() as building:
        wanted = {
            **building.settings,
            "PORTEIRO_WORKERS": "2",
            "PORTEIRO_DRAIN_SECONDS": "60",
            "AUDIO_MODE": "audiosocket",
            **settings,
        }
        async with serving(folder, Site(wanted, DIRECTORY)) as server:
            yield Pair(server, building)


@asynccontextmanager
async def visitor(port: int, call_id: str = "") -> AsyncIterator[tuple[WirePeer, str]]:
    """Be a visitor who hears the first words, and stays."""
    call_id = call_id or str(uuid4())
    async with peer(port) as line:
        line.send(call_id_message(call_id))
        await eventually(lambda: line.told)
        yield line, call_id


async def behind(line: WirePeer, began: float, frames: int) -> float:
    """Return how many frames a line lacks since `began`, when it had `frames`.

    Frames that came late are not missing: the least of what was seen in a second counts.
    """
    loop = asyncio.get_running_loop()
    until, least = loop.time() + 1, float("inf")
    while loop.time() < until:
        due = (loop.time() - began) * FRAMES_PER_S
        least = min(least, due - (len(line.frames()) - frames))
        await asyncio.sleep(0.005)
    return least


async def has_lost_no_frame(
    line: WirePeer, began: float, frames: int, before: float, limit_s: float = 15.0
) -> None:
    """Wait until a line is where its grid of 20 ms has it, as it was `before`.

    A frame that is late catches up with the grid; one that was left out is never made up for,
    and a grid that began anew lies behind as well: then this fails.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + limit_s
    while (lacks := (loop.time() - began) * FRAMES_PER_S - len(line.frames()) + frames) > (
        before + 0.75
    ):
        assert loop.time() < until, f"{lacks - before:.1f} frames are missing"
        await asyncio.sleep(0.005)


def is_gone(pid: int) -> bool:
    """Return whether a process has ended; one that nobody has waited for has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def parent_of(pid: int) -> int:
    """Return the process that a process came from."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def kill(pid: int, number: int) -> None:
    """Send a signal to a process that the server started."""
    os.kill(pid, number)


def swap_ports(data: Path) -> None:
    """Give each of the two extensions the other's ports."""
    file = data / "ramais_config.json"
    one, other = json.loads(file.read_text())["ramais"]
    for name in ("porta_ia", "porta_retorno"):
        one[name], other[name] = other[name], one[name]
    file.write_text(json.dumps({"ramais": [one, other]}))


@asynccontextmanager
async def following(server: Server) -> AsyncIterator[list[Json]]:
    """Follow the events of every call while the block lasts."""
    events: list[Json] = []
    connected = asyncio.Event()

    async def read() -> None:
        async with server.api.stream("GET", "/api/events", timeout=None) as answer:
            connected.set()
            async for line in answer.aiter_lines():
                name, _, told = line.partition(": ")
                events.extend([json.loads(told)] if name == "data" else [])

    reading = asyncio.create_task(read())
    try:
        await connected.wait()
        yield events
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
