"""One TCP connection from a PBX: admitted, watched for stalls, and always brought to an end."""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from socket import (
    IPPROTO_TCP,
    SO_KEEPALIVE,
    SO_LINGER,
    SO_RCVLOWAT,
    SO_SNDBUF,
    SOL_SOCKET,
    TCP_KEEPCNT,
    TCP_KEEPIDLE,
    TCP_KEEPINTVL,
    TCP_NODELAY,
)
from struct import pack
from typing import Final, Protocol, cast

from porteiro.lines.options import ConnectionLimits

_WRITE_BUFFER_BYTES: Final = 16 * 1024
# Small, so that a peer that stops reading is noticed after seconds, not minutes.
_SOCKET_BUFFER_BYTES: Final = 32 * 1024


# A PBX whose machine vanished is noticed within 11 s, even where nothing is sent to it.
_SOCKET_OPTIONS: Final = (
    (IPPROTO_TCP, TCP_NODELAY, 1),
    (SOL_SOCKET, SO_KEEPALIVE, 1),
    (IPPROTO_TCP, TCP_KEEPIDLE, 5),
    (IPPROTO_TCP, TCP_KEEPINTVL, 2),
    (IPPROTO_TCP, TCP_KEEPCNT, 3),
)

ORDERLY: Final = frozenset({"local", "hangup", "eof", "reset"})
"""The causes of an end that are nothing to warn of."""


class Phase(Enum):
    """Where a connection is in its life."""

    NAMELESS = auto()
    NAMED = auto()
    ARRIVED = auto()
    ENDING = auto()
    ENDED = auto()


class Admission(Protocol):
    """Who decides whether a peer may connect."""

    def __call__(self, host: str) -> bool:
        """Return whether the address `host` may."""
        ...


class PbxConnection(asyncio.Protocol):
    """The life of a connection; what is said on it is its subclass's affair.

    `cause` says why it ended, in the words that logs show: the first cause counts.
    """

    __slots__ = (
        "__weakref__",
        "_admits",
        "_limits",
        "_loop",
        "_stall_timer",
        "_timer",
        "_transport",
        "_unread",
        "_write",
        "cause",
        "peer",
    )

    def __init__(self, limits: ConnectionLimits, admits: Admission) -> None:
        """Make the protocol of a connection to come; needs a running event loop."""
        self.peer = ""
        self.cause = ""
        self._limits = limits
        self._admits = admits
        self._loop = asyncio.get_running_loop()
        self._unread = False
        self._timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    @property
    def unread(self) -> bool:
        """Whether the peer does not read, so that no more sound is to be sent."""
        return self._unread

    def opened(self) -> None:
        """Begin: the peer was admitted."""

    def ended(self) -> None:
        """Clean up: the connection is gone, and `cause` is known."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the peer or not."""
        self._transport = cast("asyncio.Transport", transport)
        self._write = self._transport.write
        host, port = (transport.get_extra_info("peername") or ("", 0))[:2]
        self.peer = f"{host}:{port}"
        if not self._admits(host):
            self.cause = "refused"
            self._transport.abort()
            return
        self._transport.set_write_buffer_limits(_WRITE_BUFFER_BYTES)
        for level, option, value in _SOCKET_OPTIONS:
            self._transport.get_extra_info("socket").setsockopt(level, option, value)
        self.bound_unread(_SOCKET_BUFFER_BYTES)
        self._reset_on_close(on=True)
        self.opened()

    def _reset_on_close(self, *, on: bool) -> None:
        """Whether a close without goodbye, as of a process that dies, is a reset.

        Asterisk takes a plain end of stream for a visit well ended; only a reset makes its
        dialplan go on to a human.
        """
        self._transport.get_extra_info("socket").setsockopt(
            SOL_SOCKET, SO_LINGER, pack("ii", on, 0)
        )

    def bound_unread(self, size: int) -> None:
        """Let the kernel hold about `size` bytes that the peer has not read."""
        self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, size)

    def read_from(self, size: int) -> None:
        """Have the kernel tell of what came once it is `size` bytes, or the end of the stream."""
        self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_RCVLOWAT, size)

    def pause_writing(self) -> None:
        """Note that the peer does not read; drop it if that lasts."""
        self._unread = True
        if self._stall_timer is None:
            self._stall_timer = self._loop.call_later(self._limits.stalled_s, self.abort, "stalled")

    def resume_writing(self) -> None:
        """Note that the peer reads again."""
        self._unread = False
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave nothing behind."""
        if not self.cause:
            self.cause = "reset" if isinstance(exc, OSError) else "fault" if exc else "eof"
        self.resume_writing()
        self.set_timer(None)
        self.ended()

    def set_timer(self, delay_s: float | None, then: Callable[[], None] | None = None) -> None:
        """Call `then` in `delay_s` seconds, in place of what was to be called before."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if delay_s is not None and then is not None:
            self._timer = self._loop.call_later(delay_s, then)

    def finish(self, cause: str, last_words: bytes, *, wait: bool) -> None:
        """Say `last_words` and close; with `wait`, let the peer close first.

        A peer that has not closed, or not read the last words, after `closing_s` is cut off.
        """
        if self._transport.is_closing():
            self.cause = self.cause or cause
            return
        self.part(cause, last_words)
        if wait:
            self._transport.write_eof()
        else:
            self._transport.close()

    def part(self, cause: str, last_words: bytes) -> None:
        """Say `last_words` and wait `closing_s` for the peer's; then it is cut off."""
        self.cause = self.cause or cause
        self._reset_on_close(on=False)
        if last_words:
            self._write(last_words)
        self.set_timer(self._limits.closing_s, self._transport.abort)

    def abort(self, cause: str = "local") -> None:
        """Cut the connection off."""
        self.cause = self.cause or cause
        self._transport.abort()
