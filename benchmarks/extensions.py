"""How soon extensions follow their rows, and what a thousand of them cost.

    python -m benchmarks.extensions [--changes 200] [--extensions 1000]

A real `porteiro serve` beside a private, real PostgreSQL, both on this machine. Prints one
JSON object.

"change": milliseconds from the commit of an UPDATE that moves a port to the first connection
taken on the new one. "load": seconds from the commit of so many new rows to the last of their
ports listening, and how much the server grew by, an extension. "start": seconds from the start
of the process to all of them listening, and of that, from the rows read.
"""

import argparse
import asyncio
import json
import socket
import tempfile
import time
from pathlib import Path
from typing import Final

import psycopg
import uvloop

from benchmarks.machine import machine, quantile
from tests.integration.live.site import set_up
from tests.integration.server import Server, Site, serving
from tests.postgres import PostgresServer

_FIRST: Final = 20_000
_COLUMNS: Final = (
    "(extension_ia_number, extension_ia_return, extension_ia_ip, extension_ia_number_port,"
    " condominium_id, extension_ia_return_port)"
)

Connection = psycopg.Connection[tuple[object, ...]]


def answers(port: int) -> bool:
    """Return whether a connection to the port is taken now."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(port: int, limit_s: float = 30.0) -> float:
    """Return when a connection to the port was taken for the first time."""
    deadline = time.perf_counter() + limit_s
    while not answers(port):
        if time.perf_counter() > deadline:
            raise TimeoutError(f"port {port} does not answer")
        time.sleep(0.001)
    return time.perf_counter()


def insert(connection: Connection, count: int, first: int) -> None:
    """Add extensions on ports from `first` on, in one transaction."""
    rows = [
        (
            str(first + 2 * i),
            str(first + 2 * i + 1),
            "127.0.0.1",
            str(first + 2 * i),
            i % 50,
            str(first + 2 * i + 1),
        )
        for i in range(count)
    ]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO extension_ia {_COLUMNS} VALUES (%s, %s, %s, %s, %s, %s)",  # noqa: S608
            rows,
        )


def changes(connection: Connection, count: int) -> dict[str, float]:
    """Move one port to and fro, and measure each move."""
    taken = []
    for turn in range(count):
        port = _FIRST + (0, 500)[turn % 2]
        connection.execute(
            "UPDATE extension_ia SET extension_ia_number_port = %s WHERE extension_ia_id = 1",
            (str(port),),
        )
        began = time.perf_counter()
        taken.append(1000 * (until(port) - began))
        time.sleep(0.15)  # so that each is a change by itself
    return {"p50_ms": quantile(taken, 0.5), "p99_ms": quantile(taken, 0.99), "max_ms": max(taken)}


async def load(server: Server, connection: Connection, count: int) -> dict[str, float]:
    """Add many extensions at once, and measure until the last one listens."""
    before = server.memory_mib()
    first = _FIRST + 2000
    began = time.perf_counter()
    await asyncio.to_thread(insert, connection, count, first)
    committed = time.perf_counter()
    done = await asyncio.to_thread(until, first + 2 * count - 1)
    silent = [port for port in range(first, first + 2 * count) if not answers(port)]
    if silent:
        raise TimeoutError(f"ports do not answer: {silent}")
    grown = server.memory_mib() - before
    return {
        "insert_s": committed - began,
        "listening_s": done - committed,
        "kib_each": 1024 * grown / count,
    }


async def measure(folder: Path, count: int, extensions: int) -> dict[str, object]:
    """Measure everything in one go."""
    with PostgresServer() as postgres:
        settings = postgres.new_database()
        set_up(folder, settings, "--extension-table", "--trigger")
        with psycopg.connect(
            host=settings["DB_HOST"],
            port=int(settings["DB_PORT"]),
            dbname=settings["DB_NAME"],
            user=settings["DB_USER"],
            password=settings["DB_PASSWORD"],
            autocommit=True,
        ) as connection:
            insert(connection, 1, _FIRST)
            async with serving(folder / "live", Site(settings)) as server:
                change = await asyncio.to_thread(changes, connection, count)
                loaded = await load(server, connection, extensions)
            began = time.perf_counter()
            async with serving(folder / "start", Site(settings)):
                started = time.perf_counter() - began
    return {"change": change, "load": loaded, "start": {"listening_s": started}}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--extensions", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = uvloop.run(measure(Path(folder), arguments.changes, arguments.extensions))
    print(json.dumps({"machine": machine(), **figures}, indent=2))


if __name__ == "__main__":
    main()
