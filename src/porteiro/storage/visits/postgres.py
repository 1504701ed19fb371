"""Visits in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from psycopg import AsyncCursor, DataError
from psycopg.errors import ProgramLimitExceeded
from psycopg.rows import TupleRow, tuple_row

from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.calls.visit import Visit
from porteiro.storage.postgres.database import Database
from porteiro.storage.visits.codec import Place, apartment_key, encode, fit, utc
from porteiro.storage.visits.query import page, select
from porteiro.storage.visits.store import FORGET_BATCH, UnfitVisitError

_ADD = """
insert into porteiro_visit (started, call_id, condominium_id, apartment, decision, visit)
values (%s, %s, %s, %s, %s, %s) on conflict (started, call_id) do nothing
"""
_FORGET = """
delete from porteiro_visit where (started, call_id) in (
    select started, call_id from porteiro_visit
    where condominium_id = %s and started < %s order by started limit %s
)
"""
_CONDOMINIUMS = "select distinct condominium_id from porteiro_visit"


class PostgresVisits:
    """A `VisitStore` in Porteiro's own tables, which `porteiro setup` installs."""

    def __init__(self, database: Database) -> None:
        """Keep visits in `database`, which must outlive this."""
        self._database = database

    async def add(self, visits: Sequence[Visit]) -> None:
        """Keep visits, all of them or none."""
        rows = [_row(visit) for visit in visits]
        async with self._cursor() as cursor:
            await cursor.executemany(_ADD, rows)

    async def find(self, wanted: VisitFilter, limit: int, cursor: str | None = None) -> VisitsPage:
        """Return up to `limit` visits, newest first, after where `cursor` left off."""
        place = None if cursor is None else Place.at(cursor)
        query, values = select(wanted, limit, place, "pyformat")
        async with self._cursor() as rows:
            await rows.execute(query, values)
            return await page([visit async for (visit,) in rows], limit)

    async def condominiums(self) -> Sequence[int]:
        """Return the ids of the condominiums that have visits."""
        async with self._cursor() as rows:
            await rows.execute(_CONDOMINIUMS)
            return [number async for (number,) in rows]

    async def forget(self, condominium_id: int, before: datetime) -> int:
        """Delete a condominium's oldest visits that began before a time, a batch of them."""
        told = (condominium_id, utc(before), FORGET_BATCH)
        async with self._cursor() as cursor:
            return (await cursor.execute(_FORGET, told)).rowcount

    @asynccontextmanager
    async def _cursor(self) -> AsyncIterator[AsyncCursor[TupleRow]]:
        async with (
            self._database.connection() as connection,
            connection.cursor(row_factory=tuple_row) as cursor,
        ):
            try:
                yield cursor
            except (DataError, ProgramLimitExceeded) as error:
                # Only its first line: what follows may hold the row, and so personal data.
                raise UnfitVisitError(
                    f"the database refuses a visit: {error.diag.message_primary or 'bad value'}"
                ) from error


def _row(visit: Visit) -> tuple[datetime, str, int, str, str, str]:
    return (
        utc(visit.started),
        fit(visit.call_id),
        visit.condominium_id,
        apartment_key(visit.apartment),
        visit.decision.value,
        encode(visit).decode(),
    )
