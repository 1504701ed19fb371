"""The AudioSocket server: listens on a port and hands over the lines that Asterisk brings."""

import asyncio
from collections.abc import Callable
from socket import SO_ACCEPTCONN, SOL_SOCKET
from typing import Final

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.lines.line import AudioSocketLine
from porteiro.lines.options import AudioSocketOptions
from porteiro.lines.pbx_allow import PbxAllowList

__all__ = ["AudioSocketListener", "AudioSocketOptions"]

_BACKLOG: Final = 1024


class AudioSocketListener:
    """One listening port of an extension.

    `arrived` is called with each line, once, on the event loop, as soon as its call id and
    the format of its sound are known; it attaches a listener or hangs up.
    """

    def __init__(
        self, options: AudioSocketOptions, frames: FrameClock, arrived: Callable[[Line], None]
    ) -> None:
        """Make a listener that is not open yet."""
        self.options = options
        self.frames = frames
        self._arrived = arrived
        self._allowed = PbxAllowList(options.allow)
        self._waiting: set[AudioSocketLine] = set()
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> None:
        """Listen on `host`:`port`; port 0 takes a free one. Raises `OSError` if it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: AudioSocketLine(self), host, port, backlog=_BACKLOG
        )

    @property
    def port(self) -> int:
        """The port it listens on; 0 while it is closed."""
        if self._server is None or not self._server.sockets:
            return 0
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def serving(self) -> bool:
        """Whether the kernel still takes connections for it."""
        if self._server is None or not self._server.is_serving() or not self._server.sockets:
            return False
        try:
            listening = self._server.sockets[0].getsockopt(SOL_SOCKET, SO_ACCEPTCONN)
        except OSError:
            return False
        return bool(listening)

    async def close(self) -> None:
        """Stop listening. Lines that arrived go on; connections that had not are ended."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for line in tuple(self._waiting):
            line.abort("the listener was closed")
        await asyncio.sleep(0)  # the event loop closes the port in its next round

    def admits(self, host: str) -> bool:
        """Return whether the address `host` may bring a line."""
        return self._allowed.admits(host, asyncio.get_running_loop().time())

    def nameless(self, line: AudioSocketLine) -> None:
        """Keep a connection in mind until it is a line."""
        self._waiting.add(line)

    def arrived(self, line: AudioSocketLine) -> None:
        """Hand a line over."""
        self._waiting.discard(line)
        self._arrived(line)

    def gone(self, line: AudioSocketLine) -> None:
        """Forget a connection."""
        self._waiting.discard(line)
