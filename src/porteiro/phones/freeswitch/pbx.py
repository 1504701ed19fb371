"""A stand-in for FreeSWITCH: channels, their dialplan, and both kinds of event socket."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from porteiro.phones.freeswitch import api, bridging, dial_string
from porteiro.phones.freeswitch.applications import Finish
from porteiro.phones.freeswitch.channel import Channel
from porteiro.phones.freeswitch.commands import Command
from porteiro.phones.freeswitch.core import Core
from porteiro.phones.freeswitch.endpoint import SipEndpoint, filled
from porteiro.phones.freeswitch.inbound import InboundSocket
from porteiro.phones.freeswitch.outbound import OutboundSocket
from porteiro.phones.freeswitch.packets import Event, Pairs
from porteiro.phones.freeswitch.phone import FreeSwitchPhone
from porteiro.phones.freeswitch.profile import Profile, Times
from porteiro.phones.freeswitch.session import Session
from porteiro.phones.freeswitch.stream import Module
from porteiro.phones.telephone import PhoneOptions

_CONNECT_LIMIT_S: Final = 2.0


class First(StrEnum):
    """Which of a channel's two connections begins."""

    STREAM = "stream"
    CONTROL = "control"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class FreeSwitchOptions:
    """Where Porteiro listens, and how this FreeSWITCH and its dialplan are.

    The first connection is made at once, the other `gap_s` later; `stream_port` or
    `control_port` None: never. `fallback` is the number that a caller is bridged to when
    no server takes the control half, and with `resumes` (`socket_resume`) also when it
    goes away; without, the call stays parked then. The dialplan asks for a stream of
    `stream_rate` Hz, its phones have 8 kHz. With `stream_hangs_up` it hangs up when the
    server closes the stream, as it must where there is no event socket.
    """

    host: str = "127.0.0.1"
    stream_port: int | None = None
    control_port: int | None = None
    module: Module = Module.COMMUNITY
    first: First = First.TOGETHER
    gap_s: float = 0.0
    stream_rate: int = 8_000
    deflate: bool = False
    metadata: str = ""
    stream_hangs_up: bool = False
    fallback: str = ""
    resumes: bool = False
    phone: PhoneOptions = field(default_factory=PhoneOptions)
    password: str = "ClueCon"  # noqa: S105  FreeSWITCH's own default
    allow: tuple[IPv4Network | IPv6Network, ...] = ()
    heartbeat_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Registered:
    """A number that can be rung: it is picked up after `rings_s`, or refused with `cause`.

    `picked_up` gets the phone; an `absent` one has nobody who hears it ring.
    """

    rings_s: float = 0.0
    cause: str = ""
    picked_up: Callable[[FreeSwitchPhone], None] = lambda _: None


class FreeSwitch:
    """An async context manager: leaving it ends every call and closes every socket."""

    def __init__(self, options: FreeSwitchOptions, core: Core | None = None) -> None:
        """Be ready to run."""
        self.options = options
        self.core = core or Core()
        self.files: dict[str, bytes] = {}
        """Sound files by their paths, 16-bit mono at the channels' rate."""
        self.numbers: dict[str, Registered] = {}
        """Who can be rung."""
        self.sessions: dict[str, Session] = {}
        """Living channels by Unique-ID."""
        self.controls: list[OutboundSocket] = []
        """Every control connection there was, in order."""
        self.inbound: list[InboundSocket] = []
        """Every program that is connected to the inbound port."""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sockets: set[OutboundSocket] = set()
        self._count = 0

    async def __aenter__(self) -> Self:
        """Listen for programs on a free port of loopback."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._program, "127.0.0.1", 0)
        self.run(self._beat())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang everybody up and close everything."""
        await self.close()

    @property
    def port(self) -> int:
        """Return the port of the inbound event socket."""
        assert self._server is not None, "the FreeSWITCH does not run yet"  # noqa: S101
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End every call at once and close every socket, as a restart does."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for session in tuple(self.sessions.values()):
            session.hang_up("NORMAL_CLEARING")
        for socket in (*self._sockets, *self.inbound):
            socket.close()

    def serves(self, stream_port: int | None, control_port: int | None) -> None:
        """Bring calls to a server that listens there from now on."""
        self.options = replace(self.options, stream_port=stream_port, control_port=control_port)

    # ------------------------------------------------------------------------------- calls

    async def call(
        self,
        extension: str,
        call_id: str | None = None,
        *,
        number: str = "5511999990000",
        name: str = "Visitante",
    ) -> FreeSwitchPhone:
        """Call an extension, whose dialplan brings the call to Porteiro; return the phone.

        The phone is connected; the two halves come as the options say. `number` and
        `name` are the caller's.
        """
        uuid = call_id or str(uuid4())
        names = {"number": number, "name": name, "destination": extension, "uuid": uuid}
        session = self._inbound_session(names)
        if self.options.stream_port is not None:
            session.channel.set("STREAM_PLAYBACK", "true")
            start = f"uuid_audio_stream {uuid} start {self.stream_url(extension, uuid)} mono "
            rate = f"{self.options.stream_rate // 1000}k"
            session.channel.set("api_on_answer", start + rate)
        session.answer()
        self.run(self.hand_over(session))
        return session.phone

    def stream_url(self, extension: str, call_id: str) -> str:
        """Return where the dialplan sends a visitor's sound."""
        return f"ws://{self.options.host}:{self.options.stream_port}/stream/{extension}/{call_id}"

    def add(self, profile: Profile, variables: Pairs, facts: dict[str, str]) -> Session:
        """Create a channel."""
        channel = Channel(self.core, profile, SipEndpoint(facts), variables)
        call_id = channel.variables.get("porteiro_call_id", profile.uuid)
        session = Session(self, channel, self.options.phone, call_id)
        session.stream_hangs_up = self.options.stream_hangs_up
        if self.options.first is not First.CONTROL:
            session.stream_may_begin.set()
        self.sessions[profile.uuid] = session
        return session

    def facts(self, names: dict[str, str]) -> dict[str, str]:
        """Return `names` with what every channel has besides: its number and its time."""
        self._count += 1
        return names | {"session": str(self._count), "created": str(self.core.now())}

    def _inbound_session(self, names: dict[str, str]) -> Session:
        facts = self.facts(names)
        created = int(facts["created"])
        profile = Profile(
            facts["uuid"],
            f"sofia/internal/{facts['number']}@127.0.0.1",
            facts["number"],
            facts["name"],
            facts["destination"],
            Times(created, created),
            username=facts["number"],
            dialplan="XML",
        )
        return self.add(profile, filled("inbound", facts), facts)

    async def hand_over(self, session: Session, argument: str = "") -> None:
        """Give a channel to a server, by default ours, when its turn among the halves comes."""
        options = self.options
        if options.first is First.STREAM:
            await asyncio.sleep(options.gap_s)
        if argument:
            await self.socket(session, argument)
        elif options.control_port is not None:
            await self.socket(session, f"{options.host}:{options.control_port} async full")
        if options.first is First.CONTROL:
            await asyncio.sleep(options.gap_s)
        session.stream_may_begin.set()

    async def socket(self, session: Session, argument: str) -> bool:
        """Run the application `socket`; False if no server takes the channel."""
        place, *modes = argument.split()
        host, _, port = place.partition(":")
        whole = "full" in modes and "async" in modes
        event_uuid = str(uuid4())
        session.channel.begin("socket", argument, event_uuid)
        session.channel.set("socket_host", host)
        gone = partial(self._gone, session)
        control = OutboundSocket(self, session.channel, gone, whole=whole)
        try:
            async with asyncio.timeout(_CONNECT_LIMIT_S):
                await asyncio.get_running_loop().create_connection(
                    lambda: control, host, int(port or 8084)
                )
        except OSError:
            session.phone.mark("no_control")
            self._without_server(session)
            return False
        self._sockets.add(control)
        self.controls.append(control)
        session.handed_to(control, argument, event_uuid)
        session.phone.mark("control_opened")
        if session.ended:
            control.hung_up()
        return True

    def _gone(self, session: Session, control: OutboundSocket) -> None:
        """Have the application `socket` ended: by the channel's end, or by its server's."""
        self._sockets.discard(control)
        if self.options.resumes and not session.ended and session.control is control:
            session.left_by_server()
            self._without_server(session)

    def _without_server(self, session: Session) -> None:
        """Go on in the dialplan: to the human porter, or to the end."""
        if self.options.fallback:
            bridging.bridge(self, session, f"user/{self.options.fallback}", lambda _: None)
        else:
            session.hang_up("NORMAL_TEMPORARY_FAILURE")

    # -------------------------------------------------------------- what sessions need of it

    def publish(self, event: Event) -> None:
        """Let every event socket have an event."""
        for socket in (*self._sockets, *self.inbound):
            socket.event(event)

    def answered(self, session: Session) -> None:
        """Run what `api_on_answer` says."""
        command = session.channel.variables.get("api_on_answer", "")
        if command:
            self.run(self._after_answer(session, command))

    def bridge(self, session: Session, target: str, finish: Finish) -> None:
        """Ring the target and join the two."""
        bridging.bridge(self, session, target, finish)

    def transfer(self, session: Session, number: str) -> None:
        """Send the channel on to a number: its server is left."""
        if session.control is not None:
            session.control.hung_up()
        bridging.bridge(self, session, f"user/{number}", lambda _: None)

    def over(self, session: Session) -> None:
        """Forget a channel."""
        self.sessions.pop(session.channel.uuid, None)

    # ----------------------------------------------------------- what event sockets need of it

    async def api(self, command: str) -> str:
        """Run an api command, and return what it says."""
        return await api.run(self, command)

    def background(self, command: str, job: str, owner: str) -> None:
        """Run an api command by itself, and tell of its end with BACKGROUND_JOB."""
        self.run(self._job(command, job, owner))

    def send_message(self, channel: str, message: Command) -> asyncio.Future[None] | None:
        """Have a channel do what a `sendmsg` says."""
        session = self.sessions.get(channel)
        return session.obey(message) if session is not None else None

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Have something done beside everything else, until it is done or the end."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ring(self, target: dial_string.Target) -> str:
        """Ring a number; return the cause for which nobody answered, empty if somebody did."""
        registered = self.numbers.get(target.number)
        if registered is None:
            return "SUBSCRIBER_ABSENT"
        if registered.rings_s >= target.timeout_s:
            await asyncio.sleep(target.timeout_s)
            return "NO_ANSWER"
        await asyncio.sleep(registered.rings_s)
        return registered.cause

    async def _job(self, command: str, job: str, owner: str) -> None:
        said = await self.api(command)
        verb, _, argument = command.partition(" ")
        told: Pairs = [("Job-UUID", job), ("Job-Command", verb)]
        if argument:
            told.append(("Job-Command-Arg", argument))
        if owner:
            told.append(("Job-Owner-UUID", owner))
        event = self.core.event("BACKGROUND_JOB", told)
        event.body = said.encode()
        self.publish(event)

    async def _after_answer(self, session: Session, command: str) -> None:
        await session.stream_may_begin.wait()
        await self.api(command)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.options.heartbeat_s)
            told: Pairs = [
                ("Event-Info", "System Ready"),
                ("Session-Count", str(len(self.sessions))),
            ]
            self.publish(self.core.event("HEARTBEAT", told))

    def _program(self) -> InboundSocket:
        return InboundSocket(self, self.options.password, self._joined, self._allowed)

    def _allowed(self, host: str) -> bool:
        allow = self.options.allow
        return not allow or any(ip_address(host) in network for network in allow)

    def _joined(self, program: InboundSocket, here: bool) -> None:  # noqa: FBT001
        if here:
            self.inbound.append(program)
        else:
            self.inbound.remove(program)
