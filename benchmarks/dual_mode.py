"""How soon a call learns what happens on FreeSWITCH: lines that come, people who hang up.

    python -m benchmarks.dual_mode [--calls 200] [--probes 200]

A server with FreeSWITCH's two ports and voice detection on, on one core; on the other, in one
process, the channels, as in `dual_calls`: `--calls` of them talk all the time, and by turns
one more comes and leaves. "hang_up_ms" is from the hang-up event's last byte written to its
socket until the call is told that the line is closed; "whole_by_sound_ms" from the first frame
written on the sound half that comes last, and "whole_by_control_ms" from the channel's reply to
the last subscription on the control half that comes last ("…_from_tcp_ms": from the beginning
of its TCP connection, the channel's own time to answer included), until the call is told of
the line. Both clocks are the machine's own. Prints one JSON object, without other calls and
with them.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import socket
import struct
import sys
import time
from contextlib import suppress
from typing import Final
from uuid import UUID, uuid4

import structlog
import uvloop

from benchmarks.audio_plane import (
    LOAD_CORE,
    RATE,
    SERVER_CORE,
    Leg,
    free_port,
    running,
    telephone_speech,
)
from benchmarks.dual_calls import Channel, Control, ring_in, talk
from benchmarks.machine import machine, spread
from benchmarks.plane_server import Desk
from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.terms import Role
from porteiro.lines.freeswitch.server import FreeSwitchOptions, FreeSwitchServer
from tests.freeswitch_side import packet

_ARRIVED: Final = 1
_CLOSED: Final = 2
_NEWS: Final = struct.Struct("!B16sd")
_FIGURES: Final = (
    "hang_up_ms",
    "whole_by_sound_ms",
    "whole_by_control_ms",
    "whole_by_control_from_tcp_ms",
)
_PAUSE_S: Final = 0.03
_PATIENCE_S: Final = 10.0


class ToldLeg(Leg):
    """A leg that says when it was told that its line is closed."""

    def __init__(self, line: Line, phrase: Clip, desk: "ToldDesk") -> None:
        super().__init__(line, phrase)
        self._call_id = line.call_id
        self._desk = desk

    def closed(self, cause: str) -> None:
        """Say so."""
        self._desk.tell(_CLOSED, self._call_id)
        super().closed(cause)


class ToldDesk(Desk):
    """A desk that says when it was told of a line."""

    def __init__(self, phrase: Clip, news_port: int) -> None:
        super().__init__(phrase)
        self._news = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._news.connect(("127.0.0.1", news_port))

    def arrived(self, extension: Extension, role: Role, line: Line) -> None:
        """Say so, and attach a leg."""
        self.tell(_ARRIVED, line.call_id)
        del extension, role
        line.attach(ToldLeg(line, self._phrase, self))

    def tell(self, what: int, call_id: str) -> None:
        """Tell what happened now."""
        with suppress(ConnectionRefusedError):  # nobody measures any more
            self._news.send(_NEWS.pack(what, UUID(call_id).bytes, time.monotonic()))


async def serve(port: int, control_port: int, news_port: int) -> None:
    """Take lines, and tell of them, until killed."""
    desk = ToldDesk(Clip(RATE, telephone_speech(), complete=True), news_port)
    server = FreeSwitchServer(FreeSwitchOptions(playback="binary"), FrameClock(), desk)
    await server.open("127.0.0.1", port, control_port)
    gc.collect()
    gc.freeze()
    await asyncio.Event().wait()


class News(asyncio.DatagramProtocol):
    """What the server told, and when it happened."""

    def __init__(self) -> None:
        self._happened: dict[tuple[int, str], asyncio.Future[float]] = {}

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Note it."""
        del addr
        what, call_id, at = _NEWS.unpack(data)
        happened = self._of(what, str(UUID(bytes=call_id)))
        if not happened.done():
            happened.set_result(at)

    async def when(self, what: int, call_id: str) -> float:
        """Wait for it, and return when it happened."""
        async with asyncio.timeout(_PATIENCE_S):
            return await self._of(what, call_id)

    def _of(self, what: int, call_id: str) -> asyncio.Future[float]:
        loop = asyncio.get_running_loop()
        return self._happened.setdefault((what, call_id), loop.create_future())


class ProbeSound(Channel):
    """A sound half that sends its first frame as soon as it may."""

    sent_at = 0.0

    def data_received(self, data: bytes) -> None:
        """Send it."""
        super().data_received(data)
        if not self.sent_at:
            self.sent_at = time.monotonic()
            self.send()

    def close(self) -> None:
        """Leave nothing open."""
        self._transport.close()


class ProbeControl(Control):
    """A control half that knows when it was whole, and can hang up."""

    began_at = whole_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        self._commands = b""

    def data_received(self, data: bytes) -> None:
        """Answer, and note when the last subscription was."""
        super().data_received(data)
        self._commands += data
        if not self.whole_at and b"event plain" in self._commands:
            self.whole_at = time.monotonic()

    def hang_up(self) -> float:
        """Tell that the channel ended; return when it was told."""
        self._transport.write(packet("CHANNEL_HANGUP", self._uuid))
        return time.monotonic()

    def close(self) -> None:
        """Leave nothing open."""
        self._transport.close()


async def probe(
    ports: tuple[int, int], news: News, found: dict[str, list[float]], *, sound_last: bool
) -> None:
    """Bring one line and hang up; note the milliseconds that either took to be told."""
    loop = asyncio.get_running_loop()
    uuid = str(uuid4())
    sound, control = ProbeSound(uuid, memoryview(bytes(64000)), 0), ProbeControl(uuid)

    async def bring_sound() -> None:
        await loop.create_connection(lambda: sound, "127.0.0.1", ports[0])

    async def bring_control() -> None:
        control.began_at = time.monotonic()
        await loop.create_connection(lambda: control, "127.0.0.1", ports[1])

    for bring in (bring_control, bring_sound) if sound_last else (bring_sound, bring_control):
        await bring()
        await asyncio.sleep(_PAUSE_S)
    arrived = await news.when(_ARRIVED, uuid)
    if sound_last:
        found["whole_by_sound_ms"].append(1000 * (arrived - sound.sent_at))
    else:
        found["whole_by_control_ms"].append(1000 * (arrived - control.whole_at))
        found["whole_by_control_from_tcp_ms"].append(1000 * (arrived - control.began_at))
    hung_up = control.hang_up()
    found["hang_up_ms"].append(1000 * (await news.when(_CLOSED, uuid) - hung_up))
    await asyncio.sleep(_PAUSE_S)
    control.close()
    sound.close()


async def measure(
    ports: tuple[int, int], news_port: int, calls: int, probes: int
) -> dict[str, object]:
    """Probe while `calls` talk."""
    loop = asyncio.get_running_loop()
    transport, news = await loop.create_datagram_endpoint(News, ("127.0.0.1", news_port))
    talking = asyncio.create_task(talk(await ring_in(ports, calls), 3600.0, []))
    await asyncio.sleep(1.0)
    found: dict[str, list[float]] = {name: [] for name in _FIGURES}
    for number in range(probes):
        await probe(ports, news, found, sound_last=number % 2 == 0)
    talking.cancel()
    transport.close()
    return {"calls": calls} | {name: spread(values) for name, values in found.items()}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--probes", type=int, default=200)
    parser.add_argument("--serve", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("port", type=int, nargs="?", default=0)
    given = parser.parse_args()
    if given.serve:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        uvloop.run(serve(given.port, *given.serve))
        return
    os.sched_setaffinity(0, {LOAD_CORE})
    runs = []
    for calls in (0, given.calls):
        control_port, news_port = free_port(), free_port()
        command = [sys.executable, "-m", "benchmarks.dual_mode"]
        with running(SERVER_CORE, *command, "--serve", str(control_port), str(news_port)) as (
            _,
            port,
        ):
            ports = (port, control_port)
            runs.append(uvloop.run(measure(ports, news_port, calls, given.probes)))
    json.dump({"machine": machine(), "runs": runs}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
