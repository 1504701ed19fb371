"""FreeSWITCH's two ports, and the lines that come of what arrives there."""

import asyncio
from contextlib import suppress
from typing import Protocol

import structlog

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.dialable import dialable
from porteiro.calls.ports import Line
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.terms import Role
from porteiro.errors import DialerError, LineClosedError
from porteiro.lines.freeswitch.control_server import ControlServer
from porteiro.lines.freeswitch.line import FreeSwitchLine
from porteiro.lines.freeswitch.matching import Matchmaker
from porteiro.lines.freeswitch.options import FreeSwitchOptions
from porteiro.lines.freeswitch.stream import StreamServer
from porteiro.lines.visitors import Crowd
from porteiro.wire.audio_stream import StreamPath

__all__ = ["Desk", "FreeSwitchOptions", "FreeSwitchServer"]

_log = structlog.get_logger()


class Desk(Protocol):
    """Who knows the extensions and takes the lines."""

    def extension(self, number: str) -> Extension | None:
        """Return the extension served under `number`, or None."""
        ...

    def arrived(self, extension: Extension, role: Role, line: Line) -> None:
        """Take a line that came for an extension."""
        ...

    def fallback(self, extension: Extension) -> str:
        """Return the number of a human for its visitors; empty where there is none."""
        ...

    def room(self) -> int:
        """Return how many more visitors' lines may be of use: taken in, or told why not."""
        ...

    def turned_away(self) -> None:
        """Learn of a visitor who was turned away for want of room."""
        ...


class FreeSwitchServer:
    """Takes FreeSWITCH's lines for all extensions; a `Handover` for their visitors.

    In the mode `websocket` there is no control port, and a line is its sound alone.
    """

    def __init__(self, options: FreeSwitchOptions, frames: FrameClock, desk: Desk) -> None:
        """Make a server that is not open yet."""
        self._options = options
        self._desk = desk
        crowd = Crowd(desk.room, desk.turned_away)
        self._matchmaker = Matchmaker(options, frames, self._arrived, self._human, crowd)
        self._streams = StreamServer(
            options.stream,
            self._matchmaker.sound,
            self._takes,
            self._matchmaker,
        )
        self._controls = ControlServer(options, self._matchmaker.control, self._matchmaker)
        self._places: dict[StreamServer | ControlServer, tuple[str, int]] = {}
        self._lost = set[int]()
        self._draining = False

    async def open(self, host: str, stream_port: int, control_port: int) -> None:
        """Listen on both ports of `host`; port 0 takes a free one.

        Raises `OSError` if one cannot be had; then neither is open.
        """
        await self._streams.open(host, stream_port)
        self._places[self._streams] = host, self._streams.port
        if self._options.mode == "websocket":
            return
        try:
            await self._controls.open(host, control_port)
        except OSError:
            await self._streams.close()
            raise
        self._places[self._controls] = host, self._controls.port

    async def watch(self) -> None:
        """Open again what stops listening by itself, until cancelled."""
        while True:
            await asyncio.sleep(self._options.watch_s)
            for listener, place in tuple(self._places.items()):
                if not listener.serving:
                    await self._reopen(listener, *place)

    async def _reopen(self, listener: StreamServer | ControlServer, host: str, port: int) -> None:
        await listener.close()
        try:
            await listener.open(host, port)
        except OSError as error:
            if port not in self._lost:
                _log.error("a port of FreeSWITCH's is lost", port=port, reason=error.strerror)
            self._lost.add(port)
        else:
            _log.warning("a port of FreeSWITCH's stopped and was opened again", port=port)
            self._lost.discard(port)

    @property
    def stream_port(self) -> int:
        """The port of the streams; 0 while it is closed."""
        return self._streams.port

    @property
    def control_port(self) -> int:
        """The port of the event sockets; 0 while it is closed."""
        return self._controls.port

    @property
    def serving(self) -> bool:
        """Whether the kernel still takes connections on every port that it should."""
        return self._streams.serving and (
            self._options.mode == "websocket" or self._controls.serving
        )

    @property
    def lines(self) -> int:
        """How many legs have at least a half left, halves that wait included."""
        return len(self._matchmaker.lines)

    @property
    def waiting(self) -> int:
        """How many halves wait for their other half."""
        return self._matchmaker.waiting

    @property
    def rescues(self) -> int:
        """How many people are on their way to a human, or talk to one."""
        return self._matchmaker.rescues

    def legs(self) -> dict[str, int]:
        """Return how many legs are whole, wait for a half, or are with a human."""
        return {
            "whole": self.lines - self.waiting,
            "waiting": self.waiting,
            "with_human": self.rescues,
        }

    @property
    def strays(self) -> int:
        """How many events came on another channel's connection, on those that are gone."""
        return self._controls.strays

    def drain(self) -> None:
        """Take no visitor any more: those who come go to a human, where there is one.

        Residents still come in, on the same ports.
        """
        self._draining = True
        self._matchmaker.drain()

    async def close(self) -> None:
        """Stop listening. Lines that arrived go on; halves that wait are ended."""
        self._places.clear()
        await self._streams.close()
        await self._controls.close()
        await self._matchmaker.close()

    def carries(self, call_id: str) -> bool:
        """Whether the visitor of a call is on a line of ours."""
        return (call_id, Role.VISITOR) in self._matchmaker.lines

    async def hand_over(self, call_id: str, number: str) -> None:
        """Have the visitor of a call bridged to `number` once their line is hung up.

        Raises `DialerError` where the call has no line here or no control of it, and
        `UndialableError` for what is no number.
        """
        human = self._dial_string(number)
        line = self._matchmaker.lines.get((call_id, Role.VISITOR))
        if line is None:
            raise DialerError("the visitor's line does not come from FreeSWITCH")
        try:
            line.hand_over_to(human)
        except LineClosedError as error:
            raise DialerError(f"FreeSWITCH cannot hand the visitor over: {error}") from error

    def _takes(self, path: StreamPath) -> bool:
        """Whether a stream with this path may come in now."""
        if self._draining and path.role is Role.VISITOR:
            return False
        return self._desk.extension(path.extension) is not None

    def _arrived(self, line: FreeSwitchLine) -> None:
        extension = self._desk.extension(line.extension)
        if extension is None:
            _log.warning("the extension is served no more", extension=line.extension)
            line.hang_up()
            return
        if self._draining and line.role is Role.VISITOR and (human := self._human(line.extension)):
            with suppress(LineClosedError):
                line.hand_over_to(human)
                line.hang_up()
                return
        self._desk.arrived(extension, line.role, line)

    def _human(self, number: str) -> str:
        """Return the dial string of the human for an extension's visitors, or nothing."""
        extension = self._desk.extension(number)
        human = self._desk.fallback(extension) if extension is not None else ""
        try:
            return self._dial_string(human) if human else ""
        except DialerError as error:
            _log.error("the fallback number cannot be dialed", extension=number, why=str(error))
            return ""

    def _dial_string(self, number: str) -> str:
        return self._options.fallback_channel.replace("{number}", dialable(number))
