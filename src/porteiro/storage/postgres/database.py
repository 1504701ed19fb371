"""Connections to PostgreSQL that never hang, kept for the next who needs one."""

import asyncio
import logging
import os
import select
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, urlencode

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from porteiro.errors import StorageError
from porteiro.storage.postgres.errors import failed, unreachable

Connection = AsyncConnection[DictRow]
"""A connection whose rows are dicts, each statement outside a transaction being its own."""

_GRACE_S = 1.0
"""How much longer than the server itself we wait for a statement that takes too long."""

logging.getLogger("psycopg").setLevel(logging.ERROR)  # what it warns of is raised as well


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """Where PostgreSQL is and how long it may take; times in seconds.

    `host` may also be the folder of its Unix socket. An empty `name` or `password` leaves it
    to libpq's own ways (PGSERVICE, ~/.pgpass). `connect_s` bounds getting a connection,
    `statement_s` everything done on it in one go.
    """

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)
    connect_s: float = 3.0
    statement_s: float = 5.0
    pool_size: int = 4

    @property
    def place(self) -> str:
        """The server, as people call it."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The database for SQLAlchemy and alembic. Holds the password: never to be shown."""
        who = ":".join(quote(one, safe="", errors="replace") for one in (self.user, self.password))
        if self.host.startswith("/"):
            where = urlencode({"host": self.host, "port": self.port})
            return f"postgresql+psycopg://{who}@/{quote(self.name, errors='replace')}?{where}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql+psycopg://{who}@{host}:{self.port}/{quote(self.name, errors='replace')}"


class Database:
    """The database, over at most `pool_size` connections made when they are first needed.

    It need not be there when this is made. Where `psycopg_pool` tries on in the background
    and can only tell that no connection came in time, this tells at once why none could be
    made, and finds a server that is back with the next request.
    """

    def __init__(self, options: DatabaseOptions) -> None:
        self.options = options
        self._slots = asyncio.Semaphore(options.pool_size)
        self._idle: list[Connection] = []
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what is idle now, and what is in use when it is given back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction: committed at the end, undone on any error.

        The block has `statement_s` for all that it does, then its connection is cut.

        Raises `StorageError` when there is no connection to be had, and when what is done on
        it fails.
        """
        async with self._slot():
            connection = await self._ready()
            try:
                with cut_after(connection, self.options.statement_s + _GRACE_S):
                    async with connection.transaction():
                        yield connection
            except psycopg.Error as error:
                raise failed(self.options.place, error) from error
            finally:
                await self._take_back(connection)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.options.connect_s):
                await self._slots.acquire()
        except TimeoutError:
            raise StorageError(
                f"all {self.options.pool_size} connections to PostgreSQL at "
                f"{self.options.place} are busy: it answers too slowly, see pg_stat_activity"
            ) from None
        try:
            yield
        finally:
            self._slots.release()

    async def _ready(self) -> Connection:
        """Return the connection used last if it still stands, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if not _has_been_told_something(connection):
                return connection
            await connection.close()
        return await connect(self.options)

    async def _take_back(self, connection: Connection) -> None:
        idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if idle and not self._closed:
            self._idle.append(connection)
        else:
            await connection.close()


async def connect(options: DatabaseOptions, purpose: str = "porteiro") -> Connection:
    """Return a connection of one's own, in autocommit mode, named `purpose` on the server.

    Raises `StorageError` when none can be made within `connect_s`.
    """
    try:
        async with asyncio.timeout(options.connect_s):
            return await AsyncConnection.connect(
                host=options.host,
                port=options.port,
                dbname=options.name or None,
                user=options.user or None,
                password=options.password or None,
                application_name=purpose,
                options=f"-c statement_timeout={round(options.statement_s * 1000)}",
                keepalives_idle=10,
                keepalives_interval=3,
                keepalives_count=3,
                tcp_user_timeout=5000,
                autocommit=True,
                prepare_threshold=None,  # a pooler in between need not know of ours
                row_factory=dict_row,
            )
    except (psycopg.Error, OSError, UnicodeError) as error:  # also of a host that is no name
        raise unreachable(options.place, error) from error


@contextmanager
def cut_after(connection: Connection, limit_s: float) -> Iterator[None]:
    """Cut the connection when the block takes longer; a frozen server is noticed in no other way.

    Whoever waits on the connection then gets psycopg's error of a lost one, told here with
    the true cause.
    """
    late = False

    def cut() -> None:
        nonlocal late
        late = True
        _shut_down(connection)

    timer = asyncio.get_running_loop().call_later(limit_s, cut)
    try:
        yield
    except psycopg.Error as error:
        if late:
            raise psycopg.OperationalError(f"no answer within {limit_s:g} s") from error
        raise
    finally:
        timer.cancel()


def _shut_down(connection: Connection) -> None:
    """End the connection's socket under it, without closing the descriptor it waits on."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as it:
        it.shutdown(socket.SHUT_RDWR)


def _has_been_told_something(connection: Connection) -> bool:
    """Say whether an idle connection's server spoke: it only ever does so to say goodbye."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
