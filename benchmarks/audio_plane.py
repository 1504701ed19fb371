"""What the audio plane costs, against a C program that only moves the same frames.

    python -m benchmarks.audio_plane [--calls 10 100 500] [--seconds 10] [--runs 3]

For each number of calls, and in turn, `floor.c` and Porteiro's audio plane (AudioSocket,
voice detection on, a phrase being played on every line) serve the telephones of `load.c`,
the server on one core, the telephones on the other. Prints one JSON object: each server's
figures (the median of the runs) and their ratio. CPU is read from the kernel's account of
the server's threads while calls are up, memory as what the server grew by. "first_frame"
is the work from `play` to the frame's bytes being handed to the socket.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

import structlog
import uvloop

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
SERVER_CORE: Final = 0
LOAD_CORE: Final = 1

Figures = dict[str, float]


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


def cpu_s(pid: int) -> float:
    """Return the seconds that all threads of a process have been on a CPU."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def memory_kib(pid: int) -> int:
    """Return the memory of a process that is its own, in KiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    lines = [line.split() for line in rollup.splitlines() if line.startswith("Private_")]
    return sum(int(line[1]) for line in lines)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(core: int, *command: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a server on one core, its port as the last argument, as long as it is needed."""
    port = free_port()
    pinned = ["taskset", "-c", str(core), *command, str(port)]
    with subprocess.Popen(pinned, text=True) as server:
        try:
            wait_for(port)
            yield server, port
        finally:
            server.kill()


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(200):
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")


def measure(tools: Path, calls: int, seconds: float, *server: str) -> Figures:
    """Return what one server costs at so many calls."""
    with running(SERVER_CORE, *server) as (process, port):
        memory_before = memory_kib(process.pid)
        load = ["taskset", "-c", str(LOAD_CORE), str(tools / "load"), str(port), str(calls)]
        load += [str(seconds), str(tools / "speech.raw")]
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


def compare(tools: Path, calls: int, seconds: float, runs: int) -> dict[str, object]:
    """Measure both servers in turn."""
    ourselves = (sys.executable, "-W", "ignore", "-m", "benchmarks.audio_plane", "--serve")
    pairs = []
    for run in range(runs):
        print(f"{calls} calls, run {run + 1} of {runs}", file=sys.stderr)
        pairs.append(
            (
                measure(tools, calls, seconds, str(tools / "floor")),
                measure(tools, calls, seconds, *ourselves),
            )
        )
    cpu_ratios = [
        ours["cpu_ms_a_call_second"] / floor["cpu_ms_a_call_second"] for floor, ours in pairs
    ]
    floor, ours = middle([pair[0] for pair in pairs]), middle([pair[1] for pair in pairs])
    return {
        "calls": calls,
        "floor": floor,
        "porteiro": ours,
        "cpu_ratio": round(median(cpu_ratios), 2),
        "cpu_ratios": [round(ratio, 2) for ratio in cpu_ratios],
        "over20_share_beyond_floor": round(ours["over20_share"] - floor["over20_share"], 5),
    }


def build(tools: Path, speech: bytes) -> None:
    """Compile the C programs and lay the telephones' speech beside them."""
    for name in ("floor", "load"):
        source = str(HERE / f"{name}.c")
        subprocess.run(["cc", "-O2", "-Wall", "-o", str(tools / name), source], check=True)
    (tools / "speech.raw").write_bytes(speech)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[10, 100, 500])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--serve", type=int, metavar="PORT", help="be the audio plane only")
    options = parser.parse_args()
    speech = telephone_speech()
    if options.serve:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        uvloop.run(serve(options.serve, speech))
        return
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder)
        build(tools, speech)
        report = {
            "cores": os.cpu_count(),
            "first_frame_us": round(first_frame_us(speech), 1),
            "runs": [
                compare(tools, calls, options.seconds, options.runs) for calls in options.calls
            ],
        }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
