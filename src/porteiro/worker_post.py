"""A worker at its post: does what the parent orders, and tells it what happens."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from typing import Final

import msgspec
import structlog

from porteiro.answering import Answering, Ground
from porteiro.calls.board import CallView, Change
from porteiro.calls.visit import Visit
from porteiro.condominiums.directory import Apartment, Directory
from porteiro.condominiums.register import Register
from porteiro.errors import SettingsError
from porteiro.freeswitch import listen_for_freeswitch
from porteiro.storage.visits.spool import SpooledVisits
from porteiro.web.lag import LagTally
from porteiro.workers.channel import Channel
from porteiro.workers.messages import (
    ORDERS,
    BreakOff,
    Drain,
    End,
    Find,
    Found,
    HangUp,
    Happened,
    HungUp,
    Lag,
    Living,
    Look,
    Lost,
    Order,
    Residents,
    Restart,
    Serve,
    Served,
    SomeCalls,
    Standing,
)
from porteiro.workers.numbers import Numbers

_log = structlog.get_logger()

_PULSE_S: Final = 0.25
_AT_ONCE: Final = 50
"""Calls told of in one message: between two of them, frames go out."""
_COUNTED: Final = frozenset({"started", "resumed", "ended"})


class Post:
    """Carries the parent's orders out, in their order where they change what is served."""

    def __init__(
        self,
        ground: Ground,
        answering: Answering,
        numbers: Numbers,
        visits: SpooledVisits,
    ) -> None:
        """Work with `answering`, whose FreeSWITCH lines know the extensions by `numbers`."""
        self._ground = ground
        self._answering = answering
        self._numbers = numbers
        self._visits = visits
        self._channel = Channel(ORDERS, self.take)
        self._orders: asyncio.Queue[Residents | Serve | Restart] = asyncio.Queue()
        self._residents: dict[int | None, tuple[Apartment, ...]] = {}
        self._directories: dict[int | None, Directory] = {}
        self._lag = LagTally()
        self._ended = asyncio.Event()
        self._working: set[asyncio.Task[None]] = set()
        self._told_changes = -1
        self._serving = False
        self._freeswitch_open = False

    @property
    def channel(self) -> Channel[Order]:
        """The connection with the parent, which is to be made."""
        return self._channel

    @property
    def orphaned(self) -> bool:
        """Whether nobody ordered the end: the parent is gone."""
        return not self._ended.is_set()

    async def over(self) -> None:
        """Return when the parent orders the end, or is gone."""
        either = (self._ended.wait(), self._channel.closed.wait())
        waits = [asyncio.ensure_future(wait) for wait in either]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def duties(self) -> Iterator[Coroutine[None, None, None]]:
        """Return what is to be done until the end, each a task of its own."""
        yield self._serve_on()
        yield self._tell_changes()
        yield self._pulse()
        yield self._lag.watch()

    def take(self, order: Order) -> None:
        """Carry an order out, or put it to those that wait their turn."""
        reception = self._answering.reception
        match order:
            case Residents() | Serve() | Restart():
                self._orders.put_nowait(order)
            case Look(number):
                self._stand(number, self._calls())
            case Living(number):
                self._spawn(self._tell_living(number))
            case Find(number, call_id):
                self._channel.send(Found(number, reception.find(call_id)))
            case HangUp(number, call_id, role):
                self._channel.send(HungUp(number, reception.hang_up(call_id, role)))
            case Drain():
                self._spawn(self._drain())
            case BreakOff(reason):
                reception.break_off(reason)
            case End():
                self._ended.set()
            case _:
                _log.error("an order came that nobody expected", order=type(order).__name__)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    # ------------------------------------------------------------------------- serving

    async def _serve_on(self) -> None:
        while True:
            match await self._orders.get():
                case Residents(condominium_id, apartments):
                    self._residents[condominium_id] = tuple(apartments)
                case Serve() as order:
                    await self._serve(order)
                case Restart(number, extension_id):
                    if extension_id in self._answering.exchange.wanted:
                        await self._answering.exchange.restart(extension_id)
                    self._tell_served(number)

    async def _serve(self, order: Serve) -> None:
        """Know the condominiums first, then serve their extensions."""
        answering, register = self._answering, self._ground.register
        new, self._residents = self._residents, {}
        if new:
            self._directories |= await asyncio.to_thread(_directories, new)
        self._directories = {key: self._directories[key] for key in order.directories}
        register.now = Register(order.default, order.profiles, self._directories)
        self._numbers.know(order.others)
        trouble = await self._take_freeswitch() if order.freeswitch else ""
        answering.room(len(order.extensions))
        if not self._serving:
            self._serving = True
            await answering.reception.look_back()  # what the worker before us left behind
        ports = {port for one in order.others for port in (one.port, one.return_port)}
        wanted = {one.extension_id: one for one in order.extensions}
        await answering.exchange.serve(wanted, ports)
        spoken = dict.fromkeys(one.condominium_id for one in order.extensions)
        answering.rehearsal.soon([register.now.condominium(i) for i in spoken])
        self._tell_served(order.number, trouble)

    async def _take_freeswitch(self) -> str:
        """Take FreeSWITCH's lines from now on; return why that cannot be, empty where it can."""
        server = self._answering.freeswitch
        if server is None or self._freeswitch_open:
            return ""
        try:
            self._freeswitch_open = await listen_for_freeswitch(self._ground.settings, server)
        except SettingsError as error:
            return str(error)
        if self._freeswitch_open:
            self._ground.background.start(server.watch())
        return ""

    def _tell_served(self, number: int, trouble: str = "") -> None:
        exchange = self._answering.exchange
        self._told_changes = exchange.changes
        served = tuple(exchange.served.values())
        kept = tuple(exchange.kept)
        self._channel.send(Served(number, served, dict(exchange.failed), trouble, kept))

    async def _drain(self) -> None:
        await self._answering.stop_taking()
        self._stand()
        await self._answering.reception.idle()
        self._stand()

    # ------------------------------------------------------------------------- telling

    async def _pulse(self) -> None:
        """Say several times a second that we live, and how we stand."""
        while True:
            if self._answering.exchange.changes != self._told_changes and self._orders.empty():
                self._tell_served(0)
            self._stand()
            await asyncio.sleep(_PULSE_S)

    def _calls(self) -> dict[int, int]:
        return Counter(view.extension_id for view in self._answering.reception.living())

    def _stand(self, number: int = 0, calls: dict[int, int] | None = None) -> None:
        answering, speech = self._answering, self._ground.assembly.speech
        capacity = answering.reception.capacity()
        freeswitch = answering.freeswitch if self._freeswitch_open else None
        self._channel.send(
            Standing(
                number,
                calls=calls,
                capacity=capacity,
                visits_waiting=self._visits.waiting,
                freeswitch_legs=freeswitch.legs() if freeswitch is not None else None,
                speech_providers=speech.states(),
                speech_queues=speech.queues(),
                lag=Lag(tuple(self._lag.counts), self._lag.seconds),
                idle=not answering.reception.held,
            )
        )

    async def _tell_changes(self) -> None:
        """Tell every change; what the parent cannot take in time is counted and left out."""
        with self._answering.reception.changes.subscribe() as subscription:
            lost = told_lost = 0
            async for change in subscription:
                if self._channel.full:
                    lost += 1
                    continue
                if lost + subscription.lost > told_lost:
                    self._channel.send(Lost(lost + subscription.lost - told_lost))
                    told_lost = lost + subscription.lost
                self._channel.send(_told(change))
                if change.kind in _COUNTED:
                    asyncio.get_running_loop().call_soon(self._stand)

    async def _tell_living(self, number: int) -> None:
        views = self._answering.reception.living()
        for start in range(0, len(views), _AT_ONCE):
            some = tuple(map(_without_story, views[start : start + _AT_ONCE]))
            self._channel.send(SomeCalls(number, some, more=True))
            await asyncio.sleep(0)
        self._channel.send(SomeCalls(number, (), more=False))


def _told(change: Change) -> Happened:
    data = msgspec.Raw(msgspec.json.encode(change.data))
    return Happened(change.at, change.call_id, change.kind, data)


def _without_story(view: CallView) -> CallView:
    """Return a call without what its summary does not tell."""
    visit = view.visit
    return replace(
        view,
        visit=Visit(
            visit.call_id,
            visit.extension,
            visit.condominium_id,
            visit.started,
            purpose=visit.purpose,
            visitor=visit.visitor,
            apartment=visit.apartment,
            resident=visit.resident,
        ),
    )


def _directories(
    residents: dict[int | None, tuple[Apartment, ...]],
) -> dict[int | None, Directory]:
    return {key: Directory(apartments) for key, apartments in residents.items()}
