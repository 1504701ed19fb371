"""What a frame costs that comes over a WebSocket, against one that comes over AudioSocket.

    python -m benchmarks.stream_path [--calls 200] [--seconds 8] [--runs 3]

Porteiro's two ways for sound, from the socket to the call's leg, serve the same telephones in
turn, the server on one core, the telephones on the other: "hear" takes their sound only,
"both" plays a phrase on every line as well; "stream-deflate" has them compress each frame.
Prints one JSON object: the microseconds of CPU a frame of 20 ms that comes in (in "both", and
another that goes out), from the kernel's account of the server's threads; their ratio; and how
long FreeSWITCH would wait for its close to be answered and the connection to end, with all the
calls up.
"""

import argparse
import asyncio
import gc
import json
import logging
import socket
import subprocess
import sys
import time
import zlib
from statistics import median
from typing import Final
from uuid import uuid4

import structlog
import uvloop

from benchmarks.audio_plane import LOAD_CORE, SERVER_CORE, cpu_s, running
from benchmarks.machine import machine, spread
from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FRAME_S, FrameClock, FrameSource, Survey
from porteiro.calls.ports import Line
from porteiro.lines.audiosocket import AudioSocketListener, AudioSocketOptions
from porteiro.lines.freeswitch.playback_binary import BinaryPlayback
from porteiro.lines.freeswitch.stream import StreamConnection, StreamOptions, StreamServer
from porteiro.wire.audiosocket import audio_message, call_id_message

WAYS: Final = ("audiosocket", "stream", "stream-deflate")
MODES: Final = ("hear", "both")
SOUND: Final = bytes(range(160)) * 2
PHRASE: Final = Clip(8000, SOUND * 50 * 600, complete=True)
MASK: Final = b"\x37\xfa\x21\x3d"
CLOSES: Final = 200


class SilentClock(FrameClock):
    """A frame clock that asks nobody for frames."""

    def add(self, source: FrameSource, survey: Survey | None = None) -> None:
        """Leave the source alone."""


class Leg:
    """What hears a line or a stream, and does nothing about it."""

    def audio(self, pcm: bytes) -> None:
        """Take an AudioSocket line's sound."""

    def sound(self, pcm: bytes) -> None:
        """Take a stream's sound."""

    def text(self, text: str) -> None:
        """Ignore texts."""

    def key(self, digit: str) -> None:
        """Ignore keys."""

    def held(self) -> None:
        """Ignore holds."""

    def resumed(self) -> None:
        """Ignore the end of a hold."""

    def closed(self, cause: str) -> None:
        """Leave the memory to the line."""


def nobody(played_s: float, *, finished: bool) -> None:
    """Take the end of a clip and do nothing."""


async def serve(way: str, mode: str, port: int) -> None:
    """Be one of the ways, until killed."""
    clock = FrameClock() if mode == "both" else SilentClock()

    def line_arrived(line: Line) -> None:
        line.attach(Leg())
        if mode == "both":
            line.play(PHRASE, nobody)

    def stream_arrived(stream: StreamConnection) -> None:
        stream.attach(Leg())
        if mode == "both":
            BinaryPlayback(stream, clock).play(PHRASE, nobody)

    options = StreamOptions(compression=way == "stream-deflate")
    listener = (
        AudioSocketListener(AudioSocketOptions(), clock, line_arrived)
        if way == "audiosocket"
        else StreamServer(options, stream_arrived, lambda _path: True)
    )
    await listener.open("127.0.0.1", port)
    gc.collect()
    gc.freeze()
    await asyncio.Event().wait()


# --------------------------------------------------------------------- the telephones


def masked(opcode: int, payload: bytes) -> bytes:
    """Return one frame as a WebSocket client sends it."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    hidden = bytes(byte ^ MASK[n % 4] for n, byte in enumerate(payload))
    return bytes([0x80 | opcode]) + length + MASK + hidden


def deflated(payload: bytes) -> bytes:
    """Return one compressed frame, without a memory of the one before."""
    squeezing = zlib.compressobj(wbits=-12)
    squeezed = squeezing.compress(payload) + squeezing.flush(zlib.Z_SYNC_FLUSH)
    return masked(0x42, squeezed.removesuffix(b"\x00\x00\xff\xff"))


FRAMES: Final = {
    "audiosocket": audio_message(8000, SOUND),
    "stream": masked(2, SOUND),
    "stream-deflate": deflated(SOUND),
}


def telephone(way: str, port: int) -> socket.socket:
    """Open one line, and return when it is accepted."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    call_id = str(uuid4())
    if way == "audiosocket":
        line.sendall(call_id_message(call_id))
        return line
    offer = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
    line.sendall(
        (
            f"GET /stream/2000/{call_id} HTTP/1.1\r\nHost:127.0.0.1:{port}\r\nUpgrade:websocket\r\n"
            "Connection:upgrade\r\nSec-WebSocket-Key:Qq9q7DksnuHtpBQhelkDLw==\r\n"
            f"Sec-WebSocket-Version:13\r\nSec-WebSocket-Extensions:{offer}\r\n\r\n"
        ).encode()
    )
    answer = line.recv(4096)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise SystemExit(f"the stream was refused: {answer[:100]!r}")
    return line


def telephones(way: str, port: int, calls: int, seconds: float) -> None:
    """Be the telephones, then print how long closes took (ms)."""
    lines = [telephone(way, port) for _ in range(calls)]
    frame = FRAMES[way]
    print("measure", flush=True)
    start = time.monotonic()
    for n in range(1, int(seconds / FRAME_S)):
        for line in lines:
            line.sendall(frame)
            try:
                line.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
        time.sleep(max(0.0, start + n * FRAME_S - time.monotonic()))
    closes = [] if way == "audiosocket" else [close_ms(line, frame) for line in lines[:CLOSES]]
    print(json.dumps(closes))


def close_ms(line: socket.socket, frame: bytes) -> float:
    """Close a stream as FreeSWITCH does; return how long its end took in milliseconds."""
    line.setblocking(True)  # noqa: FBT003  the standard library's own name for it
    began = time.perf_counter()
    line.sendall(frame + masked(8, (1000).to_bytes(2, "big") + b"Normal closure"))
    while line.recv(65536):
        pass
    return 1000 * (time.perf_counter() - began)


# ------------------------------------------------------------------------ measuring


def measure(way: str, mode: str, calls: int, seconds: float) -> tuple[float, list[float]]:
    """Return the microseconds of CPU a frame, and how long closes took (ms)."""
    ourselves = (sys.executable, "-W", "ignore", "-m", "benchmarks.stream_path")
    with running(SERVER_CORE, *ourselves, "--serve", way, mode) as (server, port):
        load = ["taskset", "-c", str(LOAD_CORE), *ourselves, "--load", way, str(port)]
        load += ["--calls", str(calls), "--seconds", str(seconds)]
        with subprocess.Popen(load, stdout=subprocess.PIPE, text=True) as process:
            said = process.stdout or sys.exit("no standard output")
            said.readline()  # "measure"
            time.sleep(seconds * 0.1)
            cpu_before, began = cpu_s(server.pid), time.monotonic()
            time.sleep(seconds * 0.8)
            cpu, length = cpu_s(server.pid) - cpu_before, time.monotonic() - began
            closes: list[float] = json.loads(said.read())
    return 1e6 * cpu / (length / FRAME_S * calls), closes


def compare(calls: int, seconds: float, runs: int) -> dict[str, object]:
    """Measure all ways in turn, in both modes."""
    report: dict[str, object] = {}
    closes: list[float] = []
    for mode in MODES:
        spent: dict[str, list[float]] = {way: [] for way in WAYS}
        for run in range(runs):
            print(f"{mode}, {calls} calls, run {run + 1} of {runs}", file=sys.stderr)
            for way in WAYS:
                us, took = measure(way, mode, calls, seconds)
                spent[way].append(us)
                closes += took
        ratios = [b / a for a, b in zip(spent["audiosocket"], spent["stream"], strict=True)]
        report[mode] = {
            "us_a_frame": {way: round(median(values), 2) for way, values in spent.items()},
            "ratio": round(median(ratios), 2),
            "ratios": [round(ratio, 2) for ratio in ratios],
        }
    return report | {"close_answered_ms": spread(closes)}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--serve", nargs=3, metavar=("WAY", "MODE", "PORT"))
    parser.add_argument("--load", nargs=2, metavar=("WAY", "PORT"))
    options = parser.parse_args()
    if options.serve:
        way, mode, port = options.serve
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        uvloop.run(serve(way, mode, int(port)))
    elif options.load:
        way, port = options.load
        telephones(way, int(port), options.calls, options.seconds)
    else:
        figures = compare(options.calls, options.seconds, options.runs)
        print(json.dumps({"machine": machine(), "calls": options.calls} | figures, indent=2))


if __name__ == "__main__":
    main()
