"""What a database is like, for the person who sets Porteiro up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from porteiro.storage.migrations import pending
from porteiro.storage.postgres.database import Connection, Database
from porteiro.storage.postgres.extension_table import CHANNEL, COLUMNS

_SERVER = """
select current_setting('server_version') as version, current_database()::text as database,
       current_user::text as username, pg_is_in_recovery() as standby,
       coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create,
       to_regclass('public.extension_ia') is not null as extension_table
"""

_RIGHTS = """
select has_table_privilege(oid, 'select') as may_read,
       pg_has_role(relowner, 'usage') as owner
from pg_class where oid = 'public.extension_ia'::regclass
"""

_COLUMNS = """
select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
where attrelid = 'public.extension_ia'::regclass and attnum > 0 and not attisdropped
"""

_TRIGGERS = """
select one.tgtype::integer as kind from pg_trigger one join pg_proc does on does.oid = one.tgfoid
where one.tgrelid = 'public.extension_ia'::regclass and one.tgenabled in ('O', 'A')
  and not one.tgisinternal
  and (does.proname = 'porteiro_extension_changed'
       or strpos(does.prosrc, %(channel)s) > 0
       or strpos(pg_get_triggerdef(one.oid), %(channel)s) > 0)
"""
"""Ours, and those that a site made itself for the same channel."""

_EVENTS = {4: "INSERT", 16: "UPDATE", 8: "DELETE"}
"""PostgreSQL's bits of what a trigger fires on."""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """A database as it was found.

    `column_problems` is a line for each column of the extensions that is missing or of
    another type. `rows` is None where they cannot be counted. `silent` names the changes
    that no trigger announces; `pending` the migrations not applied yet.
    """

    version: str
    database: str
    user: str
    standby: bool
    extension_table: bool
    column_problems: tuple[str, ...]
    rows: int | None
    silent: tuple[str, ...]
    may_read: bool
    may_install_trigger: bool
    may_create_tables: bool
    pending: tuple[str, ...]

    @property
    def trigger(self) -> bool:
        """Whether every change of a row is announced."""
        return self.extension_table and not self.silent


async def inspect(database: Database) -> DatabaseState:
    """Look at everything that Porteiro needs of the database; changes nothing.

    Raises `StorageError` when it cannot be reached.
    """
    async with database.connection() as connection:
        server = (await (await connection.execute(_SERVER)).fetchall())[0]
        table = await _table(connection) if server["extension_table"] else _Table()
    return DatabaseState(
        version=server["version"],
        database=server["database"],
        user=server["username"],
        standby=server["standby"],
        extension_table=server["extension_table"],
        column_problems=table.column_problems,
        rows=table.rows,
        silent=table.silent,
        may_read=table.may_read,
        may_install_trigger=table.owner and server["may_create"],
        may_create_tables=server["may_create"],
        pending=tuple(await asyncio.to_thread(pending, database.options.url)),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """The table of extensions, as it is where there is none."""

    column_problems: tuple[str, ...] = ()
    rows: int | None = None
    silent: tuple[str, ...] = tuple(_EVENTS.values())
    may_read: bool = False
    owner: bool = False


async def _table(connection: Connection) -> _Table:
    rights = (await (await connection.execute(_RIGHTS)).fetchall())[0]
    columns = await (await connection.execute(_COLUMNS)).fetchall()
    triggers = await (await connection.execute(_TRIGGERS, {"channel": CHANNEL})).fetchall()
    rows: int | None = None
    if rights["may_read"]:
        count = await connection.execute("select count(*) as rows from public.extension_ia")
        rows = (await count.fetchall())[0]["rows"]
    announced = 0
    for trigger in triggers:
        announced |= trigger["kind"]
    return _Table(
        column_problems=_column_problems({one["name"]: one["type"] for one in columns}),
        rows=rows,
        silent=tuple(name for bit, name in _EVENTS.items() if not announced & bit),
        may_read=rights["may_read"],
        owner=rights["owner"],
    )


def _column_problems(found: Mapping[str, str]) -> tuple[str, ...]:
    problems = []
    for name, expected in COLUMNS.items():
        if name not in found:
            problems.append(f"extension_ia has no column {name}: add it as {expected}")
        elif found[name] != expected:
            problems.append(f"extension_ia.{name} is {found[name]} and not {expected}")
    return tuple(problems)
