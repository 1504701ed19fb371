"""Settings made into parts: which dialer, which gates, which speech, with which options."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from porteiro.calls.board import ChangeStream
from porteiro.calls.errands import ErrandOptions
from porteiro.calls.leg import LegOptions
from porteiro.calls.ports import Dialer, Gate, Handover, VisitLog
from porteiro.calls.services import CallOptions, Services
from porteiro.clock import LoopClock
from porteiro.condominiums.profile import Profile
from porteiro.condominiums.register import CurrentRegister, Register
from porteiro.dialers.ami import AmiDialer, AmiOptions
from porteiro.dialers.ami_client import AmiClient, AmiServer
from porteiro.dialers.amqp import AmqpDialer, AmqpDialerOptions
from porteiro.dialers.esl import EslDialer
from porteiro.dialers.simulated import SimulatedDialer
from porteiro.dialers.webhook import WebhookDialer, WebhookOptions
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.terms import Role
from porteiro.dialogue.turn_ending import TurnEndingOptions
from porteiro.errors import GateError, SettingsError
from porteiro.freeswitch import Handovers, esl_client, esl_dialer
from porteiro.gates.amqp import AmqpGate, AmqpGateOptions
from porteiro.gates.by_condominium import GatesByCondominium
from porteiro.gates.http import HttpGate, HttpGateOptions
from porteiro.gates.log import LogGate
from porteiro.lines.freeswitch.server import FreeSwitchServer
from porteiro.messaging.amqp import AmqpPublisher
from porteiro.messaging.connection import AmqpOptions
from porteiro.phones.resident import PickedUp, ResidentOptions, SimulatedResidents
from porteiro.settings import Settings
from porteiro.speech.preference_voices import KeptVoices
from porteiro.speech_parts import SpeechParts
from porteiro.storage.calls.logs import CallLogFiles
from porteiro.storage.postgres.database import Database, DatabaseOptions
from porteiro.storage.visits.postgres import PostgresVisits
from porteiro.storage.visits.spool import SpooledVisits, VisitsOptions
from porteiro.storage.visits.sqlite import SqliteVisits
from porteiro.storage.visits.store import VisitStore

_FAREWELL_S = 12.0
_FAREWELL_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Simulation:
    """How residents behave where the dialer is `simulated`; `picked_up` sees their phones."""

    options: ResidentOptions = field(default_factory=ResidentOptions)
    picked_up: PickedUp = lambda _: None


class Background:
    """The tasks that serve all calls, for as long as the block lasts.

    If one of them fails, the block is cancelled, and the failure raised at its end.
    """

    def __init__(self) -> None:
        """Make it; tasks can be started within the block."""
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin the block."""
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cancel every task; raise what failed, as itself where it is one thing alone."""
        for task in self._tasks:
            task.cancel()
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup as failures:
            if len(failures.exceptions) > 1:
                raise
            raise failures.exceptions[0] from None

    def start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start a task."""
        task = self._group.create_task(work)
        self._tasks.append(task)
        return task


class Assembly:
    """Makes the parts that the settings name; they live as long as `stack`."""

    def __init__(
        self,
        settings: Settings,
        stack: AsyncExitStack,
        background: Background,
        changes: ChangeStream,
    ) -> None:
        """Assemble by `settings`."""
        self._settings = settings
        self._stack = stack
        self._background = background
        self._changes = changes
        self._clock = LoopClock()
        self._publisher: AmqpPublisher | None = None
        self._session: aiohttp.ClientSession | None = None
        self.speech = SpeechParts(settings, stack)
        self._voices: KeptVoices | None = None
        self.register = CurrentRegister(Register(default_profile(settings)))

    async def database(self) -> Database | None:
        """Return the database, which need not be there yet; None where none is set."""
        host = self._settings.db_host
        if host is None:
            return None
        return await self._stack.enter_async_context(
            Database(database_options(self._settings, host))
        )

    async def visits(
        self, database: Database | None, waiting_in: Path | None = None
    ) -> tuple[VisitStore, SpooledVisits]:
        """Return where visits are kept, and the log before it that never waits.

        Visits wait in the data folder, or in `waiting_in`.
        """
        folder = self._settings.data_dir
        store: VisitStore
        if database is None:
            sqlite = SqliteVisits(folder / "visits.sqlite3")
            store = await self._stack.enter_async_context(sqlite)
        else:
            store = PostgresVisits(database)
        spooled = SpooledVisits(VisitsOptions(waiting_in or folder), store)
        return store, await self._stack.enter_async_context(spooled)

    async def voices(self) -> KeptVoices:
        """Return who speaks, to all calls and ahead of them."""
        if self._voices is None:
            self._voices = await self.speech.voices()
        return self._voices

    async def services(
        self, simulation: Simulation, visits: VisitLog, freeswitch: FreeSwitchServer | None
    ) -> Services:
        """Return what every call shares."""
        dialer, handover = await self._dialer(simulation, freeswitch)
        logs = CallLogFiles(self._settings.data_dir / "calls")
        return Services(
            clock=self._clock,
            voices=await self.voices(),
            transcriber=await self.speech.transcriber(),
            understanding=await self.speech.understanding(),
            gate=await self._gates(),
            visits=visits,
            changes=self._changes,
            dialer=dialer,
            handover=Handovers(freeswitch, handover),
            logs=await self._stack.enter_async_context(logs),
        )

    async def _dialer(
        self, simulation: Simulation, freeswitch: FreeSwitchServer | None
    ) -> tuple[Dialer | None, Handover | None]:
        settings = self._settings
        match settings.dialer:
            case "webhook" if settings.dialer_url is not None:
                session = await self._http()
                return WebhookDialer(session, WebhookOptions(settings.dialer_url)), None
            case "amqp":
                order = AmqpDialerOptions(settings.amqp_queue, settings.amqp_license)
                return AmqpDialer(await self._broker(), order, self._clock), None
            case "ami":
                dialer = self._ami()
                return dialer, dialer
            case "esl":
                return self._esl(freeswitch), None
            case "simulated":
                residents = SimulatedResidents(
                    self._changes, simulation.options, simulation.picked_up
                )
                await self._stack.enter_async_context(residents)
                return SimulatedDialer(residents.answer), None
            case _:
                return None, None

    def _ami(self) -> AmiDialer:
        settings = self._settings
        secret = settings.ami_secret.get_secret_value() if settings.ami_secret else ""
        server = AmiServer(
            settings.ami_host, settings.ami_port, settings.ami_username or "", secret
        )
        client = AmiClient(server)
        self._background.start(client.run())
        return AmiDialer(client, AmiOptions(channel=settings.ami_channel))

    def _esl(self, freeswitch: FreeSwitchServer | None) -> EslDialer:
        if freeswitch is None:
            raise SettingsError("PORTEIRO_DIALER=esl, but FreeSWITCH's lines are not taken")
        client = esl_client(self._settings)
        self._background.start(client.run())
        return esl_dialer(self._settings, client, freeswitch)

    async def _gates(self) -> Gate:
        """Return the gates of all condominiums: those of the settings, or of their own."""
        session = await self._http()
        publisher = await self._broker() if self._settings.amqp_url is not None else None
        default_url = self._settings.gate_url

        def make(name: str, url: str) -> Gate:
            match name:
                case "http" if url or default_url:
                    return HttpGate(session, HttpGateOptions(url or default_url or ""))
                case "amqp" if publisher is not None:
                    return AmqpGate(publisher, AmqpGateOptions())
                case "log":
                    return LogGate()
                case _:
                    raise GateError(f"set {'AMQP_URL' if name == 'amqp' else 'PORTEIRO_GATE_URL'}")

        return GatesByCondominium(self._settings.gates, self.register.profile, make)

    async def _broker(self) -> AmqpPublisher:
        if self._publisher is None:
            url = self._settings.amqp_url
            options = AmqpOptions(url.get_secret_value() if url is not None else "")
            self._publisher = await self._stack.enter_async_context(AmqpPublisher(options))
        return self._publisher

    async def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = await self._stack.enter_async_context(aiohttp.ClientSession())
        return self._session


def call_options(settings: Settings) -> CallOptions:
    """Return how calls are held, as far as it is the same for every condominium."""
    dialogue = DialogueOptions(
        call_s=settings.max_call_s,
        farewell_s=min(_FAREWELL_S, settings.max_call_s * _FAREWELL_SHARE),
    )
    return CallOptions(
        dialogue=dialogue,
        leg=LegOptions(
            playout_slack_s=settings.hangup_delay_s,
            interruptible=frozenset(role for role in Role if role in settings.interrupting),
        ),
        turn_ending=TurnEndingOptions(
            answered_s=settings.answered_s, unfinished_s=settings.unfinished_s
        ),
        errands=ErrandOptions(host=settings.dialer_host),
    )


def default_profile(settings: Settings) -> Profile:
    """Return how a condominium is that says nothing of its own."""
    return Profile(
        voice=settings.voice,
        silence_s=settings.silence_s,
        attempts=settings.ring_attempts,
        ring_s=settings.ring_s,
        fallback_number=settings.fallback_number,
        retention_days=settings.retention_days,
    )


def database_options(settings: Settings, host: str) -> DatabaseOptions:
    """Return how PostgreSQL is reached at `host`."""
    password = settings.db_password.get_secret_value() if settings.db_password else ""
    return DatabaseOptions(host, settings.db_port, settings.db_name, settings.db_user, password)
