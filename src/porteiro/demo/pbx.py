"""The PBX of the demo: how phones come to Porteiro, over Asterisk's wire or FreeSWITCH's."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from porteiro.app import Porteiro, running
from porteiro.assembly import Simulation
from porteiro.demo.building import NAME, RESIDENTS, Pbx, phone_number
from porteiro.errors import SettingsError
from porteiro.phones.audiosocket import dial
from porteiro.phones.freeswitch import FreeSwitch, FreeSwitchOptions, Registered
from porteiro.phones.reactions import Behaviour
from porteiro.phones.resident import PickedUp, ResidentOptions, SimulatedResidents
from porteiro.phones.telephone import Telephone
from porteiro.settings import Settings


@dataclass(frozen=True, slots=True)
class Gate:
    """The intercom at the gate of a condominium that a running Porteiro serves.

    `call` returns a phone on its extension, hung up at the block's end; `described` says
    where everything listens.
    """

    porteiro: Porteiro
    described: str
    call: Callable[[str], AbstractAsyncContextManager[Telephone]]


@dataclass(frozen=True, slots=True)
class People:
    """Who lives there, and who is to see the phones that they pick up."""

    residents: ResidentOptions
    picked_up: PickedUp


def gate(pbx: Pbx, settings: Settings, people: People) -> AbstractAsyncContextManager[Gate]:
    """Run Porteiro and the PBX around it while the block lasts.

    Raises:
        PorteiroError: If the server cannot start.
    """
    return _freeswitch(settings, people) if pbx is Pbx.FREESWITCH else _asterisk(settings, people)


@asynccontextmanager
async def _asterisk(settings: Settings, people: People) -> AsyncIterator[Gate]:
    async with running(settings, Simulation(people.residents, people.picked_up)) as porteiro:
        extension = porteiro.extensions[0]
        described = (
            f"{NAME}: extension {extension.number} on port {extension.port}, "
            f"residents on {extension.return_port}, API on {porteiro.api_port}"
        )
        yield Gate(porteiro, described, partial(dial, extension.ip, extension.port))


@asynccontextmanager
async def _freeswitch(settings: Settings, people: People) -> AsyncIterator[Gate]:
    password = settings.esl_password.get_secret_value() if settings.esl_password else ""
    async with (
        FreeSwitch(FreeSwitchOptions(password=password)) as switch,
        running(settings.model_copy(update={"esl_port": switch.port})) as porteiro,
    ):
        server = porteiro.freeswitch
        if server is None:
            raise SettingsError("Porteiro does not take FreeSWITCH's lines: see its log")
        switch.serves(server.stream_port, server.control_port)
        options = people.residents
        changes = porteiro.changes
        async with SimulatedResidents(changes, options, people.picked_up) as residents:
            away = options.behaviour is Behaviour.NEVER_ANSWERS
            rings_s = float("inf") if away else options.rings_s
            home = Registered(rings_s, picked_up=residents.pick_up)
            switch.numbers = {phone_number(apartment): home for apartment in RESIDENTS}
            extension = porteiro.extensions[0]
            described = (
                f"{NAME}: extension {extension.number}, FreeSWITCH's sound on port "
                f"{server.stream_port}, its events on {server.control_port}, "
                f"API on {porteiro.api_port}"
            )
            yield Gate(porteiro, described, partial(_call, switch, extension.number))


@asynccontextmanager
async def _call(switch: FreeSwitch, extension: str, call_id: str) -> AsyncIterator[Telephone]:
    phone = await switch.call(extension, call_id)
    try:
        yield phone
    finally:
        phone.hang_up()
