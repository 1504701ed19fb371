"""Where extensions and condominiums come from: the database where one is set, and the files."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from porteiro.assembly import database_options, default_profile
from porteiro.cli.checks.finding import Finding, bad, doubtful, good
from porteiro.condominiums.extension import DEFAULT, Extension
from porteiro.condominiums.extension_rows import as_row, judge, named
from porteiro.condominiums.register import Register
from porteiro.errors import StorageError
from porteiro.settings import Settings
from porteiro.storage.local_files import read_local_files
from porteiro.storage.postgres.database import Database
from porteiro.storage.postgres.inspection import DatabaseState, inspect
from porteiro.storage.postgres.source import load

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Served:
    """What would be served now: the extensions, and what is known of their condominiums."""

    extensions: tuple[Extension, ...]
    register: Register


async def source(settings: Settings) -> tuple[Served, list[Finding]]:
    """Look at database and files as the server would at its start."""
    default = default_profile(settings)
    files = await asyncio.to_thread(read_local_files, settings.data_dir, default)
    found: list[Finding] = []
    rows, register, problems = files.rows, files.register, files.problems
    if settings.db_host is not None:
        try:
            async with Database(database_options(settings, settings.db_host)) as database:
                found += _state(await inspect(database))
                loaded = await load(database, default)
        except StorageError as error:
            found.append(bad(f"{error}; the local copy would be served"))
        else:
            rows, register = list(loaded.rows), loaded.register.over(register)
            problems = loaded.problems
    served, judged = _judged(rows, register)
    return served, [*found, *map(bad, problems), *judged]


def _state(state: DatabaseState) -> Iterable[Finding]:
    yield good(f'PostgreSQL {state.version}, database "{state.database}", is reached')
    if state.pending:
        yield bad("Porteiro's own tables are not up to date: run porteiro setup")
    if not state.extension_table:
        yield bad(
            "there is no table extension_ia: is DB_NAME right? porteiro setup --extension-table "
            "creates it"
        )
        return
    yield from map(bad, state.column_problems)
    if not state.may_read:
        yield bad(f'the user "{state.user}" may not read extension_ia: grant it SELECT')
    if state.trigger:
        yield good("a trigger announces every change of extension_ia")
    else:
        how = (
            "run porteiro setup --trigger" if state.may_install_trigger else "have its owner do so"
        )
        yield doubtful(
            f"no trigger announces {', '.join(state.silent)} of extension_ia: {how}, or set "
            "AUTO_REFRESH=true"
        )


def _judged(rows: Iterable[object] | None, register: Register) -> tuple[Served, list[Finding]]:
    found: list[Finding] = []
    if rows is None:
        found.append(
            doubtful("no ramais_config.json: extension 1000 is served, on ports 8080 and 8081")
        )
    judged = judge([as_row(DEFAULT)] if rows is None else rows)
    found += [bad(f"{named(row)} is refused: {row.reason}") for row in judged.refused]
    extensions = tuple(judged.accepted.values())
    if not extensions:
        mark = bad if judged.refused else doubtful
        found.append(mark("there is no extension to serve"))
    found += _directories({e.condominium_id for e in extensions}, register)
    return Served(extensions, register), found


def _directories(condominiums: Collection[int], register: Register) -> Iterable[Finding]:
    """Say how many apartments each condominium has; those without any in one line."""
    counts = {key: len(register.condominium(key).guide.apartments()) for key in condominiums}
    without = sorted(key for key, count in counts.items() if not count)
    total = sum(counts.values())
    if total:
        yield good(f"{len(counts) - len(without)} condominiums have {total} apartments")
    if without:
        some = ", ".join(map(str, without[:_NAMED])) + (", …" if len(without) > _NAMED else "")
        yield doubtful(f"condominium {some} has no apartments: no resident can be reached")
