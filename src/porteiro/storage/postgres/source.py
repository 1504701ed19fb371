"""Everything PostgreSQL says of extensions, condominiums and directories at one moment."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg import sql
from psycopg.rows import DictRow

from porteiro.condominiums.apartment_rows import read_apartment
from porteiro.condominiums.directory import Apartment, Directory
from porteiro.condominiums.extension_rows import FIELDS
from porteiro.condominiums.fields import RowError
from porteiro.condominiums.profile import Profile, read_profile
from porteiro.condominiums.register import Register
from porteiro.errors import DirectoryError
from porteiro.storage.postgres.database import Connection, Database
from porteiro.storage.postgres.extension_table import COLUMNS, EXTENSION_TABLE

_AT_ONCE = 500
"""How many rows are taken from the driver before others may run again."""

_SNAPSHOT = "set transaction isolation level repeatable read, read only"

_EXTENSIONS = sql.SQL("select {} from {} order by extension_ia_id").format(
    sql.SQL(", ").join(
        sql.SQL("{} as {}").format(sql.Identifier(column), sql.Identifier(name))
        for column, name in zip(COLUMNS, FIELDS, strict=True)
    ),
    EXTENSION_TABLE,
)

_OWN_TABLES = """
select to_regclass('porteiro_condominium') is not null as condominiums,
       to_regclass('porteiro_apartment') is not null as apartments
"""

_CONDOMINIUMS = """
select condominium_id, name, greeting, voice, silence_seconds, attempts, ring_seconds,
       fallback_number, gate, gate_url, retention_days
from porteiro_condominium order by condominium_id
"""

_APARTMENTS = """
select condominium_id,
       json_agg(json_build_array(apartment_number, residents, voip_numbers)
                order by apartment_id)::text as apartments
from porteiro_apartment group by condominium_id order by condominium_id
"""
"""One text a condominium: where it is as before, nothing of it is read again."""


@dataclass(frozen=True, slots=True)
class _DirectoryRead:
    """A condominium's directory, the text it was read from, and what was refused of it."""

    text: str
    directory: Directory
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the database has; `problems` is a line for each thing that was refused.

    `rows` are the extensions by the names of the local copy, with their values as they are.
    """

    rows: list[dict[str, object]]
    register: Register
    problems: tuple[str, ...]
    directories: Mapping[int, _DirectoryRead] = field(default_factory=dict, repr=False)


async def load(database: Database, default: Profile, before: Loaded | None = None) -> Loaded:
    """Read everything as it stood at one moment.

    A directory that is as it was in `before` is taken from there. Without Porteiro's own
    tables the extensions are there nevertheless.

    Raises `StorageError` when the database cannot be reached or has no extensions' table.
    """
    async with database.connection() as connection:
        await connection.execute(_SNAPSHOT)
        rows = await _all(connection, _EXTENSIONS)
        there = (await _all(connection, _OWN_TABLES))[0]
        condominiums = await _all(connection, _CONDOMINIUMS) if there["condominiums"] else []
        apartments = await _all(connection, _APARTMENTS) if there["apartments"] else []
    known = before.directories if before is not None else {}
    texts: dict[int, str] = {row["condominium_id"]: row["apartments"] for row in apartments}
    directories = await _directories(texts, known)
    profiles, problems = _profiles(condominiums, default)
    problems += [line for read in directories.values() for line in read.problems]
    if not all(there.values()):
        problems.append(
            "the database has no tables for condominiums and apartments yet: run `porteiro setup`"
        )
    usable: dict[int | None, Directory] = {key: read.directory for key, read in directories.items()}
    return Loaded(rows, Register(default, profiles, usable), tuple(problems), directories)


async def extension_rows(database: Database) -> list[dict[str, object]]:
    """Return the rows of the extensions as they are now, by the names of the local copy.

    Raises `StorageError` when the database cannot be reached or has no extensions' table.
    """
    async with database.connection() as connection:
        return await _all(connection, _EXTENSIONS)


async def _all(connection: Connection, query: sql.Composed | str) -> list[DictRow]:
    """Return all rows; making many Python objects is done in slices, since calls go on."""
    rows: list[DictRow] = []
    async with connection.cursor() as cursor:
        await cursor.execute(query)
        while some := await cursor.fetchmany(_AT_ONCE):
            rows += some
            await asyncio.sleep(0)
    return rows


async def _directories(
    texts: Mapping[int, str], known: Mapping[int, _DirectoryRead]
) -> dict[int, _DirectoryRead]:
    read = {key: old for key, old in known.items() if texts.get(key) == old.text}
    if changed := {key: text for key, text in texts.items() if key not in read}:
        read |= await asyncio.to_thread(_read_directories, changed)
    return dict(sorted(read.items()))


def _read_directories(texts: Mapping[int, str]) -> dict[int, _DirectoryRead]:
    return {key: _read_directory(key, text) for key, text in texts.items()}


def _read_directory(condominium_id: int, text: str) -> _DirectoryRead:
    """Read one condominium's apartments; one that makes no sense is left out and told."""
    problems: list[str] = []
    apartments: list[Apartment] = []
    for number, residents, numbers in json.loads(text):
        where = f"porteiro_apartment: condominium {condominium_id}, apartment {number!r}"
        row = {"apartment_number": number, "residents": residents, "voip_number": numbers}
        try:
            _, apartment, doubts = read_apartment(row)
        except DirectoryError as error:
            problems.append(f"{where} left out: {error}")
            continue
        problems += [f"{where}: {doubt}" for doubt in doubts]
        apartments.append(apartment)
    return _DirectoryRead(text, Directory(apartments), tuple(problems))


def _profiles(rows: list[DictRow], default: Profile) -> tuple[dict[int, Profile], list[str]]:
    profiles: dict[int, Profile] = {}
    problems: list[str] = []
    for row in rows:
        try:
            condominium_id, profile = read_profile(row, default)
        except RowError as error:
            problems.append(
                f"porteiro_condominium: condominium {row['condominium_id']} left out, the "
                f"defaults hold for it: {error}"
            )
        else:
            profiles[condominium_id] = profile
    return profiles, problems
