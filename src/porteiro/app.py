"""The running Porteiro: everything started in order, watched, and stopped in order."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from porteiro.assembly import (
    Assembly,
    Background,
    Simulation,
    call_options,
    database_options,
)
from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.board import ChangeStream
from porteiro.calls.draining import Drained, DrainOptions, Impatience, drain
from porteiro.calls.loop_lag import LoopLag
from porteiro.calls.reception import Reception, ReceptionOptions
from porteiro.calls.services import Services
from porteiro.condominiums.board import ExtensionState
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.register import CurrentRegister
from porteiro.condominiums.switchboard import Switchboard
from porteiro.descriptors import raise_descriptor_limit
from porteiro.desk import Desk
from porteiro.freeswitch import open_freeswitch
from porteiro.lines.audiosocket import AudioSocketOptions
from porteiro.lines.exchange import Exchange, ExchangeOptions
from porteiro.lines.freeswitch.server import FreeSwitchServer
from porteiro.lines.visitors import Crowd
from porteiro.rehearsal import Rehearsal
from porteiro.roster import Preparations, Roster, RosterSources
from porteiro.settings import Settings
from porteiro.storage.postgres.follower import Follower, FollowOptions
from porteiro.storage.visits.retention import keep_retention
from porteiro.web.api import ApiOptions
from porteiro.web.guard import GuardOptions
from porteiro.web.parts import ApiParts
from porteiro.web.server import ServerOptions, serve_api


@dataclass(frozen=True, slots=True)
class Porteiro:
    """A running Porteiro, as whoever started it may look at it."""

    reception: Reception
    roster: Roster
    exchange: Exchange
    freeswitch: FreeSwitchServer | None
    api_port: int

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
        self.reception.stop_taking()
        if self.freeswitch is not None:
            self.freeswitch.drain()
        await self.exchange.drain()
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
        background = await stack.enter_async_context(Background())
        assembly = Assembly(settings, stack, background, ChangeStream())
        database = await assembly.database()
        store, visits = await assembly.visits(database)
        frames, desk = FrameClock(), Desk(assembly.register)
        freeswitch = await _take_freeswitch(settings, frames, desk, stack, background)
        services = await assembly.services(simulation or Simulation(), visits, freeswitch)
        rehearsal = await _rehearsed(assembly)
        background.start(rehearsal.run())
        reception = _reception(settings, services, assembly.register, background)
        stack.push_async_callback(reception.close)
        exchange = _exchange(settings, frames, reception)
        stack.push_async_callback(exchange.close)
        desk.opens(exchange, reception)
        stack.callback(desk.closes)
        room = partial(raise_descriptor_limit, settings.max_calls)
        roster = Roster(
            RosterSources(settings.data_dir, database),
            assembly.register,
            Switchboard(exchange),
            # What lives long need not be looked through again: 0.1 s for many directories.
            Preparations(room, rehearsal.soon, settled=gc.freeze),
        )
        gc.collect()
        await roster.begin()
        background.start(exchange.watch())
        background.start(keep_retention(store, roster.retention, services.clock))
        parts = ApiParts(
            reception,
            roster,
            visits,
            visits_waiting=lambda: visits.waiting,
            database_listening=_follow(settings, roster, background),
            freeswitch_legs=freeswitch.legs if freeswitch is not None else None,
            speech_providers=assembly.speech.states,
            capacity=reception.capacity,
        )
        api_port = await _serve_api(settings, parts, background)
        yield Porteiro(reception, roster, exchange, freeswitch, api_port)


def _reception(
    settings: Settings, services: Services, register: CurrentRegister, background: Background
) -> Reception:
    """Make the reception, and measure for it how late the loop is."""
    limits = ReceptionOptions(
        max_calls=settings.max_calls,
        extension_calls=settings.max_extension_calls,
        lag_s=settings.max_lag_ms / 1000,
    )
    lag = LoopLag()
    reception = Reception(
        services, register.condominium_of, call_options(settings), limits, lambda: lag.seconds
    )
    background.start(lag.watch(reception.admission.look))
    return reception


async def _take_freeswitch(
    settings: Settings,
    frames: FrameClock,
    desk: Desk,
    stack: AsyncExitStack,
    background: Background,
) -> FreeSwitchServer | None:
    """Take FreeSWITCH's lines, where they are to be taken, and watch their ports."""
    server = await open_freeswitch(settings, frames, desk)
    if server is not None:
        stack.push_async_callback(server.close)
        background.start(server.watch())
    return server


def _exchange(settings: Settings, frames: FrameClock, reception: Reception) -> Exchange:
    options = ExchangeOptions(AudioSocketOptions(allow=settings.pbx_allow))
    crowd = Crowd(reception.room, reception.turned_away)
    return Exchange(options, frames, reception.arrived, reception.awaits_resident, crowd)


async def _rehearsed(assembly: Assembly) -> Rehearsal:
    """Have ready, before the first line comes, what all condominiums say alike."""
    rehearsal = Rehearsal(await assembly.voices())
    await rehearsal.try_now([assembly.register.now.condominium(0)])
    return rehearsal


def _follow(
    settings: Settings, roster: Roster, background: Background
) -> Callable[[], bool | None]:
    """Follow the database; return what says whether its notices reach us, None without one."""
    if settings.db_host is None:
        return lambda: None
    every_s = settings.refresh_s if settings.auto_refresh else None
    follower = Follower(
        database_options(settings, settings.db_host), FollowOptions(every_s=every_s)
    )
    background.start(follower.run(roster.follow))
    return lambda: follower.listening


async def _serve_api(settings: Settings, parts: ApiParts, background: Background) -> int:
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
