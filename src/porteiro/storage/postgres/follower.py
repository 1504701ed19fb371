"""Follows what changes in PostgreSQL: by its notices, and by comparing where some were missed."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import psycopg
import structlog
from psycopg import sql

from porteiro.errors import StorageError
from porteiro.storage.postgres.database import Connection, DatabaseOptions, connect, cut_after
from porteiro.storage.postgres.errors import failed
from porteiro.storage.postgres.extension_table import CHANNEL

OWN_CHANNEL: Final = "porteiro_changes"
"""Where changes of Porteiro's own tables are announced."""

_OWN_TABLES = frozenset({"porteiro_condominium", "porteiro_apartment"})
_ACTIONS = frozenset({"INSERT", "UPDATE", "DELETE"})
_LONGEST_SHOWN = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FollowOptions:
    """How changes are followed; times in seconds.

    Everything is compared `every_s` as well, where that is set. Changes within `quiet_s` are
    looked at together, and while they go on coming the pause doubles up to
    `longest_quiet_s`. The server must answer within `answer_s` each `heartbeat_s`.
    """

    every_s: float | None = None
    quiet_s: float = 0.02
    longest_quiet_s: float = 0.1
    heartbeat_s: float = 10.0
    answer_s: float = 3.0
    first_retry_s: float = 0.5
    longest_retry_s: float = 15.0
    complain_every_s: float = 60.0


class Follower:
    """Has what is served compared with the database whenever that may have changed."""

    def __init__(self, options: DatabaseOptions, follow: FollowOptions) -> None:
        self._options = options
        self._follow = follow
        self._due = asyncio.Event()
        self._listening = False
        self._complained_at: float | None = None

    @property
    def listening(self) -> bool:
        """Whether changes are announced to us now."""
        return self._listening

    async def run(self, changed: Callable[[], Awaitable[None]]) -> None:
        """Call `changed` after each (re)connection, after notices and on the timer; never returns.

        A `StorageError` of `changed` is logged, and it is called again later.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="database listener")
            tasks.create_task(self._compare(changed), name="database comparison")
            if self._follow.every_s is not None:
                tasks.create_task(self._tick(self._follow.every_s), name="database timer")

    async def _listen(self) -> None:
        """Keep a connection of our own that hears of changes."""
        delays, lost = self._delays(), False
        while True:
            try:
                connection = await connect(self._options, "porteiro: follows changes")
                try:
                    await self._subscribe(connection)
                    if lost:
                        log.info("database is back, its changes are followed again")
                    delays, lost = self._delays(), False
                    await self._attend(connection)
                finally:
                    self._listening = False
                    await connection.close()
            except (StorageError, psycopg.Error) as error:
                if not lost:
                    log.warning(
                        "database cannot be followed, what is known stays in force; trying on",
                        reason=str(self._told(error)),
                    )
                lost = True
            await asyncio.sleep(next(delays))

    async def _subscribe(self, connection: Connection) -> None:
        """Listen first and compare then: what changed in between is heard of, not missed."""
        with cut_after(connection, self._follow.answer_s):
            for channel in (CHANNEL, OWN_CHANNEL):
                await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
        self._listening = True
        self._due.set()

    async def _attend(self, connection: Connection) -> None:
        """Take notices until the connection is lost, which raises."""
        while True:
            async for notice in connection.notifies(timeout=self._follow.heartbeat_s):
                self._take(notice)
            with cut_after(connection, self._follow.answer_s):
                await connection.execute("select 1")

    def _take(self, notice: psycopg.Notify) -> None:
        """Have everything compared, whatever the notice says: anybody may send one."""
        fault = _fault(notice)
        now = asyncio.get_running_loop().time()
        silent_since = self._complained_at
        if fault and (silent_since is None or now - silent_since > self._follow.complain_every_s):
            self._complained_at = now
            log.warning(
                "notice makes no sense, rows are compared all the same",
                channel=notice.channel,
                reason=fault,
                pd_payload=notice.payload[:_LONGEST_SHOWN],
            )
        self._due.set()

    async def _compare(self, changed: Callable[[], Awaitable[None]]) -> None:
        delays, lost = self._delays(), False
        pause = self._follow.quiet_s
        while True:
            if self._due.is_set():
                pause = min(pause * 2, self._follow.longest_quiet_s)
            else:
                pause = self._follow.quiet_s
                await self._due.wait()
            await asyncio.sleep(pause)
            self._due.clear()
            try:
                await changed()
            except StorageError as error:
                if self._listening and not lost:  # otherwise its loss has been told
                    log.warning("database cannot be read; trying on", reason=str(error))
                    lost = True
                await self._due_within(next(delays))
            else:
                if lost:
                    log.info("database can be read again")
                delays, lost = self._delays(), False

    async def _due_within(self, limit_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._due.wait()
        self._due.set()

    async def _tick(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            self._due.set()

    def _delays(self) -> Iterator[float]:
        """Yield pauses that double, each shortened at random so that many do not come at once."""
        delay = self._follow.first_retry_s
        while True:
            yield delay * random.uniform(0.5, 1)  # noqa: S311  no secret
            delay = min(delay * 2, self._follow.longest_retry_s)

    def _told(self, error: StorageError | psycopg.Error) -> StorageError:
        if isinstance(error, psycopg.Error):
            return failed(self._options.place, error)
        return error


def _fault(notice: psycopg.Notify) -> str | None:
    """Say what is wrong with a notice; None for one as our triggers send them."""
    if notice.channel == OWN_CHANNEL:
        return None if notice.payload in _OWN_TABLES else "it names no table of ours"
    try:
        told = json.loads(notice.payload)
    except (ValueError, RecursionError):
        return "it is no JSON"
    if not isinstance(told, dict) or told.get("action") not in _ACTIONS:
        return "its action is none of INSERT, UPDATE, DELETE"
    data = told.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("extension_ia_id"), int):
        return "its data is no row of extension_ia"
    return None
