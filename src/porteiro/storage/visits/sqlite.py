"""Visits in a SQLite file, for where there is no PostgreSQL."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import URL

from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.calls.visit import Visit
from porteiro.errors import StorageError
from porteiro.storage.migrations import upgrade
from porteiro.storage.visits.codec import Place, apartment_key, encode, fit, utc
from porteiro.storage.visits.query import page, select
from porteiro.storage.visits.store import FORGET_BATCH, UnfitVisitError

Result = TypeVar("Result")

_BUSY_S = 5.0
_ADVICE = "free the disk, mend its permissions, or move the file away if it is damaged"


class SqliteVisits:
    """A `VisitStore` in one file; use it as an async context manager.

    The file is opened with the first thing asked of it, and again after it failed or was
    taken away, so a folder that cannot be written does not hinder the start.
    """

    def __init__(self, path: Path) -> None:
        """Keep visits in `path`, which is made where it is missing."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        # SQLite's connections belong to one thread; only it touches these.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")

    async def __aenter__(self) -> Self:
        """Make the store usable."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        try:
            await asyncio.wrap_future(self._thread.submit(self._close))
        finally:
            self._thread.shutdown(wait=False)

    async def add(self, visits: Sequence[Visit]) -> None:
        """Keep visits, all of them or none."""
        rows = [_row(visit) for visit in visits]

        def work(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany(
                    "insert into porteiro_visit"
                    " (started, call_id, condominium_id, apartment, decision, visit)"
                    " values (?, ?, ?, ?, ?, ?) on conflict (started, call_id) do nothing",
                    rows,
                )

        await self._run(work)

    async def find(self, wanted: VisitFilter, limit: int, cursor: str | None = None) -> VisitsPage:
        """Return up to `limit` visits, newest first, after where `cursor` left off."""
        place = None if cursor is None else Place.at(cursor)
        query, values = select(wanted, limit, place, "named")
        told = {
            name: _moment(value) if isinstance(value, datetime) else value
            for name, value in values.items()
        }

        def work(connection: sqlite3.Connection) -> list[str]:
            # In one step: each gives the interpreter lock away, and has to wait for it again.
            (rows,) = connection.execute(
                f"select group_concat(visit, char(10)) from ({query})",  # noqa: S608  our own text
                told,
            ).fetchone()
            return str(rows).split("\n") if rows else []

        return await page(await self._run(work), limit)

    async def condominiums(self) -> Sequence[int]:
        """Return the ids of the condominiums that have visits."""

        def work(connection: sqlite3.Connection) -> list[int]:
            rows = connection.execute("select distinct condominium_id from porteiro_visit")
            return [number for (number,) in rows]

        return await self._run(work)

    async def forget(self, condominium_id: int, before: datetime) -> int:
        """Delete a condominium's oldest visits that began before a time, a batch of them."""

        def work(connection: sqlite3.Connection) -> int:
            with connection:
                return connection.execute(
                    "delete from porteiro_visit where (started, call_id) in"
                    " (select started, call_id from porteiro_visit"
                    " where condominium_id = ? and started < ? order by started limit ?)",
                    (condominium_id, _moment(before), FORGET_BATCH),
                ).rowcount

        return await self._run(work)

    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        done = self._thread.submit(self._with_connection, work)
        return await asyncio.shield(asyncio.wrap_future(done))

    def _with_connection(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            return work(self._opened())
        except (sqlite3.DataError, OverflowError) as error:
            raise UnfitVisitError(f"{self._path} refuses a visit: {error}") from error
        except (sqlite3.Error, OSError) as error:
            self._close()
            raise StorageError(f"{self._path} cannot be used: {error}; {_ADVICE}") from error

    def _opened(self) -> sqlite3.Connection:
        """Return the connection, to the file that stands at the path now."""
        try:
            found = self._path.stat()
            there = (found.st_dev, found.st_ino)
        except FileNotFoundError:
            there = None
        if self._connection is not None and there == self._identity:
            return self._connection
        self._close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Personal data: nobody but Porteiro's own user reads it, nor the files beside it.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            made = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        upgrade(URL.create("sqlite", database=str(self._path)).render_as_string())
        self._connection = _connect(self._path)
        self._identity = (made.st_dev, made.st_ino)
        return self._connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def export(database: Path, out: Path) -> Path:
    """Write a file's visits as JSON lines, oldest first, to `out`, and return that. Blocks.

    Raises `StorageError` when it cannot be.
    """
    try:
        with closing(_connect(database)) as connection:
            rows = connection.execute("select visit from porteiro_visit order by started, call_id")
            with out.open("w", encoding="utf-8") as file:
                file.writelines(f"{visit}\n" for (visit,) in rows)
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"{database} cannot be written to {out}: {error}; {_ADVICE}") from error
    return out


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_S, cached_statements=16)
    try:
        connection.execute("pragma journal_mode = wal")
        # A visit leaves the spool once it is here, so it must outlive a power cut.
        connection.execute("pragma synchronous = full")
        connection.execute("pragma secure_delete = on")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _row(visit: Visit) -> tuple[str, str, int, str, str, str]:
    return (
        _moment(visit.started),
        fit(visit.call_id),
        visit.condominium_id,
        apartment_key(visit.apartment),
        visit.decision.value,
        encode(visit).decode(),
    )


def _moment(moment: datetime) -> str:
    """Return a moment as a text whose order is the order of time."""
    return utc(moment).isoformat(timespec="microseconds")
