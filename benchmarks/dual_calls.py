"""How FreeSWITCH's lines keep time: many dual-mode calls at once, sound both ways.

    python -m benchmarks.dual_calls [--calls 200] [--seconds 10] [--runs 3]

A server with FreeSWITCH's two ports, voice detection on and a phrase being played on every
line (`binary` playback, a frame each 20 ms), on one core; on the other, in one process, so
many FreeSWITCH channels: each an event socket that answers as recorded, and a WebSocket
that sends a frame each 20 ms. A frame's lateness is how far it came behind the grid of 20 ms
that the earliest frame so far of its call spans; "channels_late_ms" is how late the channels
themselves were with theirs: what is measured cannot be better. Prints one JSON object.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import sys
import time
from functools import partial
from statistics import median
from typing import Final, cast
from uuid import uuid4

import structlog
import uvloop

from benchmarks.audio_plane import (
    LOAD_CORE,
    RATE,
    SERVER_CORE,
    cpu_s,
    free_port,
    memory_kib,
    running,
    telephone_speech,
)
from benchmarks.machine import machine, quantile
from benchmarks.plane_server import Desk
from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FRAME_S, FrameClock
from porteiro.lines.freeswitch.server import FreeSwitchOptions, FreeSwitchServer
from tests.freeswitch_side import packet

_FRAME_BYTES: Final = 320
_OUT: Final = b"\x82\xfe" + _FRAME_BYTES.to_bytes(2, "big") + bytes(4)
"""The head of a binary frame to the server; a mask of zeros is a mask."""
_IN_BYTES: Final = 4 + _FRAME_BYTES
_SLOTS: Final = 20
_UPGRADE: Final = (
    "GET /stream/2000/{uuid} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)
_OK: Final = b"Content-Type: command/reply\nReply-Text: +OK\n\n"


async def serve(port: int, control_port: int) -> None:
    """Take lines, sound on one port and events on the other, until killed."""
    phrase = Clip(RATE, telephone_speech(), complete=True)
    server = FreeSwitchServer(FreeSwitchOptions(playback="binary"), FrameClock(), Desk(phrase))
    await server.open("127.0.0.1", port, control_port)
    gc.collect()
    gc.freeze()
    await asyncio.Event().wait()


class Control(asyncio.Protocol):
    """A channel's event socket: says whose it is, and +OK to everything."""

    def __init__(self, uuid: str) -> None:
        self._uuid = uuid
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait to be told."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each command."""
        self._data += data
        while b"\n\n" in self._data:
            command, _, self._data = self._data.partition(b"\n\n")
            length = command.lower().partition(b"content-length: ")[2].partition(b"\n")[0]
            self._data = self._data[int(length or 0) :].lstrip(b"\n")
            reply = packet("connect", self._uuid) if command == b"connect" else _OK
            self._transport.write(reply)


class Channel(asyncio.Protocol):
    """A channel's WebSocket: sends a frame each 20 ms, and times those that come."""

    def __init__(self, uuid: str, speech: memoryview, place: int) -> None:
        self._uuid = uuid
        self._speech = speech
        self._place = place
        self._up = False
        self._data = 0
        self._grid = 0.0
        self._frames = 0
        self.late: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the WebSocket."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(_UPGRADE.format(uuid=self._uuid).encode())

    def data_received(self, data: bytes) -> None:
        """Count the frames; all have one size."""
        if not self._up:
            _, end, data = data.partition(b"\r\n\r\n")
            self._up = bool(end)
        self._data += len(data)
        while self._data >= _IN_BYTES:
            self._data -= _IN_BYTES
            self._note(time.monotonic())

    def _note(self, now: float) -> None:
        behind = now - self._grid - FRAME_S * self._frames
        if self._frames == 0 or behind < 0:
            self._grid, self._frames, behind = now, 0, 0.0
        self._frames += 1
        self.late.append(1000 * behind)

    def send(self) -> None:
        """Send 20 ms of speech."""
        if self._up:
            at = self._place = (self._place + _FRAME_BYTES) % (len(self._speech) - _FRAME_BYTES)
            self._transport.write(_OUT + self._speech[at : at + _FRAME_BYTES])


def _same(half: asyncio.Protocol) -> asyncio.Protocol:
    return half


async def ring_in(ports: tuple[int, int], calls: int) -> list[Channel]:
    """Bring the channels up, either half first by turns."""
    speech = memoryview(telephone_speech())
    loop = asyncio.get_running_loop()
    channels = []
    for number in range(calls):
        uuid = str(uuid4())
        place = number * 7919 * _FRAME_BYTES % (len(speech) - _FRAME_BYTES)
        channel = Channel(uuid, speech, place)
        control = Control(uuid)
        halves = [(partial(_same, channel), ports[0]), (partial(_same, control), ports[1])]
        for half, port in halves if number % 2 else reversed(halves):
            await loop.create_connection(half, "127.0.0.1", port)
        channels.append(channel)
        await asyncio.sleep(0.004)
    return channels


async def talk(channels: list[Channel], seconds: float, late: list[float]) -> None:
    """Send on the grid, spread over its slots."""
    loop = asyncio.get_running_loop()
    began, steps = loop.time(), round(seconds / FRAME_S * _SLOTS)
    for step in range(steps):
        due = began + step * FRAME_S / _SLOTS
        await asyncio.sleep(max(0.0, due - loop.time()))
        late.append(1000 * (loop.time() - due))
        for channel in channels[step % _SLOTS :: _SLOTS]:
            channel.send()


async def load(pid: int, ports: tuple[int, int], calls: int, seconds: float) -> dict[str, float]:
    """Be FreeSWITCH for a while; return what was found out."""
    before = memory_kib(pid)
    channels = await ring_in(ports, calls)
    late: list[float] = []
    await talk(channels, 2.0, [])
    for channel in channels:
        channel.late.clear()
    gc.collect()
    gc.disable()
    used, began = cpu_s(pid), time.monotonic()
    await talk(channels, seconds, late)
    used, took = cpu_s(pid) - used, time.monotonic() - began
    frames = [each for channel in channels for each in channel.late]
    return {
        "calls": sum(bool(channel.late) for channel in channels),
        "frames": len(frames),
        "frames_expected": round(calls * took / FRAME_S),
        "p50_ms": quantile(frames, 0.5),
        "p99_ms": quantile(frames, 0.99),
        "worst_ms": quantile(frames, 1.0),
        "over_20_ms_percent": round(100 * sum(f > 20 for f in frames) / len(frames), 3),
        "channels_late_ms_p99": quantile(late, 0.99),
        "cpu_percent": round(100 * used / took, 1),
        "kib_a_call": round((memory_kib(pid) - before) / calls, 1),
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--serve", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("port", type=int, nargs="?", default=0)
    given = parser.parse_args()
    if given.serve:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        uvloop.run(serve(given.port, given.serve))
        return
    os.sched_setaffinity(0, {LOAD_CORE})
    runs = []
    for _ in range(given.runs):
        control_port = free_port()
        command = [sys.executable, "-m", "benchmarks.dual_calls", "--serve", str(control_port)]
        with running(SERVER_CORE, *command) as (server, port):
            runs.append(
                uvloop.run(load(server.pid, (port, control_port), given.calls, given.seconds))
            )
    figures = {name: median(run[name] for run in runs) for name in runs[0]}
    json.dump({"machine": machine(), **figures}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
