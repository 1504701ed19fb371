"""How soon the HTTP API answers while people talk, and whether they notice.

    python -m benchmarks.api [--calls 200] [--seconds 20] [--extensions 1000] [--rate 20]

The server is everything but the providers (`stub_server`), with its API, on one core; the
telephones of `load.c` and whoever asks are on the other. First the calls alone, then with four
clients that ask for one thing after the other, so many requests a second in all. Prints one JSON
object: milliseconds to the last byte of each answer by endpoint, and the frames' lateness in
both runs.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

import aiohttp
import uvloop

from benchmarks.audio_plane import LOAD_CORE, SERVER_CORE, build, free_port, telephone_speech
from benchmarks.machine import machine, spread, stub_server
from benchmarks.whole_call import SPEECH, telephones

PATHS: Final = (
    "/api/calls",
    "/api/status",
    "/api/visits",
    "/api/visits?limit=100",
    "/metrics",
    "/healthz",
    "/readyz",
)
_CLIENTS: Final = 4

Taken = dict[str, list[float]]


async def ask(port: int, seconds: float, rate: float) -> Taken:
    """Ask for everything in turn, with some clients at once; return the milliseconds."""
    os.sched_setaffinity(0, {LOAD_CORE})
    os.nice(15)  # the telephones, which measure, go first
    taken: Taken = defaultdict(list)
    ends = time.perf_counter() + seconds

    async def client(session: aiohttp.ClientSession, first: int) -> None:
        place = first
        while time.perf_counter() < ends:
            path = PATHS[place % len(PATHS)]
            began = time.perf_counter()
            async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                await answer.read()
                answer.raise_for_status()
            taken[path].append(1000 * (time.perf_counter() - began))
            place += 1
            await asyncio.sleep(max(0.0, began + _CLIENTS / rate - time.perf_counter()))

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        for place in range(_CLIENTS):
            group.create_task(client(session, place))
    return taken


def run(tools: Path, arguments: argparse.Namespace, *, asking: bool) -> dict[str, object]:
    """Hold the calls once, with or without anybody asking."""
    api = free_port()
    options = ("--api-port", str(api), "--extensions", str(arguments.extensions))
    taken: Taken = {}
    with (
        stub_server(*options, "--visits", "2000", core=SERVER_CORE) as server,
        telephones(tools, server.port, arguments.calls, arguments.seconds, SPEECH) as phones,
    ):
        phones.all_up()
        if asking:
            taken = uvloop.run(ask(api, arguments.seconds * 0.9, arguments.rate))
    every = [ms for of_one in taken.values() for ms in of_one]
    return {
        "calls": {**phones.figures, **server.counted},
        "all_ms": spread(every),
        "by_path_ms": {path: spread(of_one) for path, of_one in taken.items()},
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--extensions", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder)
        build(tools, telephone_speech())
        figures: dict[str, object] = {"machine": machine()}
        for name, asking in (("alone", False), ("asked", True)):
            print(name, file=sys.stderr)
            figures[name] = run(tools, arguments, asking=asking)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
