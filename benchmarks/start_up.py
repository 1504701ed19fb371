"""How long Porteiro takes until it serves, and what extensions cost that nobody calls.

    python -m benchmarks.start_up [--extensions 1 100 1000] [--workers 1 2] [--runs 3]
                                  [--idle 4] [--out build/benchmarks]

A real `porteiro serve` with its extensions in the local file, as after a start without the
database; the phrases are there from an earlier start. "ready_s" is from the start of the process
to every port listening, "first_port_s" to the first. "idle_cpu_percent" is of one core, of all
processes, while nobody calls; "memory_mib" is the memory of all of them that is their own.
"kib_an_extension" and "ratio" (of the time) are against the fewest extensions with as many
workers. Medians of the runs. Writes `start_up.json` and `start_up.png` to `--out`, and prints
the JSON.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.charts import lines, save, sheet
from benchmarks.machine import machine
from benchmarks.processes import cpu_s, family, memory_kib
from tests.integration.server import PROGRAM, environment

_FIRST_PORT: Final = 12_000
_LIMIT_S: Final = 120.0
_SETTLED_S: Final = 1.0

Figures = dict[str, float]


def write_rows(data: Path, extensions: int, phrases: Path) -> None:
    """Write the file of so many extensions, two ports each from the first on."""
    data.mkdir()
    (data / "phrases").symlink_to(phrases)
    rows = [
        {
            "id": 1 + place,
            "ramal_ia": str(200_000 + 2 * place),
            "ramal_retorno": str(200_001 + 2 * place),
            "ip_servidor": "127.0.0.1",
            "porta_ia": _FIRST_PORT + 2 * place,
            "porta_retorno": _FIRST_PORT + 2 * place + 1,
            "condominio_id": 1 + place % 50,
        }
        for place in range(extensions)
    ]
    (data / "ramais_config.json").write_text(json.dumps({"ramais": rows}))


def listens(port: int) -> bool:
    """Return whether somebody takes connections on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def since(began: float, ports: Sequence[int], server: "subprocess.Popen[bytes]") -> float:
    """Wait until all these ports listen; return the seconds since `began`."""
    for port in ports:
        while not listens(port):
            if server.poll() is not None or time.monotonic() - began > _LIMIT_S:
                raise SystemExit(f"porteiro serve does not listen on port {port}")
            time.sleep(0.005)
    return time.monotonic() - began


@contextmanager
def started(folder: Path, extensions: int, workers: int) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a server while the block lasts, and end it in peace."""
    (folder.parent / "phrases").mkdir(exist_ok=True)
    write_rows(folder / "data", extensions, folder.parent / "phrases")
    settings = {
        "PORTEIRO_WORKERS": str(workers),
        "AUDIO_MODE": "audiosocket",
        "MAX_CONCURRENT_TRANSCRIPTIONS": "",
    }
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [PROGRAM, "serve"],
            cwd=folder,
            env=environment(folder / "data", settings),
            stdout=log,
            stderr=log,
        ) as server,
    ):
        try:
            yield server
            server.terminate()
            server.wait(30)
        finally:
            server.kill()


def once(extensions: int, workers: int, idle_s: float, place: Path) -> Figures:
    """Start a server once; return what it took."""
    ports = range(_FIRST_PORT, _FIRST_PORT + 2 * extensions)
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(dir=place) as folder,
        started(Path(folder), extensions, workers) as server,
    ):
        first_s = since(began, ports[:1], server)
        ready_s = since(began, [*reversed(ports)], server)
        time.sleep(_SETTLED_S)
        everybody = family(server.pid)
        before, looked = sum(map(cpu_s, everybody)), time.monotonic()
        time.sleep(idle_s)
        spent = sum(map(cpu_s, everybody)) - before
        return {
            "first_port_s": first_s,
            "ready_s": ready_s,
            "idle_cpu_percent": 100 * spent / (time.monotonic() - looked),
            "memory_mib": sum(map(memory_kib, everybody)) / 1024,
            "processes": float(len(everybody)),
        }


def measure(sizes: Sequence[int], workers: int, runs: int, idle_s: float) -> list[Figures]:
    """Return the medians of the runs for each number of extensions."""
    found: list[Figures] = []
    with tempfile.TemporaryDirectory() as folder:
        once(max(sizes), workers, 0.1, Path(folder))  # makes the phrases of every condominium
        for size in sizes:
            print(f"{size} extensions, {workers} workers", file=sys.stderr)
            every = [once(size, workers, idle_s, Path(folder)) for _ in range(runs)]
            middle = {name: round(median(run[name] for run in every), 2) for name in every[0]}
            found.append({"extensions": float(size), "workers": float(workers), **middle})
    least = found[0]
    for each in found:
        more = each["extensions"] - least["extensions"]
        grown = 1024 * (each["memory_mib"] - least["memory_mib"])
        each["kib_an_extension"] = round(grown / more, 1) if more else 0.0
        each["ratio"] = round(each["ready_s"] / least["ready_s"], 2)
    return found


def main() -> None:
    """Measure, draw and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--extensions", type=int, nargs="+", default=[1, 100, 1000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--idle", type=float, default=4)
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    given = parser.parse_args()
    where = machine()
    found = {n: measure(given.extensions, n, given.runs, given.idle) for n in given.workers}
    report = {"machine": where, "starts": [one for each in found.values() for one in each]}
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "start_up.json").write_text(json.dumps(report, indent=2))
    figure, panels = sheet("Start-up, and extensions that nobody calls", where)
    for panel, name, title, limit in (
        (panels[0], "ready_s", "start to every port listening, s", ("allowed at 1,000", 3.0)),
        (panels[1], "memory_mib", "memory of all processes, MiB", None),
        (panels[2], "idle_cpu_percent", "CPU while nobody calls, % of a core", None),
    ):
        curves = {
            f"{n} worker{'s' * (n > 1)}": [each[name] for each in each_size]
            for n, each_size in found.items()
        }
        lines(panel, title, ("extensions", given.extensions), curves, limit)
    save(figure, given.out / "start_up.png")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
