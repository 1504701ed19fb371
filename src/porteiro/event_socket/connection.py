"""One event socket connection: commands answered in order, events told as they come."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from socket import (
    IPPROTO_TCP,
    SO_KEEPALIVE,
    SOL_SOCKET,
    TCP_KEEPCNT,
    TCP_KEEPIDLE,
    TCP_KEEPINTVL,
    TCP_NODELAY,
)
from typing import Final, Protocol, cast

import structlog

from porteiro.errors import EventSocketError, EventSocketRefusedError, ProtocolError
from porteiro.wire import esl_commands
from porteiro.wire.esl import (
    ApiReply,
    AuthRequest,
    CommandReply,
    Disconnect,
    EslParser,
    Event,
    Message,
    Rejected,
)

_WRITE_BUFFER_BYTES: Final = 64 * 1024
_REPLY_S: Final = 2.0

# A FreeSWITCH whose machine vanished is noticed within 11 s, even where nothing is said to it.
_SOCKET_OPTIONS: Final = (
    (IPPROTO_TCP, TCP_NODELAY, 1),
    (SOL_SOCKET, SO_KEEPALIVE, 1),
    (IPPROTO_TCP, TCP_KEEPIDLE, 5),
    (IPPROTO_TCP, TCP_KEEPINTVL, 2),
    (IPPROTO_TCP, TCP_KEEPCNT, 3),
)

Reply = CommandReply | ApiReply


class EventSocketObserver(Protocol):
    """Who is told what comes on a connection; called on the event loop, must not block."""

    def event(self, event: Event) -> None:
        """Take an event."""
        ...

    def disconnecting(self, notice: Disconnect) -> None:
        """Learn that FreeSWITCH is about to close, or lingers until it does."""
        ...

    def lost(self, cause: str) -> None:
        """Learn that the connection is gone, whoever ended it; called once, last of all."""
        ...


@dataclass(frozen=True, slots=True)
class EventSocketOptions:
    """The limits of a connection, in seconds.

    A peer that has not read what it was sent for `stalled_s` is dropped, and one that has
    not closed `closing_s` after our `exit` is cut off.
    """

    stalled_s: float = 5.0
    closing_s: float = 1.0


class EventSocketConnection(asyncio.Protocol):
    """A connection in either direction: FreeSWITCH's to us, or ours to it.

    `opened` is called with it once it stands; it attaches the observer, and what came
    before one is attached is not told. `cause` says why the connection ended, in the
    words that logs show; the first cause counts. `heard_at` is the event loop's time of
    the last byte from the peer.

    FreeSWITCH answers commands one after the other and without saying which, so every
    command holds a place in a queue until its reply has come, whether or not somebody
    still waits for it: a late reply never passes for that of the next command.
    """

    _transport: asyncio.Transport

    def __init__(
        self,
        opened: "Callable[[EventSocketConnection], None]",
        options: EventSocketOptions | None = None,
    ) -> None:
        """Make the protocol of a connection to come; needs a running event loop."""
        self.peer = ""
        self.cause = ""
        self.heard_at = 0.0
        self._opened = opened
        self._options = options or EventSocketOptions()
        self._loop = asyncio.get_running_loop()
        self._parser = EslParser()
        self._observer: EventSocketObserver | None = None
        self._replies: deque[asyncio.Future[Reply] | None] = deque()
        self._asked_in: asyncio.Future[None] = self._loop.create_future()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._exiting = False
        self._rejected = False
        self._stall_timer: asyncio.TimerHandle | None = None
        self._closing_timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------------ for users

    def attach(self, observer: EventSocketObserver) -> None:
        """Give the connection its observer, in place of the one before."""
        self._observer = observer

    @property
    def lost(self) -> bool:
        """Whether the connection is gone or going: no command can be sent any more."""
        return self._exiting or self._gone.done() or self._transport.is_closing()

    async def authenticate(self, password: str, limit_s: float = _REPLY_S) -> None:
        """Wait to be asked for the password and give it; for connections of ours only.

        Raises `EventSocketRefusedError` where the password is wrong or FreeSWITCH does
        not take connections from here, `EventSocketError` where it is lost or late.
        """
        async with _within(limit_s):
            await asyncio.wait((self._asked_in, self._gone), return_when=asyncio.FIRST_COMPLETED)
            self._must_stand()
            reply = await self._replied(esl_commands.auth(password))
        if not (isinstance(reply, CommandReply) and reply.ok):
            raise EventSocketRefusedError(
                "FreeSWITCH refuses the password: check it against event_socket.conf.xml"
            )

    async def command(self, data: bytes, limit_s: float = _REPLY_S) -> CommandReply:
        """Send one command, as `wire.esl_commands` makes them, and return its reply.

        Raises `EventSocketRefusedError` where FreeSWITCH says no, and `EventSocketError`
        where the connection is lost or the reply takes longer than `limit_s`. Cancelling
        does not take the command back.
        """
        async with _within(limit_s):
            return await self._commanded(data)

    async def api(self, command: str, limit_s: float = _REPLY_S) -> ApiReply:
        """Have FreeSWITCH run an API command and return what it printed.

        Raises `EventSocketRefusedError` where that is `-ERR` or `-USAGE` or the socket may
        run none, and `EventSocketError` where it is lost or late. Cancelling does not take
        the command back.
        """
        async with _within(limit_s):
            reply = await self._replied(esl_commands.api(command))
        if not isinstance(reply, ApiReply):
            raise EventSocketRefusedError(f"FreeSWITCH takes no API command: {reply.text}")
        if not reply.ok:
            raise EventSocketRefusedError(f"FreeSWITCH refused: {reply.body.strip()}")
        return reply

    def send(self, data: bytes) -> None:
        """Send one command whose reply nobody waits for; nothing if the connection is lost."""
        if not self.lost:
            self._write(data, None)

    def close(self) -> None:
        """Say `exit` and have FreeSWITCH close; events may still come until `lost`. Idempotent."""
        if self.lost:
            return
        self.cause = self.cause or "local"
        self._write(esl_commands.exit_(), None)
        self._exiting = True
        self._closing_timer = self._loop.call_later(self._options.closing_s, self._transport.abort)

    def abort(self, cause: str = "local") -> None:
        """Cut the connection off. Idempotent."""
        self.cause = self.cause or cause
        self._transport.abort()

    async def wait_closed(self) -> None:
        """Wait until the connection is gone and the observer was told."""
        await asyncio.shield(self._gone)

    # ------------------------------------------------------------------ for the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        host, port = (transport.get_extra_info("peername") or ("", 0))[:2]
        self.peer = f"{host}:{port}"
        self.heard_at = self._loop.time()
        self._transport.set_write_buffer_limits(_WRITE_BUFFER_BYTES)
        for option in _SOCKET_OPTIONS:
            self._transport.get_extra_info("socket").setsockopt(*option)
        self._opened(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes as they came."""
        self.heard_at = self._loop.time()
        try:
            for message in self._parser.receive(data):
                self._take(message)
                if self._transport.is_closing():
                    return
        except ProtocolError as error:
            self.abort(f"protocol error: {error}")

    def pause_writing(self) -> None:
        """Note that the peer does not read; drop it if that lasts."""
        if self._stall_timer is None:
            self._stall_timer = self._loop.call_later(
                self._options.stalled_s, self.abort, "stalled"
            )

    def resume_writing(self) -> None:
        """Note that the peer reads again."""
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits, tell the observer, and leave nothing behind."""
        if not self.cause:
            self.cause = "reset" if isinstance(exc, OSError) else "fault" if exc else "eof"
        self.resume_writing()
        if self._closing_timer is not None:
            self._closing_timer.cancel()
        for waiting in self._replies:
            if waiting is not None and not waiting.done():
                waiting.set_exception(self._loss())
        self._replies.clear()
        self._gone.set_result(None)
        if self._observer is not None:
            self._observer.lost(self.cause)

    # ------------------------------------------------------------------------- in between

    async def _commanded(self, data: bytes) -> CommandReply:
        reply = await self._replied(data)
        if not isinstance(reply, CommandReply):
            self.abort("protocol error: an API command's answer came for another command")
            raise self._loss()
        if not reply.ok:
            raise EventSocketRefusedError(f"FreeSWITCH refused: {reply.text}")
        return reply

    async def _replied(self, data: bytes) -> Reply:
        self._must_stand()
        reply: asyncio.Future[Reply] = self._loop.create_future()
        self._write(data, reply)
        return await reply

    def _write(self, data: bytes, reply: "asyncio.Future[Reply] | None") -> None:
        self._replies.append(reply)
        self._transport.write(data)

    def _must_stand(self) -> None:
        if self.lost:
            raise self._loss()

    def _loss(self) -> EventSocketError:
        if self._rejected:
            return EventSocketRefusedError(
                f"FreeSWITCH {self.cause} Allow our address in its apply-inbound-acl"
            )
        return EventSocketError(f"the event socket is lost: {self.cause or 'closed'}")

    def _take(self, message: Message) -> None:
        match message:
            case Event():
                if self._observer is not None:
                    self._observer.event(message)
            case CommandReply() | ApiReply():
                self._answer(message)
            case Disconnect():
                if self._observer is not None:
                    self._observer.disconnecting(message)
            case AuthRequest():
                if not self._asked_in.done():
                    self._asked_in.set_result(None)
            case Rejected():
                self._rejected = True
                self.abort(f"refused the connection: {message.text.strip()}")

    def _answer(self, reply: Reply) -> None:
        if not self._replies:
            log = structlog.get_logger()
            log.warning("FreeSWITCH answered what nobody asked", peer=self.peer)
            return
        waiting = self._replies.popleft()
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)


@asynccontextmanager
async def _within(limit_s: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError:
        raise EventSocketError(f"FreeSWITCH did not answer within {limit_s:g} s") from None
