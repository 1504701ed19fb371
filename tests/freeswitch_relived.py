"""Recordings of FreeSWITCH lived through again by its stand-in, without a network."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import unified_diff
from itertools import takewhile
from typing import cast

from websockets.protocol import OPEN, SERVER
from websockets.protocol import Protocol as Frames
from websockets.utils import accept_key

from porteiro.phones.freeswitch import FreeSwitch, FreeSwitchOptions, Module
from porteiro.phones.freeswitch.dial_string import Target
from porteiro.phones.freeswitch.inbound import InboundSocket
from porteiro.phones.freeswitch.outbound import OutboundSocket
from porteiro.phones.freeswitch.packets import Event, Pairs
from porteiro.phones.freeswitch.profile import Profile
from porteiro.phones.freeswitch.session import Session
from porteiro.phones.freeswitch.stream import AudioStream
from porteiro.phones.freeswitch.websocket import Address, WebSocketClient
from tests.freeswitch_recordings import (
    RecordedCore,
    RecordedEndpoint,
    Step,
    described,
    is_event,
    profile,
    steps,
    variables,
)


@dataclass
class Socket:
    """A transport that keeps what is written to it."""

    written: bytearray = field(default_factory=bytearray)
    closed: bool = False

    def write(self, data: bytes) -> None:
        assert not self.closed or not data
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, _: str) -> tuple[str, int]:
        return "127.0.0.1", 1

    def take(self, length: int) -> bytes:
        """Take the next bytes out."""
        data = bytes(self.written[:length])
        del self.written[:length]
        return data


class Switch(FreeSwitch):
    """A stand-in whose originated channels are described as in a recording."""

    def __init__(self, core: RecordedCore, answer: Pairs | None = None) -> None:
        super().__init__(FreeSwitchOptions(), core)
        self._answer = answer

    def add(self, profile: Profile, variables_: Pairs, facts: dict[str, str]) -> Session:
        session = super().add(profile, variables_, facts)
        if profile.destination == "9999" and self._answer is not None:
            session.channel.profile.times.created = session.channel.profile.times.profile_created
            known = variables(self._answer)
            assert list(session.channel.variables) == list(known)
            session.channel.variables = known
        return session

    async def ring(self, target: Target) -> str:
        cause = await super().ring(target)
        core = cast("RecordedCore", self.core)
        core.time = core.later or core.time
        return cause


class Life:
    """One channel of a recording, in a stand-in that knows the recording's times."""

    def __init__(self, recording: str, uuid: str = "") -> None:
        events = [described(step.data) for step in steps(recording) if is_event(step.data)]
        some = steps("esl_outbound_static_not_full")[1].data
        connected = events[0] if events else described(some)
        self.events = events
        self.core = RecordedCore(events or [connected])
        self.endpoint = RecordedEndpoint(events)
        self.pbx = Switch(self.core)
        self._uuid = uuid
        self.session = self._session(connected)
        self.channel = self.session.channel
        self.emitted: list[Event] = []
        self.channel.emit = self._emit
        self.wire = Socket()
        argument = variables(connected)["current_application_data"]
        whole = "full" in argument
        self.control = OutboundSocket(self.pbx, self.channel, whole=whole)
        self.control.connection_made(cast("asyncio.Transport", self.wire))
        self.session.handed_to(self.control, argument, self._socket_uuid())
        self.channel.endpoint = self.endpoint
        self.pbx._sockets.add(self.control)

    def _session(self, connected: Pairs) -> Session:
        known = dict(connected)
        own = [(name, it) for name, it in connected if name.startswith("Channel-")]
        whose = profile(own, "Channel")
        whose.uuid = self._uuid or whose.uuid
        session = self.pbx.add(whose, [], {})
        channel = session.channel
        channel.begin("socket", variables(connected)["current_application_data"], "")
        channel.variables = variables(connected)
        channel.call_state = known["Channel-Call-State"]
        channel.answer_state = known["Answer-State"]
        channel.has_codec = "Channel-Read-Codec-Name" in known
        if channel.answer_state == "answered":
            session.phone.pick_up()
        return session

    def _socket_uuid(self) -> str:
        known = [dict(event) for event in self.events]
        found = [it["Application-UUID"] for it in known if it.get("Application") == "socket"]
        return found[0] if found else ""

    def _emit(self, event: Event) -> None:
        self.emitted.append(event)
        taken = self.control.subscriptions.takes(event)
        self.pbx.publish(event)
        if taken and any(name.startswith("variable_") for name, _ in event.headers):
            self.endpoint.told()

    def set_clock(self, upcoming: list[Pairs]) -> None:
        """Set the clock to the latest thing that the next events tell of."""
        all_of = [pair for event in upcoming for pair in event]
        times = [int(it) for name, it in all_of if name.startswith("Caller-") and "-Time" in name]
        self.core.later = max([*times, self.core.time])
        rung = int(dict(all_of).get("Other-Leg-Channel-Created-Time", "0"))
        self.core.time = rung if rung and rung >= self.core.time else self.core.later

    def open_stream(self, *, answers: bool = True) -> None:
        """Give the channel its stream; the server answers the close of it, or does not."""
        session = self.session
        session.stream = AudioStream(Module.COMMUNITY, session, session.player, self.channel.uuid)
        client = session.stream.prepare(Address("ws://127.0.0.1:8085/stream"), 8000)
        self.server = StreamServer(client, answers=answers)
        client.connection_made(cast("asyncio.Transport", self.server))

    async def go_through(self, recording: str, happenings: Iterator[Callable[[], object]]) -> None:
        """Live through a recording: send what was sent, and get what came, to the byte."""
        for place, step in enumerate(steps(recording)):
            upcoming = takewhile(lambda it: it.from_fs, steps(recording)[place + 1 :])
            self.set_clock([described(it.data) for it in (step, *upcoming) if is_event(it.data)])
            if not step.from_fs:
                if self.control.open:
                    self.control.data_received(step.data)
                continue
            await settled(self.wire, step)
            if not self.wire.written and not self.wire.closed:
                next(happenings)()
                await settled(self.wire, step)
            got = self.wire.take(len(step.data) or 1)
            assert got == step.data, difference(got, step.data)
        assert self.wire.closed
        assert not self.wire.written
        assert next(happenings, None) is None


def difference(got: bytes, recorded: bytes) -> str:
    """Return the lines in which what came differs from what was recorded."""
    ours, theirs = (data.decode(errors="replace").splitlines() for data in (got, recorded))
    return "\n".join(unified_diff(ours, theirs, "stand-in", "recorded", n=1, lineterm=""))


async def settled(wire: Socket, step: Step) -> None:
    """Wait until something was written, or nothing will be."""
    for _ in range(20):
        await asyncio.sleep(0)
    for _ in range(300):  # virtual time: 3 s, longer than any of the stand-in's own delays
        if wire.written or (wire.closed and not step.data):
            return
        await asyncio.sleep(0.01)


class StreamServer(Socket):
    """The WebSocket server of a channel's stream, which accepts it."""

    def __init__(self, client: WebSocketClient, *, answers: bool) -> None:
        super().__init__()
        self._client = client
        self._frames = Frames(SERVER, state=OPEN)
        self._answers = answers

    def write(self, data: bytes) -> None:
        if data.startswith(b"GET "):
            asyncio.get_running_loop().call_soon(self._accept, data)
        elif self._answers:
            self._frames.receive_data(data)
            self._flush()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._client.connection_lost(None)

    def say(self, text: str) -> None:
        self._frames.send_text(text.encode())
        self._flush()

    def end(self) -> None:
        self._frames.send_close(1000, "bye")
        self._flush()

    def _accept(self, request: bytes) -> None:
        key = request.partition(b"Sec-WebSocket-Key:")[2].partition(b"\r")[0].decode()
        self._client.data_received(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
        )

    def _flush(self) -> None:
        for data in self._frames.data_to_send():
            if data and not self.closed:
                self._client.data_received(data)


class Program:
    """A program on the inbound event socket of a recording."""

    def __init__(self, recording: str) -> None:
        events = [described(step.data) for step in steps(recording) if is_event(step.data)]
        some = described(steps("esl_outbound_static_not_full")[1].data)
        self.core = RecordedCore(events or [some])
        answer = [it for it in events if dict(it)["Event-Name"] == "CHANNEL_ANSWER"]
        self.pbx = Switch(self.core, answer[0] if answer else None)
        self.wire = Socket()
        self.socket = InboundSocket(self.pbx, "ClueCon", lambda _, __: None)
        self.pbx.inbound.append(self.socket)
        if answer:
            self.core.time = int(dict(answer[0])["Caller-Channel-Created-Time"])

    async def go_through(self, recording: str, *, allowed: bool = True) -> None:
        """Send what was sent, and get what came, to the byte."""
        if not allowed:
            self.socket = InboundSocket(self.pbx, "", lambda _, __: None, lambda _: False)
        self.socket.connection_made(cast("asyncio.Transport", self.wire))
        for step in steps(recording):
            if not step.from_fs:
                self.socket.data_received(step.data)
                continue
            await settled(self.wire, step)
            got = self.wire.take(len(step.data) or 1)
            assert got == step.data, difference(got, step.data)
        assert not self.wire.written
