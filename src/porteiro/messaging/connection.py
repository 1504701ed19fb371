"""One lasting connection to an AMQP broker, kept up by itself."""

import asyncio
import errno
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPError
from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory
from aiormq.exceptions import (
    AuthenticationError,
    IncompatibleProtocolError,
    InvalidFrameError,
    ProbableAuthenticationError,
)
from yarl import URL

from porteiro.errors import MessagingError, SettingsError

BROKER_ERRORS = (AMQPError, OSError, RuntimeError, EOFError, ValueError)
"""What aio-pika raises of a broker that is away, refuses, or is something else altogether."""

_PORTS = {"amqp": 5672, "amqps": 5671}
_CLOSING_S = 1.0


@dataclass(frozen=True, slots=True)
class AmqpOptions:
    """Which broker, and how long things may take; times in seconds.

    `url` is `amqp[s]://user:password@host[:port][/vhost]`. `connect_s` bounds an attempt
    to connect, `publish_s` all that it takes to hand a message over. A lost connection is
    tried again after `backoff_s`, doubled each time up to `backoff_max_s`; a silent one is
    given up after some three times `heartbeat_s`.
    """

    url: str = field(repr=False)
    connect_s: float = 3.0
    publish_s: float = 3.0
    backoff_s: float = 0.5
    backoff_max_s: float = 15.0
    heartbeat_s: int = 10


class _Sockets(TransportFactory):
    """Opens the library's sockets, and closes what it leaves open of those it gives up."""

    def __init__(self, scheme: str) -> None:
        self._opener = TLSTransportFactory() if scheme == "amqps" else TCPTransportFactory()
        self._opened: asyncio.StreamWriter | None = None

    async def create(
        self, url: URL, **options: object
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, self._opened = await self._opener.create(url, **options)
        return reader, self._opened

    def abort(self) -> None:
        if self._opened is not None:
            self._opened.transport.abort()
            self._opened = None


class AmqpConnection:
    """Connects to a broker and stays connected for the length of an `async with` block.

    The broker need not be there. Its going and its coming back are one line of the log each.
    """

    def __init__(self, options: AmqpOptions) -> None:
        """Make it for a broker. Raises `SettingsError` where the URL makes no sense."""
        try:
            url = URL(options.url)
            default_port = _PORTS[url.scheme]
        except (ValueError, KeyError):
            raise SettingsError(
                "AMQP_URL is no address of a broker: write amqp://user:password@host:5672/vhost"
            ) from None
        port = url.explicit_port or default_port
        self._url = url.update_query(heartbeat=url.query.get("heartbeat", options.heartbeat_s))
        self.name = f"the message broker at {url.host}:{port}"
        self._options = options
        self._log = structlog.get_logger().bind(broker=f"{url.host}:{port}")
        self._channel: AbstractChannel | None = None
        self._connection: aio_pika.Connection | None = None
        self._sockets = _Sockets(url.scheme)
        self._lost = asyncio.Event()
        self._wanted = asyncio.Event()
        self._tried = asyncio.Event()
        self._trouble = ""
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to connect; does not wait for it."""
        # They would write passwords and visitors' names, and say again what is said here.
        for name in ("aio_pika", "aiormq"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._task = asyncio.create_task(self._run(), name="amqp connection")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.result()

    async def open_channel(self) -> AbstractChannel:
        """Return the channel on which messages are published, connecting at once where it is away.

        Waits for as long as an attempt to connect takes. Raises `MessagingError` with
        the reason where that failed.
        """
        if self._channel is None:
            self._tried.clear()
            self._wanted.set()
            await self._tried.wait()
        if self._channel is None:
            raise MessagingError(f"{self.name} is away: {self._trouble}")
        return self._channel

    async def another_channel(self) -> AbstractChannel:
        """Open a channel beside the first; it ends with the connection.

        Raises `MessagingError` where the broker is away.
        """
        if self._connection is None or self._channel is None:
            raise MessagingError(f"{self.name} is away: {self._trouble}")
        return await self._connection.channel(publisher_confirms=False)

    def give_up(self, channel: AbstractChannel, trouble: str) -> None:
        """Drop the connection that `channel` is of, for it is of no more use; connect anew."""
        if channel is self._channel:
            self._lose(trouble)

    # ------------------------------------------------------------------- the one task

    async def _run(self) -> None:
        away, delay = False, self._options.backoff_s
        while True:
            try:
                await self._connect()
            except BROKER_ERRORS as error:
                self._trouble = self._reason(error)
                self._attempt_is_over()
            else:
                self._log.info("The message broker is " + ("back" if away else "there"))
                away, delay = False, self._options.backoff_s
                self._attempt_is_over()
                await self._lost.wait()
            finally:
                await self._disconnect()
            if not away:
                away = True
                self._log.warning("The message broker is away", reason=self._trouble)
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._wanted.wait()
            delay = min(2 * delay, self._options.backoff_max_s)

    def _attempt_is_over(self) -> None:
        self._wanted.clear()
        self._tried.set()

    async def _connect(self) -> None:
        self._lost.clear()
        self._connection = aio_pika.Connection(self._url)
        self._connection.kwargs["transport_factory"] = self._sockets
        async with asyncio.timeout(self._options.connect_s):
            await self._connection.connect()
            channel = await self._connection.channel(on_return_raises=True)
        self._connection.close_callbacks.add(self._on_close)
        channel.close_callbacks.add(self._on_close)
        self._channel = channel

    def _on_close(self, _sender: object, error: BaseException | None) -> None:
        if not self._lost.is_set():
            self._lose("it closed the connection" if error is None else self._reason(error))

    def _lose(self, trouble: str) -> None:
        self._trouble, self._channel = trouble, None
        self._lost.set()

    async def _disconnect(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with suppress(*BROKER_ERRORS):
                async with asyncio.timeout(_CLOSING_S):
                    await connection.close()
            self._sockets.abort()

    def _reason(self, error: BaseException) -> str:
        """Say why, in words of our own: an error's own words may hold the password."""
        user, vhost = self._url.user, self._url.path.removeprefix("/") or "/"
        match error:
            case TimeoutError():
                why = f"it does not answer within {self._options.connect_s:g} s"
            case AuthenticationError() | ProbableAuthenticationError():
                why = f"it refuses the user {user!r}: check user and password in AMQP_URL"
            case InvalidFrameError() if "Connection.Close" in str(error):
                why = f"it lets {user!r} into no virtual host {vhost!r}: check AMQP_URL"
            case InvalidFrameError() | IncompatibleProtocolError():
                why = "what answers there is no AMQP broker: check AMQP_URL"
            case OSError(errno=errno.ECONNREFUSED):
                why = "nothing listens there (connection refused)"
            case OSError(strerror=str(told)):
                why = told
            case AMQPError() if "ConnectionResetError" in str(error):
                why = "it reset the connection"
            case AMQPError() if error.args:
                why = f"{type(error).__name__} {error}"
            case _:
                why = f"it broke off ({type(error).__name__})"
        return why
