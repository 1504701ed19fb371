"""What the audio plane costs, against a C program that only moves the same frames.

    python -m benchmarks.audio_plane [--calls 10 100 200 500 1000] [--seconds 8] [--runs 3]
                                     [--real-time] [--busy] [--out build/benchmarks]

For each number of calls, and in turn, `floor.c` and Porteiro's audio plane (AudioSocket,
voice detection on, a phrase being played on every line) serve the telephones of `load.c`,
the server on one core, the telephones on the other. Prints one JSON object, and writes it
and a chart to the folder `--out`: each server's figures (the median of the runs) and their
ratio. CPU is read from the kernel's account of the server's threads while calls are up,
memory as what the server grew by. "first_frame" is the work from `play` to the frame's bytes
being handed to the socket. `--busy` keeps the telephones' core at work all the time with
something else; `--real-time` gives servers and telephones precedence over whatever else the
machine is doing, where it cannot be had for oneself.
"""

import argparse
import asyncio
import gc
import json
import logging
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import structlog
import uvloop

from benchmarks.audio_plane_chart import Comparison, Figures, draw
from benchmarks.machine import machine
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
from porteiro.audio.endpointing import Endpointer, EndpointingOptions, TurnEnded
from porteiro.audio.frame_clock import FrameClock
from porteiro.audio.playout import Playout
from porteiro.calls.ports import Line
from porteiro.lines.audiosocket import AudioSocketListener, AudioSocketOptions
from porteiro.lines.sound import WireFormat, codec_for
from tests.fixtures_path import fixtures

HERE: Final = Path(__file__).parent
RATE: Final = 8000
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


class Leg:
    """What listens and speaks on one line: an endpointer, and a phrase over and over."""

    def __init__(self, line: Line, phrase: Clip) -> None:
        self._line = line
        self._phrase = phrase
        self._now = asyncio.get_running_loop().time
        self._endpointer = Endpointer(line.sample_rate, EndpointingOptions())
        self._endpointer.open(self._now())
        line.play(phrase, self._say)

    def _say(self, played_s: float, *, finished: bool) -> None:
        if finished and played_s:
            self._line.play(self._phrase, self._say)

    def audio(self, pcm: bytes) -> None:
        now = self._now()
        if isinstance(self._endpointer.push(pcm, now), TurnEnded):
            self._endpointer.open(now)

    def key(self, digit: str) -> None:
        """Ignore keys."""

    def held(self) -> None:
        """Ignore holds."""

    def resumed(self) -> None:
        """Ignore the end of a hold."""

    def closed(self, cause: str) -> None:
        """Leave the memory to the line."""


async def serve(port: int, speech: bytes) -> None:
    """Be the audio plane, until killed."""
    phrase = Clip(RATE, speech, complete=True)
    listener = AudioSocketListener(
        AudioSocketOptions(), FrameClock(), lambda line: line.attach(Leg(line, phrase))
    )
    await listener.open("127.0.0.1", port)
    gc.collect()
    gc.freeze()
    await asyncio.Event().wait()


def telephone_speech() -> bytes:
    """Return the recorded utterances one after the other, with a second between them."""
    pause = bytes(2 * RATE)
    sound = bytearray()
    for path in sorted(fixtures("speech").glob("*.wav")):
        with wave.open(str(path)) as recording:
            sound += recording.readframes(recording.getnframes()) + pause
    return bytes(sound)


@dataclass(frozen=True, slots=True)
class Setting:
    """How to measure: with what tools, for how long, how often."""

    tools: Path
    seconds: float
    runs: int
    real_time: bool


def measure(setting: Setting, calls: int, *server: str) -> Figures:
    """Return what one server costs at so many calls."""
    tools, seconds = setting.tools, setting.seconds
    with running(SERVER_CORE, *server, real_time=setting.real_time) as (process, port):
        memory_before = memory_kib(process.pid)
        load = [*pinned(LOAD_CORE, real_time=setting.real_time), str(tools / "load"), str(port)]
        load += [str(calls), str(seconds), str(tools / "speech.raw")]
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


def middle(runs: list[Figures]) -> Figures:
    """Return the median of each figure."""
    return {name: round(median(run[name] for run in runs), 4) for name in runs[0]}


def compare(setting: Setting, calls: int) -> Comparison:
    """Measure both servers in turn."""
    ourselves = (sys.executable, "-W", "ignore", "-m", "benchmarks.audio_plane", "--serve")
    pairs = []
    for run in range(setting.runs):
        print(f"{calls} calls, run {run + 1} of {setting.runs}", file=sys.stderr)
        floor = measure(setting, calls, str(setting.tools / "floor"))
        pairs.append((floor, measure(setting, calls, *ourselves)))
    name = "cpu_ms_a_call_second"
    ratios = [ours[name] / floor[name] for floor, ours in pairs]
    floor, ours = middle([pair[0] for pair in pairs]), middle([pair[1] for pair in pairs])
    return {
        "calls": calls,
        "floor": floor,
        "porteiro": ours,
        "cpu_ratio": round(median(ratios), 2),
        "cpu_ratios": [round(ratio, 2) for ratio in ratios],
        "over20_share_beyond_floor": round(ours["over20_share"] - floor["over20_share"], 5),
    }


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
    parser.add_argument("--serve", type=int, metavar="PORT", help="be the audio plane only")
    return parser.parse_args()


def main() -> None:
    """Be the server, or measure and write what was found."""
    asked, speech = options(), telephone_speech()
    if asked.serve:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        uvloop.run(serve(asked.serve, speech))
        return
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
