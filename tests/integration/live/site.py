"""A server beside its database: rows go in, and what is listened on is looked at."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.integration.server import PROGRAM, Json, Server, Site, environment, eventually, serving
from tests.integration.wire_peer import call_id_message, peer
from tests.ports import free_port
from tests.postgres import PostgresServer

CONDOMINIUM = 15


def set_up(folder: Path, settings: Mapping[str, str], *options: str) -> str:
    """Run `porteiro setup` in a folder; return what it wrote."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(  # noqa: S603  our own program
        [PROGRAM, "setup", "--no-phrases", *options],
        cwd=folder,
        env=environment(folder / "setup", settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def free_pair() -> tuple[int, int]:
    """Return two ports that nobody listens on, far enough apart for a moved one."""
    return free_port(), free_port()


@dataclass
class LiveSite:
    """A running server, the database it follows, and its name there."""

    server: Server
    postgres: PostgresServer
    database: str

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement, or several as one transaction."""
        return self.postgres.execute(statement, self.database)

    def add(self, number: str, port: int, return_port: int, ip: str = "127.0.0.1") -> int:
        """Add a row as an operator would; return its id."""
        (row,) = self.sql(
            "INSERT INTO extension_ia (extension_ia_number, extension_ia_return,"
            " extension_ia_ip, extension_ia_number_port, condominium_id,"
            f" extension_ia_return_port) VALUES ('{number}', '{number}0', '{ip}', '{port}',"
            f" {CONDOMINIUM}, '{return_port}') RETURNING extension_ia_id"
        )
        assert isinstance(row[0], int)
        return row[0]

    def remove_all(self) -> None:
        """Leave no row."""
        self.sql("DELETE FROM extension_ia")

    async def caught_up(self) -> None:
        """Wait until every change so far is in force: ports are opened in the order of the ids."""
        port, return_port = free_pair()
        last = self.add("last", port, return_port)
        await eventually(lambda: listens(return_port))
        self.sql(f"DELETE FROM extension_ia WHERE extension_ia_id = {last}")

    async def status(self) -> Json:
        """Return what the API says of all extensions."""
        answer = await self.server.api.get("/api/status")
        assert answer.status_code == 200, answer.text
        status: Json = answer.json()
        return status

    async def extension(self, extension_id: int) -> Json | None:
        """Return what the API says of one."""
        extensions = (await self.status())["extensions"]
        return next((e for e in extensions if e["id"] == extension_id), None)

    async def whose(self, port: int) -> str | None:
        """Call in on a port; return the extension that the call came to, None for nobody."""
        call_id = str(uuid4())
        try:
            async with asyncio.timeout(15), peer(port) as line:
                line.send(call_id_message(call_id))
                while not line.ended.is_set():
                    if await self.server.state(call_id):
                        return str((await self.server.call(call_id))["extension"])
        except ConnectionRefusedError:
            pass
        return None


def listens(port: int) -> bool:
    """Return whether a connection to the port is taken."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def live(
    folder: Path, postgres: PostgresServer, more: Mapping[str, str] | None = None
) -> AsyncIterator[LiveSite]:
    """Run a server beside a database of its own, set up, with no extension in it yet."""
    database = postgres.new_database()
    set_up(folder, database, "--extension-table", "--trigger")
    site = Site(
        {**database, **(more or {})},
        None,
        prepare=lambda data: (data / "ramais_config.json").unlink(),
    )
    async with serving(folder, site) as server:
        yield LiveSite(server, postgres, database["DB_NAME"])
