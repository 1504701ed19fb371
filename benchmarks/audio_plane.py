"""What the audio plane costs, against a C program that only moves the same frames.

    python -m benchmarks.audio_plane [--calls 10 100 200 500 1000] [--seconds 8] [--runs 3]
                                     [--real-time] [--busy] [--out build/benchmarks]

For each number of calls, and in turn, `floor.c` and Porteiro's audio plane (voice detection
on, a phrase being played on every line) serve the telephones of `load.c`, the server on one
core, the telephones on the other: over AudioSocket, and over the WebSocket of FreeSWITCH's
mod_audio_stream, both against the same floor. Prints one JSON object, and writes it
and a chart to the folder `--out`: each server's figures (the median of the runs) and their
ratio. CPU is read from the kernel's account of the server's threads while calls are up,
memory as what the server grew by. "first_frame" is the work from `play` to the frame's bytes
being handed to the socket. `--busy` keeps the telephones' core at work all the time with
something else; `--real-time` gives servers and telephones precedence over whatever else the
machine is doing, where it cannot be had for oneself.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.audio_plane_chart import Comparison, Figures, draw
from benchmarks.machine import machine
from benchmarks.plane_server import EXTENSION, RATE, Leg, telephone_speech
from benchmarks.processes import (
    LOAD_CORE,
    SERVER_CORE,
    cpu_s,
    free_port,
    memory_kib,
    pinned,
    running,
    wait_for,
)
from porteiro.audio.clip import Clip
from porteiro.audio.playout import Playout
from porteiro.lines.sound import WireFormat, codec_for

HERE: Final = Path(__file__).parent
__all__ = [
    "LOAD_CORE",
    "RATE",
    "SERVER_CORE",
    "Leg",
    "build",
    "cpu_s",
    "free_port",
    "memory_kib",
    "running",
    "telephone_speech",
    "wait_for",
]


@dataclass(frozen=True, slots=True)
class Setting:
    """How to measure: with what tools, for how long, how often."""

    tools: Path
    seconds: float
    runs: int
    real_time: bool


def measure(setting: Setting, calls: int, *server: str, extension: str = "") -> Figures:
    """Return what one server costs at so many calls, over a WebSocket if they name an extension."""
    tools, seconds = setting.tools, setting.seconds
    with running(SERVER_CORE, *server, real_time=setting.real_time) as (process, port):
        memory_before = memory_kib(process.pid)
        load = [*pinned(LOAD_CORE, real_time=setting.real_time), str(tools / "load"), str(port)]
        load += [
            str(calls),
            str(seconds),
            str(tools / "speech.raw"),
            *([extension] if extension else []),
        ]
        with subprocess.Popen(load, stdout=subprocess.PIPE, text=True) as telephones:
            said = telephones.stdout or sys.exit("no standard output")
            said.readline()  # "measure"
            cpu_before, began = cpu_s(process.pid), time.monotonic()
            time.sleep(seconds * 0.9)
            cpu, length = cpu_s(process.pid) - cpu_before, time.monotonic() - began
            memory = memory_kib(process.pid) - memory_before
            figures: Figures = json.loads(said.read())
    figures["cpu_ms_a_call_second"] = 1000 * cpu / length / calls
    figures["memory_kib_a_call"] = memory / calls
    return figures


@contextmanager
def at_work(core: int, *, busy: bool) -> Iterator[None]:
    """Keep one core at work meanwhile, if it is to be busy."""
    if not busy:
        yield
        return
    spin = [*pinned(core), sys.executable, "-c", "while True: pass"]
    with subprocess.Popen(spin) as spinning:
        try:
            yield
        finally:
            spinning.kill()


def nobody(played_s: float, *, finished: bool) -> None:
    """Take the end of a clip and do nothing."""


def first_frame_us(speech: bytes) -> float:
    """Return the microseconds of work from `play` to the first frame's whole message."""
    codec = codec_for(WireFormat(RATE), RATE)
    playout = Playout(RATE, lambda _call: None)
    spent = []
    for _ in range(2000):
        began = time.perf_counter()
        playout.play(Clip(RATE, speech[: 4 * RATE], complete=True), nobody)
        codec.message(playout.next_frame() or b"")
        spent.append(time.perf_counter() - began)
    return 1e6 * median(spent)


def middle(runs: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    return {name: round(median(run[name] for run in runs), 4) for name in runs[0]}


def compare(setting: Setting, calls: int) -> Comparison:
    """Measure the floor and both kinds of lines in turn."""
    ourselves = (sys.executable, "-W", "ignore", "-m", "benchmarks.plane_server")
    rounds = []
    for run in range(setting.runs):
        print(f"{calls} calls, run {run + 1} of {setting.runs}", file=sys.stderr)
        floor = measure(setting, calls, str(setting.tools / "floor"))
        ours = measure(setting, calls, *ourselves, "audiosocket")
        theirs = measure(setting, calls, *ourselves, "freeswitch", extension=EXTENSION.number)
        rounds.append((floor, ours, theirs))
    floors, audiosocket, freeswitch = zip(*rounds, strict=True)
    floor, ours, theirs = middle(floors), middle(audiosocket), middle(freeswitch)
    to_floor, to_floor_too = ratios(audiosocket, floors), ratios(freeswitch, floors)
    return {
        "calls": calls,
        "floor": floor,
        "porteiro": ours,
        "freeswitch": theirs,
        "cpu_ratio": round(median(to_floor), 2),
        "cpu_ratios": to_floor,
        "freeswitch_cpu_ratio": round(median(to_floor_too), 2),
        "freeswitch_cpu_ratios": to_floor_too,
        "over20_share_beyond_floor": round(ours["over20_share"] - floor["over20_share"], 5),
    }


def ratios(ours: Sequence[Figures], floors: Sequence[Figures]) -> list[float]:
    """Return how many times the floor's processor time each run took."""
    name = "cpu_ms_a_call_second"
    return [round(our[name] / floor[name], 2) for our, floor in zip(ours, floors, strict=True)]


def build(tools: Path, speech: bytes) -> None:
    """Compile the C programs and lay the telephones' speech beside them."""
    for name in ("floor", "load"):
        source = str(HERE / f"{name}.c")
        subprocess.run(["cc", "-O2", "-Wall", "-o", str(tools / name), source], check=True)
    (tools / "speech.raw").write_bytes(speech)


def options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[10, 100, 200, 500, 1000])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--real-time", action="store_true")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    return parser.parse_args()


def main() -> None:
    """Measure and write what was found."""
    asked, speech = options(), telephone_speech()
    with tempfile.TemporaryDirectory() as folder, at_work(LOAD_CORE, busy=asked.busy):
        setting = Setting(Path(folder), asked.seconds, asked.runs, asked.real_time)
        build(setting.tools, speech)
        compared = [compare(setting, calls) for calls in asked.calls]
    report = {
        "machine": machine(),
        "other_core_busy": asked.busy,
        "real_time": asked.real_time,
        "first_frame_us": round(first_frame_us(speech), 1),
        "runs": compared,
    }
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "audio_plane.json").write_text(json.dumps(report, indent=2))
    draw(compared, machine(), asked.out / "audio_plane.png")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
