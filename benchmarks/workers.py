"""What a call costs in one process, in two workers, and in two servers that know of no other.

    python -m benchmarks.workers [--calls 200] [--seconds 10] [--runs 3] [--kill]

Each is the real `porteiro serve` with two extensions, and half of the calls go to either: the
telephones of `load.c`, which listen and say nothing. The ways are measured in turn, and nothing
is bound to a core. What two workers cost more than two servers is the price of the parent; what
two servers cost more than one is the machine's: caches, wake-ups, and fewer frames a tick.

Prints one JSON object: milliseconds of processor time a second of a call, of the processes that
answer and of all (the parent, the spare, recognition), the median of the runs and each of them;
and the share of frames more than 20 ms late. `start_s`: how long its start took.

`--kill`: one of two workers is killed (-9) while all calls are the other's. What became of their
frames, against the same without a kill; and how long after it a call to the dead one's extension
heard the first sound, and on which of its calls, one tried as soon as the last had failed.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final
from uuid import uuid4

from benchmarks.audio_plane import build
from benchmarks.machine import machine
from benchmarks.processes import cpu_s, free_port
from porteiro.wire.audiosocket import Audio, AudioSocketParser, call_id_message

_PROGRAM: Final = Path(sys.executable).parent / "porteiro"
_START_S: Final = 60.0
_SETTLES_S: Final = 5.0
_SILENCE_S: Final = 5

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Way:
    """So many servers side by side, each with so many workers, and two extensions in all."""

    name: str
    servers: int
    workers: int


WAYS: Final = (
    Way("one process", 1, 1),
    Way("two workers", 1, 2),
    Way("two servers", 2, 1),
)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its process, its visitors' ports, and how long its start took."""

    pid: int
    ports: tuple[int, ...]
    start_s: float
    log: Path

    def worker(self, number: int) -> int:
        """Return the process of a worker."""
        lines = map(json.loads, self.log.read_text().splitlines())
        told = [one for one in lines if one["event"] == "a worker is there"]
        return next(int(one["pid"]) for one in told if one["worker"] == number)


@contextmanager
def server(folder: Path, workers: int, extensions: int) -> Iterator[Served]:
    """Run a server of its own data folder while the block lasts."""
    folder.mkdir()
    rows = [_row(10 + place) for place in range(extensions)]
    (folder / "ramais_config.json").write_text(json.dumps({"ramais": rows}))
    (folder / "phrases").symlink_to(folder.parent / "phrases")
    log = folder / "porteiro.log"
    settings = {
        "PATH": os.environ["PATH"],
        "PORTEIRO_DATA_DIR": str(folder),
        "PORTEIRO_WORKERS": str(workers),
        "PORTEIRO_MAX_LAG_MS": "0",
        "PORTEIRO_MAX_CALLS": "2000",
        "AUDIO_MODE": "audiosocket",
        "API_PORT": "0",
        "MAX_CONCURRENT_TRANSCRIPTIONS": "2",
    }
    began = time.monotonic()
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [_PROGRAM, "serve"], cwd=folder, env=settings, stdout=output, stderr=output
        ) as process,
    ):
        try:
            while "Porteiro serves" not in log.read_text():
                if process.poll() is not None or time.monotonic() - began > _START_S:
                    raise SystemExit(log.read_text())
                time.sleep(0.02)
            took = time.monotonic() - began
            yield Served(process.pid, tuple(row["porta_ia"] for row in rows), took, log)
        finally:
            process.terminate()


def _row(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "ramal_ia": str(number),
        "ramal_retorno": str(1000 + number),
        "ip_servidor": "127.0.0.1",
        "porta_ia": free_port(),
        "porta_retorno": free_port(),
        "condominio_id": 15,
    }


def family(pid: int) -> Iterator[int]:
    """Yield a process and all that come from it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from family(int(child))


def cpu_by_part(pids: Sequence[int]) -> dict[str, float]:
    """Return the processor time of servers so far: of what answers calls, and of all."""
    every = [pid for first in pids for pid in family(first)]
    workers = [pid for pid in every if _name(pid) == "porteiro-worker"]
    answering = workers or list(pids)
    return {
        "answering": sum(map(cpu_s, answering)),
        "all": sum(map(cpu_s, every)),
    }


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


@contextmanager
def telephones(
    tools: Path, port: int, calls: int, seconds: float
) -> Iterator[subprocess.Popen[str]]:
    """Have so many telephones call; they measure for `seconds` once all are up."""
    command = [str(tools / "load"), str(port), str(calls), str(seconds)]
    command.append(str(tools / "speech.raw"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def measure(way: Way, tools: Path, calls: int, seconds: float) -> Figures:
    """Return what one way costs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=tools)))
        (folder / "phrases").symlink_to(tools / "phrases")
        served = [
            stack.enter_context(server(folder / str(n), way.workers, 2 // way.servers))
            for n in range(way.servers)
        ]
        ports = [port for one in served for port in one.ports]
        time.sleep(_SETTLES_S)  # until the spare is there as well
        phones = [
            stack.enter_context(telephones(tools, port, calls // 2, seconds)) for port in ports
        ]
        for phone in phones:
            if phone.stdout is not None:
                phone.stdout.readline()
        pids = [one.pid for one in served]
        before, began = cpu_by_part(pids), time.monotonic()
        time.sleep(seconds * 0.9)
        after, length = cpu_by_part(pids), time.monotonic() - began
        told = [json.loads(phone.communicate(timeout=120)[0]) for phone in phones]
    cost = {part: 1000 * (after[part] - before[part]) / length / calls for part in after}
    late = sum(one["over20_share"] for one in told) / len(told)
    return {**cost, "over20_share": late, "start_s": max(one.start_s for one in served)}


def killed(tools: Path, calls: int, seconds: float, *, kill: bool) -> Figures:
    """Return what the calls of one worker feel of the other's death, and how soon it answers."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=tools)))
        (folder / "phrases").symlink_to(tools / "phrases")
        served = stack.enter_context(server(folder / "0", 2, 2))
        time.sleep(_SETTLES_S)
        safe, lost = served.ports
        phones = stack.enter_context(telephones(tools, safe, calls, seconds))
        if phones.stdout is not None:
            phones.stdout.readline()
        time.sleep(seconds / 2)
        told: Figures = {}
        if kill:
            os.kill(served.worker(1), signal.SIGKILL)
            told = first_sound(lost)
        figures = json.loads(phones.communicate(timeout=120)[0])
    due = calls * 50 * seconds
    names = ("late_p99_ms", "late_max_ms", "over20_share", "gaps")
    return {
        "frames_due": due,
        "frames_received": figures["received"],
        **{name: figures[name] for name in names},
        **told,
    }


def first_sound(port: int) -> Figures:
    """Call again and again until there is a sound; return how long it took, and how many calls."""
    began, tried = time.monotonic(), 0
    while time.monotonic() - began < _START_S:
        tried += 1
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
                line.sendall(call_id_message(str(uuid4())))
                parser = AudioSocketParser(from_pbx=False)
                while data := line.recv(4096):
                    for message in parser.receive(data):
                        if isinstance(message, Audio) and any(message.payload):
                            took = time.monotonic() - began
                            return {"first_sound_s": round(took, 3), "calls_tried": tried}
        except OSError:
            time.sleep(0.005)
    raise SystemExit("the dead worker's extension does not answer")


def costs(tools: Path, calls: int, seconds: float, runs: int) -> dict[str, object]:
    """Measure every way, one after the other, several times."""
    every: dict[str, list[Figures]] = {way.name: [] for way in WAYS}
    for run in range(runs):
        for way in WAYS:
            print(f"{way.name}, run {run + 1} of {runs}", file=sys.stderr)
            every[way.name].append(measure(way, tools, calls, seconds))
    return {
        name: {
            "median": {part: round(median(one[part] for one in found), 3) for part in found[0]},
            "answering_runs": [round(one["answering"], 3) for one in found],
        }
        for name, found in every.items()
    }


def deaths(tools: Path, calls: int, seconds: float, runs: int) -> dict[str, object]:
    """Measure with and without a worker's death, several times."""
    found: dict[str, list[Figures]] = {"undisturbed": [], "other worker killed": []}
    for run in range(runs):
        print(f"a worker's death, run {run + 1} of {runs}", file=sys.stderr)
        for (_, every), kill in zip(found.items(), (False, True), strict=True):
            every.append(killed(tools, calls, seconds, kill=kill))
    return {**found}


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--kill", action="store_true")
    options = parser.parse_args()
    before = machine()
    with tempfile.TemporaryDirectory() as place:
        tools = Path(place)
        build(tools, bytes(16_000 * _SILENCE_S))
        (tools / "phrases").mkdir()
        look = deaths if options.kill else costs
        found = look(tools, options.calls, options.seconds, options.runs)
    print(json.dumps({"machine": before, "calls": options.calls, **found}, indent=2))


if __name__ == "__main__":
    main()
