"""All workers: kept alive, each with its extensions, and asked as if they were one process."""

import asyncio
from collections import Counter
from collections.abc import Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec
import structlog

from porteiro.calls.admission import Capacity, Refusal
from porteiro.calls.board import Change, ChangeStream
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.register import CurrentRegister
from porteiro.errors import SettingsError, WorkerError
from porteiro.workers.cut_off import CutOff
from porteiro.workers.division import divide
from porteiro.workers.gathering import gathered_capacity
from porteiro.workers.messages import (
    Begin,
    BreakOff,
    Drain,
    Happened,
    Lost,
    Ready,
    Refused,
    Report,
    Served,
    Standing,
)
from porteiro.workers.process import ProcessOptions, WorkerProcess
from porteiro.workers.seat import Seat

_log = structlog.get_logger()

_SPARES: Final = 1
"""Processes that are ready and have nothing to serve: a dead worker's place is taken at once."""
_PAUSES_S: Final = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Before a process is started again that ended soon, time after time."""
_SOON_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """How many workers there are, and whether the first takes FreeSWITCH's lines.

    A process that is told to end may take `end_s` seconds, then it is killed.
    """

    workers: int
    process: ProcessOptions
    freeswitch: bool = True
    end_s: float = 15.0


class Fleet:
    """Keeps the workers; it is the `ExtensionPorts` and the `Drainable` of the parent."""

    def __init__(
        self, options: FleetOptions, begin: Begin, register: CurrentRegister, changes: ChangeStream
    ) -> None:
        """Make the places; `run` fills them. Every change of every call goes to `changes`."""
        self._options = options
        self._begin = begin
        self._register = register
        self._changes_of_calls = changes
        self._cut_off = CutOff(changes)
        first = options.freeswitch
        self.seats = tuple(Seat(i, first and i == 0) for i in range(options.workers))
        self.refused_before: Counter[Refusal] = Counter()
        """Lines that were refused by processes which are gone."""
        self._spares: list[WorkerProcess] = []
        self._processes: set[WorkerProcess] = set()
        self._wanted: Mapping[int, Extension] = {}
        self._home: dict[int, int] = {}
        self._changes = 0
        self._starting: asyncio.Future[None] | None = None
        self._taking: set[asyncio.Task[None]] = set()
        self._draining = self._ending = False
        self._idle = asyncio.Event()
        self._all_gone = asyncio.Event()

    # ---------------------------------------------------------------------- processes

    async def run(self) -> None:
        """Keep every place taken, and one more process ready, until cancelled or closed."""
        async with asyncio.TaskGroup() as group:
            for _ in self.seats:
                group.create_task(self._keep())
            with suppress(SettingsError):  # whoever waits for all of them is told
                await self.complete()
            for _ in range(_SPARES):
                group.create_task(self._keep())

    async def complete(self) -> None:
        """Return once every worker has been there. Raises `SettingsError` where one cannot be."""
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._starting)

    async def close(self) -> None:
        """End every process; what does not end in time is killed."""
        self._ending = True
        for process in self._processes:
            process.end()
        if not self._processes:
            return
        try:
            async with asyncio.timeout(self._options.end_s):
                await self._all_gone.wait()
        except TimeoutError:
            pids = [process.pid for process in self._processes]
            _log.error("workers do not end and are killed", pids=pids)

    async def _keep(self) -> None:
        """Run one process after the other; pause before one that keeps ending soon."""
        loop, soon = asyncio.get_running_loop(), 0
        while not self._draining and not self._ending:
            process = WorkerProcess(self._options.process, self._begin, self._heard)
            self._processes.add(process)
            self._all_gone.clear()
            began = loop.time()
            try:
                await process.run()
            except OSError as error:
                _log.error("no worker can be started now", reason=error.strerror)
            finally:
                self._gone(process)
            soon = soon + 1 if loop.time() - began < _SOON_S else 0
            await asyncio.sleep(_PAUSES_S[min(soon, len(_PAUSES_S) - 1)])

    def _heard(self, process: WorkerProcess, report: Report) -> None:
        if isinstance(report, Ready):
            self._spares.append(process)
            self._fill()
            if process in self._spares:
                _log.info("a spare worker is ready", pid=process.pid)
        elif isinstance(report, Refused):
            self._started(SettingsError(report.reason))
        elif (seat := self._seat_of(process)) is not None:
            self._heard_from(seat, report)

    def _heard_from(self, seat: Seat, report: Report) -> None:
        match report:
            case Standing():
                seat.stands(report)
                self._look_whether_idle()
            case Served():
                self._changes += 1
                kept = seat.kept
                seat.heard(report)
                self._bring_home(kept - seat.kept)
            case Happened(at, call_id, kind, data):
                if kind in ("started", "resumed"):
                    seat.calls.add(call_id)
                elif kind == "ended":
                    seat.calls.discard(call_id)
                self._cut_off.told(call_id, kind)
                self._changes_of_calls.publish(Change(at, call_id, kind, msgspec.json.decode(data)))
            case Lost(changes):
                _log.warning("changes of calls were lost", worker=seat.index, changes=changes)
            case _:
                pass

    def _fill(self) -> None:
        """Give each empty place to a process that is ready."""
        for seat in self.seats:
            if seat.process is None and self._spares and not self._draining:
                process = self._spares.pop(0)
                seat.taken_by(process)
                self._changes += 1
                _log.info("a worker is there", worker=seat.index, pid=process.pid)
                if self._wanted:
                    self._soon(seat)
        if all(seat.process is not None for seat in self.seats):
            self._started(None)

    def _bring_home(self, freed: Collection[int]) -> None:
        """Have extensions go where they are meant to be, who had to wait for these ports."""
        for seat in self.seats if freed and not self._draining else ():
            for extension_id in seat.displaced_from(frozenset(freed)):
                self._spawn(self._restart(seat, extension_id))

    async def _restart(self, seat: Seat, extension_id: int) -> None:
        try:
            await seat.restart(extension_id)
        except WorkerError as error:
            _log.warning("an extension is not back on its port", reason=str(error))

    def _soon(self, seat: Seat) -> None:
        self._spawn(seat.serve(seat.share, self._register.now))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    def _gone(self, process: WorkerProcess) -> None:
        self._processes.discard(process)
        if not self._processes:
            self._all_gone.set()
        if process in self._spares:
            self._spares.remove(process)
        seat = self._seat_of(process)
        if seat is None:
            if not process.ready:
                self._started(SettingsError("a worker ended before it was ready: its log says why"))
            return
        calls = seat.calls
        if not self._ending and not (self._draining and not calls):
            _log.error("a worker is gone", worker=seat.index, pid=process.pid, calls=len(calls))
        self.refused_before.update(seat.standing.capacity.refused)
        kept = seat.kept
        seat.vacated()
        self._changes += 1
        self._bring_home(kept)
        self._cut_off.add(calls)
        self._look_whether_idle()
        self._fill()

    def _started(self, error: SettingsError | None) -> None:
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_future()
        if self._starting.done():
            return
        if self._ending:
            self._starting.cancel()  # nobody waits any more
        elif error is None:
            self._starting.set_result(None)
        else:
            self._starting.set_exception(error)

    def _seat_of(self, process: WorkerProcess) -> Seat | None:
        return next((seat for seat in self.seats if seat.process is process), None)

    # --------------------------------------------------------------- extensions' ports

    @property
    def served(self) -> Mapping[int, Extension]:
        """The extensions being served, by id, with the ports they really listen on."""
        served = {i: one for seat in self.seats for i, one in seat.served.items()}
        return MappingProxyType(served)

    @property
    def failed(self) -> Mapping[int, str]:
        """Why the others are not, by id."""
        return MappingProxyType({i: why for seat in self.seats for i, why in seat.failed.items()})

    @property
    def changes(self) -> int:
        """How often what is served or failed may have changed so far."""
        return self._changes

    async def serve(self, wanted: Mapping[int, Extension]) -> None:
        """Have exactly these extensions served; each stays with its worker.

        First every port is given up that is no longer wanted, in all workers; then the others
        are opened, so that extensions of two workers may swap theirs.
        """
        if self._draining:
            return
        self._wanted = dict(wanted)
        self._home = divide(wanted, self._home, len(self.seats))
        shares = [
            {i: one for i, one in wanted.items() if self._home[i] == seat.index}
            for seat in self.seats
        ]
        register = self._register.now
        giving = [(seat, kept) for seat in self.seats if (kept := _kept(seat, shares)) is not None]
        await asyncio.gather(*(seat.serve(kept, register) for seat, kept in giving))
        for seat, share in zip(self.seats, shares, strict=True):
            seat.others = tuple(one for i, one in wanted.items() if i not in share)
        await asyncio.gather(
            *(seat.serve(share, register) for seat, share in zip(self.seats, shares, strict=True))
        )
        self._changes += 1

    async def restart(self, extension_id: int) -> None:
        """Close and open an extension's ports. Raises `KeyError`, or `WorkerError`."""
        seat = self.seats[self._home[extension_id]]
        if not self._draining:
            await seat.restart(extension_id)

    # ----------------------------------------------------------------------- draining

    @property
    def held(self) -> int:
        """How many calls are in progress."""
        return sum(seat.standing.capacity.calls for seat in self.seats)

    def stop_taking(self) -> None:
        """Take no call in any more."""
        self._draining = True
        for seat in self.seats:
            if seat.process is not None:
                seat.process.tell(Drain())
        for process in self._processes:
            if self._seat_of(process) is None:
                process.end()
        self._look_whether_idle()

    async def idle(self) -> None:
        """Return as soon as no call is in progress in any worker."""
        await self._idle.wait()

    def break_off(self, reason: str) -> None:
        """Have every call tell its people that it cannot go on, and end."""
        for seat in self.seats:
            if seat.process is not None:
                seat.process.tell(BreakOff(reason))

    def capacity(self) -> Capacity:
        """Return the room in all workers."""
        there = [seat.standing for seat in self.seats if seat.process is not None]
        return gathered_capacity(there, self.refused_before)

    def _look_whether_idle(self) -> None:
        """Know when every worker has stopped taking calls, and has none."""
        if self._draining and all(
            seat.process is None
            or (seat.standing.idle and seat.standing.capacity.refusing is Refusal.DRAINING)
            for seat in self.seats
        ):
            self._idle.set()


def _kept(seat: Seat, shares: Sequence[Mapping[int, Extension]]) -> dict[int, Extension] | None:
    """Return what a worker has and keeps, where it has to give up anything; None otherwise."""
    after = shares[seat.index]
    kept = {i: one for i, one in seat.share.items() if i in after and _places(after[i], one)}
    return kept if len(kept) < len(seat.share) else None


def _places(one: Extension, other: Extension) -> bool:
    """Return whether two listen on the same ports."""
    return (one.ip, one.port, one.return_port) == (other.ip, other.port, other.return_port)
