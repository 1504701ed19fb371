"""`porteiro setup`: the database made ready, and every phrase synthesized ahead."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from porteiro.assembly import database_options, default_profile, phrase_cache
from porteiro.cli.checks.finding import Finding, bad, doubtful, good, show
from porteiro.condominiums.extension import DEFAULT
from porteiro.condominiums.extension_rows import as_row, judge, named
from porteiro.condominiums.register import Register
from porteiro.errors import SettingsError, SpeechError, StorageError
from porteiro.logs import LogOptions, logging_to
from porteiro.rehearsal import Rehearsal
from porteiro.settings import Settings, load, secrets
from porteiro.storage.local_files import read_local_files
from porteiro.storage.migrations import upgrade
from porteiro.storage.postgres.database import Database
from porteiro.storage.postgres.inspection import DatabaseState, inspect
from porteiro.storage.postgres.source import load as load_from
from porteiro.storage.postgres.trigger import create_extension_table, install_trigger


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the person asked for, beyond what is always done."""

    trigger: bool
    extension_table: bool


@dataclass(slots=True)
class _Found:
    """What is to be served, as it comes out on the way."""

    rows: list[object] | None
    register: Register


async def setup(
    *, trigger: bool = False, extension_table: bool = False, phrases: bool = True
) -> int:
    """Make everything ready: the database's tables, and every phrase that will be said.

    Can be run again and again; it changes only what is missing.

    Args:
        trigger: Install the trigger that announces changes of extension_ia.
        extension_table: Create extension_ia where it is not there.
        phrases: Synthesize the phrases of every condominium ahead.
    """
    try:
        settings = load()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201  the lines that stop it
        return 2
    with logging_to(None, LogOptions(level="critical", secrets=secrets(settings))):
        return await _set_up(
            settings, _Asked(trigger, extension_table), sys.stdout, phrases=phrases
        )


async def _set_up(settings: Settings, asked: _Asked, out: TextIO, *, phrases: bool) -> int:
    files = await asyncio.to_thread(read_local_files, settings.data_dir, default_profile(settings))
    found = _Found(files.rows, files.register)
    wrong = False
    async for finding in _database(settings, asked, found):
        wrong |= show(finding, out)
    for finding in _rows(found):
        wrong |= show(finding, out)
    if phrases:
        wrong |= show(await _phrases(settings, found, out), out)
    out.write("Put right what is marked, and run it again.\n" if wrong else "Ready.\n")
    return int(wrong)


async def _database(settings: Settings, asked: _Asked, found: _Found) -> AsyncIterator[Finding]:
    """Bring the database up to date; `found` then has what it says."""
    if settings.db_host is None:
        yield doubtful("DB_HOST is not set: no database, the files of the data folder serve")
        return
    options = database_options(settings, settings.db_host)
    try:
        async with Database(options) as database:
            async for finding in _tables(database, options.url, asked):
                yield finding
            loaded = await load_from(database, default_profile(settings))
    except StorageError as error:
        yield bad(str(error))
        return
    found.rows = list(loaded.rows)
    found.register = loaded.register.over(found.register)
    for problem in loaded.problems:
        yield doubtful(problem)


async def _tables(database: Database, url: str, asked: _Asked) -> AsyncIterator[Finding]:
    if asked.extension_table:
        await create_extension_table(database)
        yield good("extension_ia is there")
    applied = await asyncio.to_thread(upgrade, url)
    for revision in applied:
        yield good(f"Porteiro's own tables: {revision}")
    if not applied:
        yield good("Porteiro's own tables are up to date")
    state = await inspect(database)
    if asked.trigger and state.extension_table:
        await install_trigger(database)
        state = await inspect(database)
    for finding in _state(state):
        yield finding


def _state(state: DatabaseState) -> Iterable[Finding]:
    yield good(f'PostgreSQL {state.version}, database "{state.database}", is reached')
    if not state.extension_table:
        yield bad(
            "there is no table extension_ia: is DB_NAME right? porteiro setup --extension-table "
            "creates it"
        )
        return
    yield from map(bad, state.column_problems)
    if not state.may_read:
        yield bad(f'the user "{state.user}" may not read extension_ia: grant it SELECT')
    elif state.rows is not None:
        yield good(f"extension_ia has {state.rows} rows")
    if state.trigger:
        yield good("a trigger announces every change of extension_ia")
    else:
        how = (
            "run porteiro setup --trigger" if state.may_install_trigger else "let its owner run it"
        )
        yield doubtful(
            f"no trigger announces {', '.join(state.silent)} of extension_ia: {how}, or set "
            "AUTO_REFRESH=true"
        )


def _rows(found: _Found) -> Iterable[Finding]:
    rows: Iterable[object] = [as_row(DEFAULT)] if found.rows is None else found.rows
    judged = judge(rows)
    for refused in judged.refused:
        yield bad(f"{named(refused)} is refused: {refused.reason}")
    if not judged.accepted:
        yield doubtful("there is no extension to serve yet")
    for extension in judged.accepted.values():
        condominium = found.register.condominium(extension.condominium_id)
        if not condominium.guide.apartments():
            yield doubtful(
                f"extension {extension.number}: condominium {extension.condominium_id} has no "
                "apartments, no resident can be reached"
            )


async def _phrases(settings: Settings, found: _Found, out: TextIO) -> Finding:
    """Synthesize what every condominium says, with a bar for whoever waits."""
    rows: Iterable[object] = [as_row(DEFAULT)] if found.rows is None else found.rows
    ids = dict.fromkeys(e.condominium_id for e in judge(rows).accepted.values())
    speaking = [found.register.condominium(key) for key in ids]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    # The embedded recognizer is asked one thing at a time.
    rehearsal = Rehearsal(phrase_cache(settings), one_thing_at_a_time=True)
    made = 0
    with Progress(
        *columns, console=Console(file=out), transient=True, disable=not out.isatty()
    ) as bar:
        task = bar.add_task("phrases", total=None)

        def progress(ready: int, wanted: int) -> None:
            nonlocal made
            made = ready
            bar.update(task, completed=ready, total=wanted)

        try:
            await rehearsal.now(speaking, progress)
        except SpeechError as error:
            return bad(f"phrases cannot be synthesized: {error}")
    return good(f"{made} phrases are ready, of as many condominiums as are served: {len(speaking)}")
