"""What answers calls in a process: the reception, and the ports that lead to it."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from porteiro.assembly import Assembly, Background, Simulation, call_options
from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.board import ChangeStream
from porteiro.calls.loop_lag import LoopLag
from porteiro.calls.ports import VisitLog
from porteiro.calls.reception import Reception, ReceptionOptions
from porteiro.condominiums.register import CurrentRegister
from porteiro.descriptors import raise_descriptor_limit
from porteiro.desk import Desk
from porteiro.lines.audiosocket import AudioSocketOptions
from porteiro.lines.exchange import Exchange, ExchangeOptions
from porteiro.lines.freeswitch.server import FreeSwitchServer
from porteiro.lines.visitors import Crowd
from porteiro.rehearsal import Rehearsal
from porteiro.settings import Settings


@dataclass(frozen=True, slots=True)
class Ground:
    """What the parts of a process stand on; they live as long as `stack`."""

    settings: Settings
    stack: AsyncExitStack
    background: Background
    assembly: Assembly
    changes: ChangeStream
    frames: FrameClock = field(default_factory=FrameClock)

    @classmethod
    async def prepared(cls, settings: Settings, stack: AsyncExitStack) -> "Ground":
        """Return the ground for one process."""
        background = await stack.enter_async_context(Background())
        changes = ChangeStream()
        assembly = Assembly(settings, stack, background, changes)
        return cls(settings, stack, background, assembly, changes)

    @property
    def register(self) -> CurrentRegister:
        """The condominiums, as they are known now."""
        return self.assembly.register


@dataclass(frozen=True, slots=True)
class Answering:
    """The parts that answer calls, ready for the first extension."""

    reception: Reception
    exchange: Exchange
    freeswitch: FreeSwitchServer | None
    rehearsal: Rehearsal
    room: Callable[[int], None]
    """Makes room for the sockets of so many extensions."""

    async def stop_taking(self) -> None:
        """Take no call any more; residents of those in progress still come in."""
        self.reception.stop_taking()
        if self.freeswitch is not None:
            self.freeswitch.drain()
        await self.exchange.drain()


async def prepare_answering(
    ground: Ground,
    simulation: Simulation,
    visits: VisitLog,
    freeswitch: FreeSwitchServer | None,
    desk: Desk,
) -> Answering:
    """Make everything ready that answers calls; it ends with the ground."""
    settings, stack, background = ground.settings, ground.stack, ground.background
    services = await ground.assembly.services(simulation, visits, freeswitch)
    rehearsal = Rehearsal(await ground.assembly.voices())
    # Ready before the first line comes: what all condominiums say alike.
    await rehearsal.try_now([ground.register.now.condominium(0)])
    background.start(rehearsal.run())
    limits = ReceptionOptions(
        max_calls=settings.max_calls,
        extension_calls=settings.max_extension_calls,
        lag_s=settings.max_lag_ms / 1000,
    )
    lag = LoopLag()
    reception = Reception(
        services,
        ground.register.condominium_of,
        call_options(settings),
        limits,
        lambda: lag.seconds,
    )
    background.start(lag.watch(reception.admission.look))
    stack.push_async_callback(reception.close)
    exchange = _exchange(settings, ground.frames, reception)
    stack.push_async_callback(exchange.close)
    desk.opens(exchange, reception)
    stack.callback(desk.closes)
    background.start(exchange.watch())
    room = partial(raise_descriptor_limit, settings.max_calls)
    return Answering(reception, exchange, freeswitch, rehearsal, room)


def _exchange(settings: Settings, frames: FrameClock, reception: Reception) -> Exchange:
    options = ExchangeOptions(AudioSocketOptions(allow=settings.pbx_allow))
    crowd = Crowd(reception.room, reception.turned_away)
    return Exchange(options, frames, reception.arrived, reception.awaits_resident, crowd)
