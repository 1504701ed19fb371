"""What one whole call costs: memory, processor time, and what callers beyond capacity cost.

    python -m benchmarks.whole_call [--calls 100 500] [--seconds 10] [--runs 3]

The server is everything but the providers (`stub_server`) on one core, the telephones are
those of `load.c` on the other. Prints one JSON object.

"cpu": each way of holding a call against `floor.c`, a C program that only moves the same
frames, in one run: "listening" to silence, "talking" (speech comes all the time; turns are
taken, understood, looked up and answered as fast as they go), "speaking" (Porteiro's voice
out and speech in, in every frame). Milliseconds of processor time a second of a call.

"memory": what the server grew by, a call: from nothing, and from the smaller number of
calls to the larger, so without what all calls share.

"capacity": a server that is full, with its calls alone and while others call in: how soon
those were answered and hung up, and what became of the frames of the running calls.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import uvloop

from benchmarks.audio_plane import (
    LOAD_CORE,
    RATE,
    SERVER_CORE,
    build,
    cpu_s,
    memory_kib,
    running,
    telephone_speech,
)
from benchmarks.callers import Heard, Manners, call_in
from benchmarks.machine import machine, spread, stub_server

Figures = dict[str, float]

SPEECH: Final = "speech.raw"
SILENCE: Final = "silence.raw"
_CAPACITY: Final = 100
_BEYOND: Final = 50


@dataclass(frozen=True, slots=True)
class Way:
    """A way of holding a call: the server's arguments, and what its telephones say."""

    name: str
    arguments: tuple[str, ...]
    sound: str


WAYS: Final = (
    Way("listening", (), SILENCE),
    Way("talking", (), SPEECH),
    Way("speaking", ("--say", "long"), SPEECH),
)


class Telephones:
    """Running telephones of `load.c`; `figures` after their end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Take over telephones that are calling in."""
        self._process = process
        self.figures: Figures = {}

    def all_up(self) -> None:
        """Wait until all have called, and a second longer."""
        if self._process.stdout is not None:
            self._process.stdout.readline()

    def done(self) -> None:
        """Wait for their end."""
        output, _ = self._process.communicate(timeout=120)
        self.figures = json.loads(output)


@contextmanager
def telephones(
    tools: Path, port: int, calls: int, seconds: float, sound: str
) -> Iterator[Telephones]:
    """Have so many telephones call; they measure for `seconds` once all are up."""
    command = ["taskset", "-c", str(LOAD_CORE), str(tools / "load"), str(port), str(calls)]
    command += [str(seconds), str(tools / sound)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            phones = Telephones(process)
            yield phones
            phones.done()
        finally:
            process.kill()


# ------------------------------------------------------------------------ processor time


def cpu_of(pid: int, port: int, calls: int, seconds: float, where: tuple[Path, str]) -> Figures:
    """Return what a server's calls cost, and how late their frames were."""
    tools, sound = where
    with telephones(tools, port, calls, seconds, sound) as phones:
        phones.all_up()
        cpu_before, began = cpu_s(pid), time.monotonic()
        time.sleep(seconds * 0.9)
        cpu, length = cpu_s(pid) - cpu_before, time.monotonic() - began
    return {"cpu_ms_a_call_second": 1000 * cpu / length / calls, **phones.figures}


def cpu_run(tools: Path, calls: int, seconds: float) -> dict[str, Figures]:
    """Measure the floor and every way of holding a call, one after the other."""
    with running(SERVER_CORE, str(tools / "floor")) as (process, port):
        every = {"floor": cpu_of(process.pid, port, calls, seconds, (tools, SPEECH))}
    for way in WAYS:
        with stub_server(*way.arguments, core=SERVER_CORE) as server:
            every[way.name] = cpu_of(server.pid, server.port, calls, seconds, (tools, way.sound))
        every[way.name] |= server.counted
    floor = every["floor"]["cpu_ms_a_call_second"]
    for figures in every.values():
        figures["cpu_ratio"] = figures["cpu_ms_a_call_second"] / floor
    return every


def cpu(tools: Path, calls: int, seconds: float, runs: int) -> dict[str, object]:
    """Measure several times; return each figure's median."""
    every = []
    for run in range(runs):
        print(f"processor time, {calls} calls, run {run + 1} of {runs}", file=sys.stderr)
        every.append(cpu_run(tools, calls, seconds))
    names = ("cpu_ms_a_call_second", "cpu_ratio", "late_p99_ms", "over20_share", "frames_skipped")
    middle = {
        way: {
            name: round(median(run[way][name] for run in every), 4)
            for name in names
            if name in every[0][way]
        }
        for way in every[0]
    }
    return {"calls": calls, "runs": runs, **middle}


# -------------------------------------------------------------------------------- memory


def memory_of(tools: Path, calls: int, way: Way) -> float:
    """Return the KiB that a fresh server grew by with so many calls, 10 s after the last came."""
    with stub_server(*way.arguments) as server:
        before = memory_kib(server.pid)
        with telephones(tools, server.port, calls, 12, way.sound) as phones:
            phones.all_up()
            time.sleep(10)
            grown = memory_kib(server.pid) - before
    return float(grown)


def memory(tools: Path, calls: tuple[int, int]) -> dict[str, object]:
    """Return what a call takes while it is listened to, while it rings, and while it is told."""
    few, many = calls
    found: dict[str, object] = {}
    ways = (
        Way("collecting", (), SILENCE),
        Way("ringing", ("--hear", "whole"), SPEECH),
        Way("talking", (), SPEECH),
    )
    for way in ways:
        print(f"memory, {way.name}", file=sys.stderr)
        less, more = memory_of(tools, few, way), memory_of(tools, many, way)
        found[way.name] = {
            f"kib_a_call_at_{few}": round(less / few, 1),
            f"kib_a_call_at_{many}": round(more / many, 1),
            "kib_a_further_call": round((more - less) / (many - few), 1),
        }
    return found


# ------------------------------------------------------------------------------ capacity


def full(tools: Path, seconds: float, beyond: int) -> dict[str, object]:
    """Let a full server run, with `beyond` more callers, ten a second; return what was seen."""
    heard = Heard()
    with (
        stub_server("--max-calls", str(_CAPACITY)) as server,
        telephones(tools, server.port, _CAPACITY, seconds, SPEECH) as phones,
    ):
        phones.all_up()
        if beyond:
            heard = uvloop.run(call_in(server.port, beyond, 5, [], Manners(a_second=10)))
    received = phones.figures["received"] / (_CAPACITY * 50 * seconds)
    return {
        "running": {**phones.figures, "received_share": round(received, 4), **server.counted},
        "refused_after_ms": spread(heard.hung_up),
        "first_word_after_ms": spread(heard.greeting),
        "not_hung_up": beyond - len(heard.hung_up),
    }


def capacity(tools: Path) -> dict[str, object]:
    """Compare a full server with one that others call as well."""
    print("capacity", file=sys.stderr)
    seconds = _BEYOND / 10 + 7.0
    return {"alone": full(tools, seconds, 0), "with_others": full(tools, seconds, _BEYOND)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    report: dict[str, object] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder)
        build(tools, telephone_speech())
        (tools / SILENCE).write_bytes(bytes(2 * RATE))
        report["memory"] = memory(tools, (100, 300))
        report["capacity"] = capacity(tools)
        report["cpu"] = [cpu(tools, n, given.seconds, given.runs) for n in given.calls]
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
