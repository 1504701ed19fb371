"""One lasting connection to FreeSWITCH's own event socket, kept up by itself."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from porteiro.dialers.absence import in_words
from porteiro.errors import (
    DialerError,
    EventSocketError,
    EventSocketRefusedError,
    SettingsError,
)
from porteiro.event_socket.connection import EventSocketConnection
from porteiro.wire import esl_commands
from porteiro.wire.esl import Disconnect, Event

STREAM_ENDED: Final = "mod_audio_stream::disconnect"
"""The CUSTOM event of a channel whose WebSocket is closed."""

_EVENTS: Final = (
    "BACKGROUND_JOB",
    "HEARTBEAT",
    "CHANNEL_CREATE",
    "CHANNEL_ANSWER",
    "CHANNEL_HANGUP_COMPLETE",
    "CUSTOM",
    STREAM_ENDED,
)
_FILTERS: Final = (
    ("Event-Name", "BACKGROUND_JOB"),
    ("Event-Name", "HEARTBEAT"),
    ("variable_porteiro_role", "resident"),
)
"""Any of them lets an event pass. The last are the channels that we ring: the PBX may have
thousands of others, at 6 to 12 KB an event."""

Listener = Callable[[Event | None], None]
"""Told the events of one channel or job; None says that the connection is gone or going."""


@dataclass(frozen=True, slots=True)
class EslServer:
    """Where FreeSWITCH's event socket is; times in seconds.

    `reply_s` bounds connecting, logging in and every command. After `ping_s` without a
    word from FreeSWITCH it is asked for one, and given up `reply_s` later. A lost
    connection is tried again after about `backoff_s`, doubled each time up to
    `backoff_max_s`.
    """

    host: str
    port: int
    password: str = field(repr=False)
    reply_s: float = 3.0
    ping_s: float = 5.0
    backoff_s: float = 0.5
    backoff_max_s: float = 15.0


class EslClient:
    """Sends API commands to a FreeSWITCH and hears of the channels that it rang for us.

    `run` keeps the connection; everything else works while it runs. It is its
    connection's observer.
    """

    def __init__(self, server: EslServer) -> None:
        """Make a client of `server`; it connects when `run` is started.

        Raises `SettingsError` for a password that cannot be sent.
        """
        try:
            esl_commands.auth(server.password)
        except ValueError:
            raise SettingsError(
                "the password of FreeSWITCH's event socket is empty or holds a line break"
            ) from None
        self._server = server
        self._log = structlog.get_logger().bind(esl=f"{server.host}:{server.port}")
        self._trouble = "not connected yet"
        self._told = ""
        self._delay_s = server.backoff_s
        self._ready = asyncio.Event()
        self._connection: EventSocketConnection | None = None
        self._listeners: dict[str, Listener] = {}

    # ------------------------------------------------------------------------ for users

    async def run(self) -> None:
        """Connect, log in, and stay connected until cancelled."""
        while True:
            try:
                await self._session()
            except (OSError, EventSocketError) as error:
                self._trouble = in_words(error)
                if self._connection is not None:
                    self._connection.abort(self._trouble)
            finally:
                await self._leave()
            self._tell()
            # No secret: the jitter keeps several servers from coming back at the same moment.
            await asyncio.sleep(self._delay_s * random.uniform(0.5, 1))  # noqa: S311
            self._delay_s = min(2 * self._delay_s, self._server.backoff_max_s)

    async def connected(self) -> None:
        """Wait until FreeSWITCH has let us in."""
        await self._ready.wait()

    async def api(self, command: str) -> str:
        """Have a short API command run and return what it printed.

        Raises `DialerError` where FreeSWITCH is away, refuses, or does not answer in time.
        """
        connection = await self._standing()
        try:
            return (await connection.api(command, self._server.reply_s)).body
        except EventSocketError as error:
            raise DialerError(str(error)) from error

    async def bgapi(self, command: str, job: str) -> None:
        """Have an API command run in the background; its end is told to who listens to `job`.

        Returns once FreeSWITCH has taken it. Raises `DialerError` as `api` does.
        """
        connection = await self._standing()
        try:
            await connection.command(esl_commands.bgapi(command, job), self._server.reply_s)
        except EventSocketError as error:
            raise DialerError(str(error)) from error

    def send_api(self, command: str) -> None:
        """Have a short API command run, whatever comes of it; nothing where FreeSWITCH is away.

        Neither waits nor fails: it serves those who are being cancelled.
        """
        if self._connection is not None and self._ready.is_set():
            self._connection.send(esl_commands.api(command))

    def listen(self, key: str, listener: Listener) -> None:
        """Tell `listener` the events of the channel or job `key`, until `forget`."""
        self._listeners[key] = listener

    def forget(self, key: str) -> None:
        """Tell no more events of `key`."""
        self._listeners.pop(key, None)

    # -------------------------------------------------------------- for the connection

    def event(self, event: Event) -> None:
        """Pass an event on to who waits for it."""
        key = event.job if event.name == "BACKGROUND_JOB" else event.channel
        listener = self._listeners.get(key)
        if listener is not None:
            listener(event)

    def disconnecting(self, notice: Disconnect) -> None:
        """Take note; the connection's end follows."""

    def lost(self, cause: str) -> None:
        """Take note that what is under way will not be told any more."""
        self._trouble = cause
        self._abandon()

    # ----------------------------------------------------------------------- in between

    async def _session(self) -> None:
        server = self._server
        async with asyncio.timeout(server.reply_s):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: EventSocketConnection(self._opened), server.host, server.port
            )
        await connection.authenticate(server.password, server.reply_s)
        await connection.command(esl_commands.events(*_EVENTS), server.reply_s)
        for header, value in _FILTERS:
            await connection.command(esl_commands.filter_events(header, value), server.reply_s)
        self._trouble, self._told, self._delay_s = "it does not answer", "", server.backoff_s
        self._ready.set()
        self._log.info("FreeSWITCH is connected")
        await self._feel_the_pulse(connection)

    def _opened(self, connection: EventSocketConnection) -> None:
        self._connection = connection
        connection.attach(self)

    async def _feel_the_pulse(self, connection: EventSocketConnection) -> None:
        """Return once the connection is lost; raise `EventSocketError` once it is dead."""
        loop = asyncio.get_running_loop()
        while not connection.lost:
            until = connection.heard_at + self._server.ping_s
            try:
                async with asyncio.timeout_at(until):
                    await connection.wait_closed()
            except TimeoutError:
                if loop.time() < connection.heard_at + self._server.ping_s:
                    continue
                with suppress(EventSocketRefusedError):
                    await connection.api("status", self._server.reply_s)
        raise EventSocketError(f"it closed the connection: {connection.cause}")

    async def _standing(self) -> EventSocketConnection:
        where = f"FreeSWITCH at {self._server.host}:{self._server.port}"
        try:
            async with asyncio.timeout(self._server.reply_s):
                await self._ready.wait()
        except TimeoutError:
            raise DialerError(f"{where} is away: {self._trouble}") from None
        if self._connection is None:
            raise DialerError(f"{where} is away: {self._trouble}")
        return self._connection

    async def _leave(self) -> None:
        """End the connection, with a chance of last words for those who listen."""
        self._abandon()
        self._ready.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            await connection.wait_closed()

    def _abandon(self) -> None:
        for listener in list(self._listeners.values()):
            listener(None)

    def _tell(self) -> None:
        tell = self._log.debug if self._trouble == self._told else self._log.warning
        tell("FreeSWITCH is away", reason=self._trouble, again_s=self._delay_s)
        self._told = self._trouble
