"""The real server: `porteiro serve` as a process of its own, on free ports of loopback."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.ports import free_port
from tests.shared_phrases import share_phrases
from tests.visit_records import read_visits

START_S = 60.0
PROGRAM = Path(sys.executable).parent / "porteiro"

Json = dict[str, Any]


@dataclass(frozen=True)
class Site:
    """What a server is to serve: its settings, and the entries of its directory.

    `directory` may also be the text of the file as it stands, or None for no file.
    `prepare` is done to the data folder last of all before the start.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    directory: Sequence[Json] | str | None = ()
    extensions: int = 2
    prepare: Callable[[Path], None] = lambda _: None


@dataclass
class Server:
    """A running server, looked at from outside."""

    process: subprocess.Popen[bytes]
    api: httpx.AsyncClient
    data: Path
    log_file: Path
    ports: list[tuple[int, int]] = field(default_factory=list)
    _log: list[Json] = field(default_factory=list, repr=False)
    _log_read: int = 0

    @property
    def port(self) -> int:
        """The first extension's AI port."""
        return self.ports[0][0]

    @property
    def return_port(self) -> int:
        """The first extension's return port."""
        return self.ports[0][1]

    @property
    def log(self) -> list[Json]:
        """Every event of the log that is whole by now."""
        with self.log_file.open("rb") as file:
            file.seek(self._log_read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._log_read += len(line)
                if line.startswith(b"{"):
                    self._log.append(json.loads(line))
        return self._log

    def logged(self, event: str, **fields: object) -> list[Json]:
        """Return the lines of one event that have these fields."""
        return [
            line
            for line in self.log
            if line["event"] == event and all(line.get(k) == v for k, v in fields.items())
        ]

    def visits(self, call_id: str) -> list[Json]:
        """Return the records of a call, where there is no PostgreSQL to keep them."""
        return [visit for visit in read_visits(self.data) if visit["call_id"] == call_id]

    def descriptors(self) -> list[str]:
        """Return what the process's open file descriptors stand for."""
        found = []
        for descriptor in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed as we look
                found.append(str(descriptor.readlink()))
        return sorted(found)

    async def holds_no_more_than(self, before: Sequence[str], limit_s: float = 15.0) -> None:
        """Wait until the process holds as few descriptors as it did before."""
        deadline = asyncio.get_running_loop().time() + limit_s
        while len(now := self.descriptors()) > len(before):
            assert asyncio.get_running_loop().time() < deadline, (before, now)
            await asyncio.sleep(0.05)

    def memory_mib(self) -> float:
        """Return the process's resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def children(self) -> list[int]:
        """Return the processes that it has started."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        return [int(pid) for f in tasks.glob("*/children") for pid in f.read_text().split()]

    async def calls(self) -> list[str]:
        """Return the ids of the living calls."""
        answer = (await self.api.get("/api/calls")).json()
        return [call["call_id"] for call in answer["calls"]]

    async def call(self, call_id: str) -> Json:
        """Return one call in all detail."""
        answer = (await self.api.get(f"/api/calls/{call_id}")).json()
        assert answer["status"] == "success", answer
        call: Json = answer["call"]
        return call

    async def state(self, call_id: str) -> str:
        """Return a call's state; empty before it is known."""
        answer = (await self.api.get(f"/api/calls/{call_id}")).json()
        return str(answer["call"]["state"]) if answer["status"] == "success" else ""

    async def until(self, call_id: str, state: str, limit_s: float = 15.0) -> None:
        """Wait until a call is in a state."""
        async with asyncio.timeout(limit_s):
            while await self.state(call_id) != state:  # noqa: ASYNC110  another process's
                await asyncio.sleep(0.05)

    async def left_with(self, *call_ids: str, limit_s: float = 5.0) -> None:
        """Wait until these calls are all that live."""
        async with asyncio.timeout(limit_s):
            while await self.calls() != [*call_ids]:  # noqa: ASYNC110  another process's
                await asyncio.sleep(0.05)

    async def stop(self, limit_s: float = 15.0) -> int:
        """Send SIGTERM, and return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, limit_s)


async def eventually(holds: Callable[[], object], limit_s: float = 15.0) -> None:
    """Wait until `holds` is true; fails with what it last returned."""
    deadline = asyncio.get_running_loop().time() + limit_s
    while not (last := holds()):
        assert asyncio.get_running_loop().time() < deadline, f"not within {limit_s} s: {last!r}"
        await asyncio.sleep(0.05)


def environment(data: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Return a server's whole environment; of ours, only where programs are gets in."""
    inherited = {
        name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ
    }
    ours = {
        "PORTEIRO_DATA_DIR": str(data),
        "PORTEIRO_LOG_FORMAT": "json",
        "PORTEIRO_RING_ATTEMPTS": "1",
        "PORTEIRO_RING_SECONDS": "5",
        "MAX_CONCURRENT_TRANSCRIPTIONS": "1",
        "API_PORT": "0",
        "PORTEIRO_MAX_LAG_MS": "0",  # a machine busy with tests refuses nobody for that
    }
    return {**inherited, **ours, **settings}


def write_data(data: Path, site: Site) -> None:
    """Write the files that a server reads."""
    data.mkdir(parents=True, exist_ok=True)
    share_phrases(data)
    rows = [
        {
            "id": 10 + place,
            "ramal_ia": f"201851{place}",
            "ramal_retorno": f"201852{place}",
            "ip_servidor": "127.0.0.1",
            "porta_ia": free_port(),
            "porta_retorno": free_port(),
            "condominio_id": 15,
        }
        for place in range(site.extensions)
    ]
    (data / "ramais_config.json").write_text(json.dumps({"ramais": rows}))
    if isinstance(site.directory, str):
        (data / "apartamentos.json").write_text(site.directory)
    elif site.directory is not None:
        (data / "apartamentos.json").write_text(json.dumps(list(site.directory)))


@asynccontextmanager
async def serving(folder: Path, site: Site) -> AsyncIterator[Server]:
    """Run the server while the block lasts; `folder` takes its data and its log."""
    data, log_file = folder / "data", folder / "porteiro.log"
    write_data(data, site)
    site.prepare(data)
    with log_file.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220, S603  it takes a moment, and is our own
            [PROGRAM, "serve"],
            cwd=folder,
            env=environment(data, site.settings),
            stdout=output,
            stderr=output,
        )
    async with httpx.AsyncClient(headers={"Connection": "close"}) as api:
        server = Server(process, api, data, log_file)
        try:
            await eventually(lambda: server.logged("Porteiro serves") or process.poll(), START_S)
            assert process.poll() is None, log_file.read_text()
            api.base_url = httpx.URL(server.logged("Porteiro serves")[0]["api"])
            server.ports = [
                (line["port"], line["return_port"]) for line in server.logged("extension serves")
            ]
            yield server
        finally:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, 15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def refuses_to_start(
    folder: Path, settings: Mapping[str, str], limit_s: float = 60.0
) -> tuple[int, list[str]]:
    """Run a server that cannot start; return its exit status and the lines that it wrote."""
    data = folder / "data"
    write_data(data, Site())
    done = subprocess.run(  # noqa: S603  our own program
        [PROGRAM, "serve"],
        cwd=folder,
        env=environment(data, settings),
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()
