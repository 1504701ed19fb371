"""The running Porteiro: everything started in order, watched, and stopped in order."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from porteiro.answering import Answering, Ground, prepare_answering
from porteiro.assembly import Background, Simulation, database_options
from porteiro.calls.board import ChangeStream
from porteiro.calls.draining import Drained, DrainOptions, Impatience, drain
from porteiro.calls.reception import Reception
from porteiro.clock import LoopClock
from porteiro.condominiums.board import ExtensionState
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.switchboard import Switchboard
from porteiro.desk import Desk
from porteiro.freeswitch import open_freeswitch
from porteiro.lines.exchange import Exchange
from porteiro.lines.freeswitch.server import FreeSwitchServer
from porteiro.roster import Preparations, Roster, RosterSources
from porteiro.settings import Settings
from porteiro.storage.postgres.follower import Follower, FollowOptions
from porteiro.storage.visits.retention import keep_retention
from porteiro.storage.visits.worker_folder import adopt_visits
from porteiro.web.api import ApiOptions
from porteiro.web.asking import OwnCalls
from porteiro.web.guard import GuardOptions
from porteiro.web.parts import ApiParts
from porteiro.web.server import ServerOptions, serve_api


@dataclass(frozen=True, slots=True)
class Porteiro:
    """A running Porteiro, as whoever started it may look at it."""

    answering: Answering
    roster: Roster
    api_port: int

    @property
    def reception(self) -> Reception:
        """Who holds the calls."""
        return self.answering.reception

    @property
    def exchange(self) -> Exchange:
        """Who listens for them."""
        return self.answering.exchange

    @property
    def freeswitch(self) -> FreeSwitchServer | None:
        """Who takes FreeSWITCH's lines, where they are taken."""
        return self.answering.freeswitch

    @property
    def changes(self) -> ChangeStream:
        """Every change of every call, from now on."""
        return self.reception.changes

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions being served, with the ports they really listen on."""
        return tuple(self.exchange.served.values())

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with rows, files and ports, a line each."""
        failed = (
            f"extension {view.number} cannot be served: {view.reason}"
            for view in self.roster.extensions()
            if view.state is ExtensionState.FAILED
        )
        return (*sorted(self.roster.problems), *failed)

    async def drain(self, options: DrainOptions, impatience: Impatience) -> Drained:
        """Take no call any more, and return when those in progress are over or must be.

        The API goes on answering. Whatever is left is ended when the block of `running` is.
        """
        await self.answering.stop_taking()
        return await drain(self.reception, options, impatience)


@asynccontextmanager
async def running(
    settings: Settings, simulation: Simulation | None = None
) -> AsyncIterator[Porteiro]:
    """Run Porteiro while the block lasts.

    `simulation` says how residents behave where the dialer is `simulated`. Leaving the
    block ends every call and closes every socket. Raises `SettingsError` where something
    that is set cannot be served.
    """
    async with AsyncExitStack() as stack:
        ground = await Ground.prepared(settings, stack)
        background, register = ground.background, ground.register
        await asyncio.to_thread(adopt_visits, settings.data_dir)
        database = await ground.assembly.database()
        store, visits = await ground.assembly.visits(database)
        desk = Desk(register)
        freeswitch = await _take_freeswitch(ground, desk)
        answering = await prepare_answering(
            ground, simulation or Simulation(), visits, freeswitch, desk
        )
        reception, exchange = answering.reception, answering.exchange
        roster = Roster(
            RosterSources(settings.data_dir, database),
            register,
            Switchboard(exchange),
            # What lives long need not be looked through again: 0.1 s for many directories.
            Preparations(answering.room, answering.rehearsal.soon, settled=gc.freeze),
        )
        gc.collect()
        await roster.begin()
        background.start(keep_retention(store, roster.retention, LoopClock()))
        parts = ApiParts(
            OwnCalls(reception),
            roster,
            visits,
            visits_waiting=lambda: visits.waiting,
            database_listening=follow(settings, roster, background),
            freeswitch_legs=freeswitch.legs if freeswitch is not None else None,
            speech_providers=ground.assembly.speech.states,
            speech_queues=ground.assembly.speech.queues,
            capacity=reception.capacity,
        )
        api_port = await serve_parts(settings, parts, background)
        yield Porteiro(answering, roster, api_port)


async def _take_freeswitch(ground: Ground, desk: Desk) -> FreeSwitchServer | None:
    """Take FreeSWITCH's lines, where they are to be taken, and watch their ports."""
    server = await open_freeswitch(ground.settings, ground.frames, desk)
    if server is not None:
        ground.stack.push_async_callback(server.close)
        ground.background.start(server.watch())
    return server


def follow(settings: Settings, roster: Roster, background: Background) -> Callable[[], bool | None]:
    """Follow the database; return what says whether its notices reach us, None without one."""
    if settings.db_host is None:
        return lambda: None
    every_s = settings.refresh_s if settings.auto_refresh else None
    follower = Follower(
        database_options(settings, settings.db_host), FollowOptions(every_s=every_s)
    )
    background.start(follower.run(roster.follow))
    return lambda: follower.listening


async def serve_parts(settings: Settings, parts: ApiParts, background: Background) -> int:
    """Serve the API; return its port once it takes requests."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    token = settings.api_token
    guard = GuardOptions(token=token.get_secret_value() if token else None)
    options = ServerOptions(settings.api_host, settings.api_port, api=ApiOptions(guard))
    serving = background.start(serve_api(parts, options, port.set_result))
    await asyncio.wait((port, serving), return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    return await port
