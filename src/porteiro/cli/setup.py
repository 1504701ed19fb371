"""`porteiro setup`: the engines of speech and the database made ready, every phrase made ahead."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from porteiro.assembly import database_options
from porteiro.cli.checks.finding import Finding, bad, doubtful, good, show
from porteiro.cli.checks.source import Served, source
from porteiro.cli.engines import ENGINES, made_ready
from porteiro.errors import SettingsError, SpeechError, StorageError
from porteiro.logs import LogOptions, logging_to
from porteiro.rehearsal import Rehearsal
from porteiro.settings import Settings, load, secrets
from porteiro.speech_parts import SpeechParts
from porteiro.storage.migrations import upgrade
from porteiro.storage.postgres.database import Database
from porteiro.storage.postgres.trigger import create_extension_table, install_trigger


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the person asked for, beyond what is always done."""

    trigger: bool
    extension_table: bool
    engines: tuple[str, ...]


async def setup(
    *,
    speech: str = "",
    trigger: bool = False,
    extension_table: bool = False,
    phrases: bool = True,
) -> int:
    """Make everything ready: the database's tables, and every phrase that will be said.

    Can be run again and again; it changes only what is missing.

    Args:
        speech: Fetch what these engines need, and try them: whisper, piper, or both with a comma.
        trigger: Install the trigger that announces changes of extension_ia.
        extension_table: Create extension_ia where it is not there.
        phrases: Synthesize the phrases of every condominium ahead.
    """
    engines = tuple(name.strip().lower() for name in speech.split(",") if name.strip())
    if unknown := [name for name in engines if name not in ENGINES]:
        wanted = " or ".join(ENGINES)
        print(f"--speech knows no {unknown[0]!r}: say {wanted}", file=sys.stderr)  # noqa: T201  usage
        return 2
    try:
        settings = load()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201  the lines that stop it
        return 2
    with logging_to(None, LogOptions(level="critical", secrets=secrets(settings))):
        return await _set_up(
            settings, _Asked(trigger, extension_table, engines), sys.stdout, phrases=phrases
        )


async def _set_up(settings: Settings, asked: _Asked, out: TextIO, *, phrases: bool) -> int:
    wrong = False
    async for finding in made_ready(asked.engines, settings, out):
        wrong |= show(finding, out)
    async for finding in _database(settings, asked):
        wrong |= show(finding, out)
    if wrong:
        return 1
    served, found = await source(settings)
    for finding in found:
        wrong |= show(finding, out)
    if phrases:
        wrong |= show(await _phrases(settings, served, out), out)
    out.write("Put right what is marked, and run it again.\n" if wrong else "Ready.\n")
    return int(wrong)


async def _database(settings: Settings, asked: _Asked) -> AsyncIterator[Finding]:
    """Bring the database up to date, as far as was asked for."""
    if settings.db_host is None:
        yield doubtful("DB_HOST is not set: no database, the files of the data folder serve")
        return
    options = database_options(settings, settings.db_host)
    try:
        async with Database(options) as database:
            if asked.extension_table:
                await create_extension_table(database)
                yield good("extension_ia is there")
            for revision in await asyncio.to_thread(upgrade, options.url):
                yield good(f"done: {revision}")
            if asked.trigger:
                await install_trigger(database)
    except StorageError as error:
        yield bad(str(error))


async def _phrases(settings: Settings, served: Served, out: TextIO) -> Finding:
    """Synthesize what every condominium says, with a bar for whoever waits."""
    ids = dict.fromkeys(extension.condominium_id for extension in served.extensions)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(file=out)
    made = 0
    with Progress(*columns, console=console, transient=True, disable=not out.isatty()) as bar:
        task = bar.add_task("phrases", total=None)

        def progress(ready: int, wanted: int) -> None:
            nonlocal made
            made = ready
            bar.update(task, completed=ready, total=wanted)

        try:
            async with AsyncExitStack() as stack:
                rehearsal = Rehearsal(await SpeechParts(settings, stack).voices())
                await rehearsal.now([served.register.condominium(key) for key in ids], progress)
        except (SpeechError, SettingsError) as error:
            return bad(f"phrases cannot be synthesized: {error}")
    return good(f"{made} phrases are ready")
