"""Visits in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import psycopg
from psycopg import AsyncConnection

from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.calls.visit import Visit
from porteiro.errors import StorageError
from porteiro.storage.postgres.database import Database
from porteiro.storage.visits.codec import Place, apartment_key, decode, encode, fit, utc
from porteiro.storage.visits.query import page, select
from porteiro.storage.visits.store import FORGET_BATCH, UnfitVisitError

_ADD = """
insert into porteiro_visits (started, call_id, condominium_id, apartment, decision, visit)
values (%s, %s, %s, %s, %s, %s) on conflict (started, call_id) do nothing
"""
_FORGET = """
delete from porteiro_visits where (started, call_id) in (
    select started, call_id from porteiro_visits
    where condominium_id = %s and started < %s order by started limit %s
)
"""


class PostgresVisits:
    """A `VisitStore` in Porteiro's own tables, which `porteiro setup` installs."""

    def __init__(self, database: Database) -> None:
        """Keep visits in `database`, which must outlive this."""
        self._database = database

    async def add(self, visits: Sequence[Visit]) -> None:
        """Keep visits, all of them or none."""
        rows = [_row(visit) for visit in visits]
        async with self._connected() as connection, connection.transaction():
            await connection.cursor().executemany(_ADD, rows)

    async def find(self, wanted: VisitFilter, limit: int, cursor: str | None = None) -> VisitsPage:
        """Return up to `limit` visits, newest first, after where `cursor` left off."""
        place = None if cursor is None else Place.at(cursor)
        query, values = select(wanted, limit, place, "pyformat")
        async with self._connected() as connection:
            rows = await (await connection.execute(query, values)).fetchall()
        return page([decode(visit) for (visit,) in rows], limit)

    async def condominiums(self) -> Sequence[int]:
        """Return the ids of the condominiums that have visits."""
        async with self._connected() as connection:
            found = await connection.execute("select distinct condominium_id from porteiro_visits")
            return [number for (number,) in await found.fetchall()]

    async def forget(self, condominium_id: int, before: datetime) -> int:
        """Delete a condominium's oldest visits that began before a time, a batch of them."""
        told = (condominium_id, utc(before), FORGET_BATCH)
        async with self._connected() as connection:
            return (await connection.execute(_FORGET, told)).rowcount

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.connection() as connection:
            try:
                yield connection
            except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as error:
                raise UnfitVisitError(f"the database refuses a visit: {_reason(error)}") from error
            except psycopg.errors.UndefinedTable as error:
                raise StorageError(
                    "the database has no table of visits: run `porteiro setup`"
                ) from error
            except psycopg.Error as error:
                raise StorageError(f"the visits' database failed: {_reason(error)}") from error


def _reason(error: psycopg.Error) -> str:
    """Return the error's first line; what follows may hold the row, and so personal data."""
    said = error.diag.message_primary or str(error) or type(error).__name__
    return said.splitlines()[0]


def _row(visit: Visit) -> tuple[datetime, str, int, str, str, str]:
    return (
        utc(visit.started),
        fit(visit.call_id),
        visit.condominium_id,
        apartment_key(visit.apartment),
        visit.decision.value,
        encode(visit).decode(),
    )
