"""A worker's place: what is its to serve, and the process that has the place now."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

import structlog

from porteiro.condominiums.directory import Directory
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.register import Register
from porteiro.errors import ProtocolError, WorkerError
from porteiro.workers.messages import Residents, Restart, Serve, Served, Standing
from porteiro.workers.process import WorkerProcess

_log = structlog.get_logger()

SERVE_S: Final = 20.0
"""How long a worker may take to open the ports of all its extensions."""

_GONE: Final = "its worker is gone; another takes its place within moments"


@dataclass(slots=True)
class Seat:
    """One worker, whichever process it is; `freeswitch` says that it takes those lines too.

    `share` are the extensions that live here, by id, and `others` those elsewhere. `kept` are
    ports that belong to others now, and stay open while calls wait there for their residents.
    """

    index: int
    freeswitch: bool
    process: WorkerProcess | None = None
    share: Mapping[int, Extension] = field(default_factory=dict)
    others: tuple[Extension, ...] = ()
    standing: Standing = field(default_factory=Standing)
    calls: set[str] = field(default_factory=set)
    calls_on: Mapping[int, int] = field(default_factory=dict)
    restarts: int = 0
    kept: frozenset[int] = frozenset()
    _served: Mapping[int, Extension] = field(default_factory=dict)
    _failed: Mapping[int, str] = field(default_factory=dict)
    _knows: dict[int | None, Directory] = field(default_factory=dict)
    _talking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def served(self) -> Mapping[int, Extension]:
        """The extensions that answer now, with the ports they really listen on."""
        return self._served

    @property
    def failed(self) -> Mapping[int, str]:
        """Why others do not."""
        if self.process is None:
            return dict.fromkeys(self.share, _GONE)
        return self._failed

    def taken_by(self, process: WorkerProcess) -> None:
        """Begin with a process that knows nothing yet."""
        self.process = process
        self._knows = {}

    def vacated(self) -> None:
        """Note that the process is gone, and every call with it."""
        self.process = None
        self.restarts += 1
        self._served, self._failed, self.kept = {}, {}, frozenset()
        self.standing = Standing()
        self.calls, self.calls_on = set(), {}

    def stands(self, standing: Standing) -> None:
        """Take in how the process stands."""
        if standing.calls is not None:
            self.calls_on = standing.calls
        self.standing = standing

    def heard(self, served: Served) -> None:
        """Take in what is served now."""
        self._served = {one.extension_id: one for one in served.extensions}
        self._failed, self.kept = served.failed, frozenset(served.kept)
        if served.trouble:
            _log.error("a worker has trouble", worker=self.index, reason=served.trouble)

    async def serve(self, share: Mapping[int, Extension], register: Register) -> None:
        """Have these extensions served from now on; a process that is gone is told when it is back.

        What it cannot serve is in `failed` then.
        """
        async with self._talking:
            self.share = share
            process = self.process
            if process is None:
                return
            everyone = (*share.values(), *(self.others if self.freeswitch else ()))
            ids = {extension.condominium_id for extension in everyone}
            directories = self._tell_residents(process, register, ids)
            try:
                await process.ask(
                    lambda number: Serve(
                        number,
                        tuple(share.values()),
                        self.others,
                        self.freeswitch,
                        register.default,
                        {i: register.profiles[i] for i in ids if i in register.profiles},
                        directories,
                    ),
                    SERVE_S,
                )
            except WorkerError as error:
                _log.error("a worker does not serve", worker=self.index, reason=str(error))

    def displaced_from(self, ports: AbstractSet[int]) -> list[int]:
        """Return the extensions here, by id, that are meant to be on one of `ports` and are not."""
        return [
            i
            for i, one in self.share.items()
            if ports & _ports(one) - (_ports(self._served[i]) if i in self._served else set())
        ]

    async def restart(self, extension_id: int) -> None:
        """Close and open the ports of one extension. Raises `WorkerError`."""
        async with self._talking:
            if self.process is None:
                raise WorkerError(_GONE)
            await self.process.ask(lambda number: Restart(number, extension_id), SERVE_S)

    def _tell_residents(
        self, process: WorkerProcess, register: Register, ids: Iterable[int]
    ) -> list[int | None]:
        """Tell of each directory that is new to the process; return those it is to know."""
        wanted: list[int | None] = []
        for key, directory in _directories(register, ids):
            if self._knows.get(key) is not directory:
                try:
                    process.tell(Residents(key, directory.records))
                except ProtocolError as error:
                    _log.error("a directory is left out", condominium_id=key, reason=str(error))
                    continue
                self._knows[key] = directory
            wanted.append(key)
        return wanted


def _ports(extension: Extension) -> set[int]:
    return {extension.port, extension.return_port}


def _directories(register: Register, ids: Iterable[int]) -> Iterator[tuple[int | None, Directory]]:
    for key in (None, *ids):
        if (directory := register.directories.get(key)) is not None:
            yield key, directory
