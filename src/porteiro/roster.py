"""Which extensions are served: the database's, the local copy's, or the default one."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from porteiro.condominiums.board import ExtensionView, RefreshStats, Source
from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.extension import DEFAULT
from porteiro.condominiums.extension_rows import as_row, named
from porteiro.condominiums.fields import Row
from porteiro.condominiums.register import CurrentRegister, Register
from porteiro.condominiums.switchboard import Switchboard
from porteiro.errors import StorageError
from porteiro.storage.extensions_file import write_extension_rows
from porteiro.storage.local_files import EXTENSIONS_COPY, LocalFiles, read_local_files
from porteiro.storage.postgres.database import Database
from porteiro.storage.postgres.source import Loaded, extension_rows, load
from porteiro.storage.register_copy import read_register, write_register

_log = structlog.get_logger()

_START_S = 4.0
"""How long a start waits for the database before the local copy is served."""


@dataclass(frozen=True, slots=True)
class RosterSources:
    """The data folder, and the database where one is set."""

    folder: Path
    database: Database | None = None


@dataclass(frozen=True, slots=True)
class Preparations:
    """What is done before a set of extensions is served.

    `room` is told how many there are, `words` which condominiums will speak. `settled` is
    called after directories have changed, with all that will live long in place.
    """

    room: Callable[[int], None] = lambda _: None
    words: Callable[[Iterable[Condominium]], None] = lambda _: None
    settled: Callable[[], None] = lambda: None


class Roster:
    """Keeps the switchboard and the register in line with their source.

    It is the `ExtensionBoard` of the process.
    """

    def __init__(
        self,
        sources: RosterSources,
        register: CurrentRegister,
        switchboard: Switchboard,
        preparations: Preparations,
    ) -> None:
        """Keep both in line with the database, or without one with the files."""
        self._folder = sources.folder
        self._default = register.now.default
        self._database = sources.database
        self._switchboard = switchboard
        self._preparations = preparations
        self._register = register
        self._files = LocalFiles(None, register.now, ())
        self._source = Source.DEFAULT
        self._loaded: Loaded | None = None
        self._copied: tuple[object, ...] = ()
        self._told: frozenset[str] = frozenset()
        self._updating = asyncio.Lock()

    # ------------------------------------------------------------------ following

    async def begin(self) -> None:
        """Serve what the database says, or where it is not there now, the local copy."""
        async with self._updating:
            await self._read_files()
            try:
                async with asyncio.timeout(_START_S):
                    loaded = await self._load()
            except (StorageError, TimeoutError) as error:
                if self._database is not None:
                    reason = str(error) or f"no answer within {_START_S:g} s"
                    _log.error("database not there at the start", reason=reason)
                await self._serve_files()
            else:
                await self._serve(loaded)

    async def follow(self) -> None:
        """Compare what is served with the database, and change what differs.

        Raises `StorageError` when it cannot be read; nothing has changed then.
        """
        async with self._updating:
            await self._serve(await self._load())

    def retention(self, condominium_id: int) -> int:
        """Return for how many days a condominium's visits are kept; 0 is for ever.

        While a database is set that was not read yet, nothing may be deleted.
        """
        if self._database is not None and self._source is not Source.DATABASE:
            return 0
        return self._register.profile(condominium_id).retention_days

    async def _load(self) -> Loaded:
        if self._database is None:
            raise StorageError("there is no database: set DB_HOST")
        self._loaded = await load(self._database, self._default, self._loaded)
        return self._loaded

    async def _serve(self, loaded: Loaded) -> RefreshStats:
        was, self._source = self._source, Source.DATABASE
        register = loaded.register.over(self._files.register)
        stats = await self._take(loaded.rows, register, loaded.problems)
        if was is not Source.DATABASE:
            _log.info("extensions come from the database", active=stats.total_active)
        await self._copy(loaded.register)
        return stats

    async def _serve_files(self) -> RefreshStats:
        rows = self._files.rows
        self._source = Source.FILE if rows is not None else Source.DEFAULT
        wanted = rows if rows is not None else [as_row(DEFAULT)]
        register, problems = self._files.register, self._files.problems
        if self._database is not None:
            copy, more = await asyncio.to_thread(read_register, self._folder, self._default)
            register, problems = copy.over(register), (*problems, *more)
        return await self._take(wanted, register, problems)

    async def _read_files(self) -> None:
        self._files = await asyncio.to_thread(read_local_files, self._folder, self._default)

    async def _take(
        self, rows: Sequence[object], register: Register, problems: Iterable[str]
    ) -> RefreshStats:
        settled = register.directories == self._register.now.directories
        self._register.now = register
        self._preparations.room(len(rows))
        stats = await self._switchboard.take(rows)
        refused = [f"{named(row)} is refused: {row.reason}" for row in self._switchboard.refused]
        self._tell((*problems, *refused))
        ids = dict.fromkeys(e.condominium_id for e in self._switchboard.accepted.values())
        self._preparations.words([register.condominium(i) for i in ids])
        if not settled:
            self._preparations.settled()
        if stats.removed or stats.updated or stats.added:
            _log.info(
                "extensions changed",
                source=self._source,
                removed=stats.removed,
                updated=stats.updated,
                added=stats.added,
                active=stats.total_active,
            )
        return stats

    def _tell(self, problems: Iterable[str]) -> None:
        """Log each thing that is wrong once, as long as it stays so."""
        now = dict.fromkeys(problems)
        for problem in now:
            if problem not in self._told:
                _log.warning("row or file", problem=problem)
        self._told = frozenset(now)

    async def _copy(self, register: Register) -> None:
        """Write the local copies where they differ from what the database says."""
        extensions = tuple(self._switchboard.accepted.values())
        copied = (extensions, register.profiles, register.directories)
        if copied == self._copied:
            return
        try:
            copy = self._folder / EXTENSIONS_COPY
            await asyncio.to_thread(write_extension_rows, copy, extensions)
            await asyncio.to_thread(write_register, self._folder, register)
        except StorageError as error:
            _log.error("local copy not written", reason=str(error))
        else:
            self._copied = copied

    # ------------------------------------------------------------- the extension board

    @property
    def source(self) -> Source:
        """Where the extensions that are served come from."""
        return self._source

    @property
    def problems(self) -> frozenset[str]:
        """What is wrong now with rows and files, a line each."""
        return self._told

    def extensions(self) -> Sequence[ExtensionView]:
        """Return every extension, those refused or failed included, by id."""
        return self._switchboard.views()

    async def refresh(self) -> RefreshStats:
        """Read the database again (without one, the files), and serve what it says.

        Raises `StorageError` when it cannot be reached; nothing has changed then.
        """
        async with self._updating:
            if self._database is None:
                await self._read_files()
                return await self._serve_files()
            loaded = await self._load()
            await self._read_files()
            return await self._serve(loaded)

    async def rows(self) -> list[Row]:
        """Return the rows as the database has them now.

        Raises `StorageError` when it cannot be reached, or there is none.
        """
        if self._database is None:
            raise StorageError("there is no database: set DB_HOST")
        return list(await extension_rows(self._database))

    async def restart(
        self, extension_id: int | None = None, number: str | None = None
    ) -> ExtensionView | None:
        """Close and open the ports of the extension with this id, or with this AI number."""
        return await self._switchboard.restart(extension_id, number)
