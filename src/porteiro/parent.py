"""The parent of several workers: it follows the source, serves the API, and answers no call."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from porteiro.answering import Ground
from porteiro.app import follow, serve_parts
from porteiro.calls.draining import Drained, DrainOptions, Impatience, drain
from porteiro.clock import LoopClock
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.switchboard import Switchboard
from porteiro.roster import Preparations, Roster, RosterSources
from porteiro.settings import Settings
from porteiro.storage.visits.retention import keep_retention
from porteiro.storage.visits.worker_folder import adopt_visits
from porteiro.web.parts import ApiParts, WorkerView
from porteiro.workers.calls import WorkersCalls
from porteiro.workers.fleet import Fleet, FleetOptions
from porteiro.workers.gathering import gathered_legs, gathered_providers, gathered_queues
from porteiro.workers.messages import Begin, Standing
from porteiro.workers.nursery import Nursery
from porteiro.workers.process import ProcessOptions

_WORKER: Final = (sys.executable, "-m", "porteiro.worker")


@dataclass(frozen=True, slots=True)
class Parent:
    """A running Porteiro of several workers, as whoever started it may look at it."""

    fleet: Fleet
    calls: WorkersCalls
    api_port: int

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions being served, with the ports they really listen on."""
        return tuple(self.fleet.served.values())

    async def drain(self, options: DrainOptions, impatience: Impatience) -> Drained:
        """Take no call any more, and return when those in progress are over or must be.

        The API goes on answering. Whatever is left is ended when the block is.
        """
        await self.calls.look()
        return await drain(self.fleet, options, impatience)


@asynccontextmanager
async def parenting(
    settings: Settings, nursery: Nursery | None = None, env_file: Path | None = Path(".env")
) -> AsyncIterator[Parent]:
    """Run Porteiro with its workers while the block lasts; `nursery` forks them.

    What `env_file` sets is handed to every worker as it is now, so that one which is started
    later has the same settings. Leaving the block ends them all. Raises `SettingsError` where
    something that is set cannot be served.
    """
    async with AsyncExitStack() as stack:
        ground = await Ground.prepared(settings, stack)
        background, assembly = ground.background, ground.assembly
        fleet = _fleet(settings, ground, nursery, _beside(env_file))
        background.start(fleet.run())
        stack.push_async_callback(fleet.close)
        await asyncio.to_thread(adopt_visits, settings.data_dir)
        database = await assembly.database()
        store, visits = await assembly.visits(database)
        await fleet.complete()
        roster = Roster(
            RosterSources(settings.data_dir, database),
            ground.register,
            Switchboard(fleet),
            Preparations(),
        )
        await roster.begin()
        background.start(keep_retention(store, roster.retention, LoopClock()))
        calls = WorkersCalls(fleet, ground.changes)
        parts = ApiParts(
            calls,
            roster,
            visits,
            visits_waiting=lambda: visits.waiting + sum(s.visits_waiting for s in _there(fleet)),
            database_listening=follow(settings, roster, background),
            freeswitch_legs=_legs(settings, fleet),
            speech_providers=lambda: gathered_providers(_there(fleet)),
            speech_queues=lambda: gathered_queues(_there(fleet)),
            capacity=fleet.capacity,
            workers=lambda: _views(fleet),
            look=calls.look,
        )
        api_port = await serve_parts(settings, parts, background)
        yield Parent(fleet, calls, api_port)


def _fleet(
    settings: Settings, ground: Ground, nursery: Nursery | None, beside: dict[str, str]
) -> Fleet:
    options = FleetOptions(
        settings.workers,
        ProcessOptions(_WORKER, nursery),
        freeswitch=settings.audio_mode != "audiosocket",
    )
    return Fleet(options, Begin(beside, settings.workers), ground.register, ground.changes)


def _beside(env_file: Path | None) -> dict[str, str]:
    """Return what the file sets and the environment does not."""
    if env_file is None or not env_file.is_file():
        return {}
    found = dotenv_values(env_file, encoding="utf-8").items()
    return {name: value for name, value in found if value and name not in os.environ}


def _there(fleet: Fleet) -> list[Standing]:
    return [seat.standing for seat in fleet.seats if seat.process is not None]


def _legs(settings: Settings, fleet: Fleet) -> Callable[[], Mapping[str, int]] | None:
    if settings.audio_mode == "audiosocket":
        return None
    return lambda: gathered_legs(_there(fleet))


def _views(fleet: Fleet) -> Sequence[WorkerView]:
    return [
        WorkerView(
            worker=seat.index,
            pid=seat.process.pid if seat.process is not None else None,
            extensions=tuple(seat.share),
            calls=seat.standing.capacity.calls,
            restarts=seat.restarts,
            lag_s=seat.standing.capacity.lag_s,
            freeswitch=seat.freeswitch,
            lag_counts=seat.standing.lag.counts,
            lag_sum_s=seat.standing.lag.seconds,
        )
        for seat in fleet.seats
    ]
