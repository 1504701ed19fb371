"""One event socket connection, seen from FreeSWITCH: commands in, replies and events out."""

import asyncio
from abc import abstractmethod
from typing import Protocol, cast
from uuid import uuid4

from porteiro.phones.freeswitch.commands import Command, CommandReader
from porteiro.phones.freeswitch.packets import (
    Event,
    Notice,
    Reply,
    api_response,
    command_reply,
    disconnect_notice,
)
from porteiro.phones.freeswitch.subscriptions import Subscriptions

NOT_FOUND = Reply("-ERR command not found")


class Switch(Protocol):
    """What an event socket needs of the FreeSWITCH that it belongs to."""

    async def api(self, command: str) -> str:
        """Run an api command, and return what it says."""
        ...

    def background(self, command: str, job: str, owner: str) -> None:
        """Run an api command by itself; its BACKGROUND_JOB event tells of its end."""
        ...

    def send_message(self, channel: str, message: Command) -> asyncio.Future[None] | None:
        """Have a channel do what a `sendmsg` says; return a future of its end.

        None if there is no such channel.
        """
        ...


class EventSocket(asyncio.Protocol):
    """What both kinds of event socket have in common: everything but who begins."""

    def __init__(self, switch: Switch) -> None:
        """Belong to `switch`."""
        self._switch = switch
        self.subscriptions = Subscriptions()
        self._reader = CommandReader()
        self._transport: asyncio.Transport | None = None
        self._work: asyncio.Task[None] | None = None
        self._commands: asyncio.Queue[Command] = asyncio.Queue()
        self._busy = False
        self._late: list[bytes] = []
        self._at_once = True
        """Whether a `sendmsg` is answered before what it says is done."""
        self.received: list[Command] = []
        """Every command that came, for whoever wants to look."""

    @property
    def open(self) -> bool:
        """Return whether it is connected."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to take commands."""
        self._transport = cast("asyncio.Transport", transport)
        self._work = asyncio.get_running_loop().create_task(self._take_all())

    def data_received(self, data: bytes) -> None:
        """Take commands, in order."""
        try:
            for command in self._reader.receive(data):
                self.received.append(command)
                self._commands.put_nowait(command)
        except ValueError:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  nothing to tell apart
        """Stop."""
        if self._work is not None:
            self._work.cancel()
        self._transport = None

    def event(self, event: Event) -> None:
        """Have an event of this FreeSWITCH, and send it if it was asked for."""
        if not self.subscriptions.takes(event):
            return
        packet = self.subscriptions.packet(event)
        if self._busy:
            self._late.append(packet)
        else:
            self.write(packet)

    def write(self, data: bytes) -> None:
        """Send bytes, if there is still somebody to send them to."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def say_goodbye(self, channel: str = "") -> None:
        """Send the last notice and close."""
        self.write(disconnect_notice(Notice(channel)))
        self.close()

    def close(self) -> None:
        """Close, after what was written has left."""
        if self._transport is not None:
            self._transport.close()

    async def _take_all(self) -> None:
        """Carry commands out in their order; events that come meanwhile go after the reply."""
        while True:
            command = await self._commands.get()
            self._busy = True
            await self._take(command)
            self._busy = False
            self.write(b"".join(self._late))
            self._late.clear()

    @abstractmethod
    async def _take(self, command: Command) -> None:
        """Carry a command out."""

    async def _common(self, command: Command, channel: str) -> Reply | None:
        """Carry out what every event socket knows; return its reply, None if it is sent."""
        verb, rest = command.verb, command.rest
        if verb == "api":
            self.write(api_response((await self._switch.api(rest)).encode()))
            return None
        if verb == "bgapi":
            job = command.headers.get("job-uuid") or str(uuid4())
            self.write(command_reply(Reply(f"+OK Job-UUID: {job}", [("Job-UUID", job)])))
            self._switch.background(rest, job, channel)
            return None
        if verb == "sendmsg":
            done = self._switch.send_message(rest or channel, command)
            if done is None:
                return Reply(f"-ERR invalid session id [{rest}]")
            if not self._at_once:
                await done
            return Reply("+OK")
        return self._subscribe(verb, rest)

    def _subscribe(self, verb: str, rest: str) -> Reply:
        subscriptions = self.subscriptions
        if verb in ("event", "events"):
            return subscriptions.add(rest)
        if verb == "nixevent":
            return subscriptions.nix(rest)
        if verb == "noevents":
            return subscriptions.none()
        if verb == "filter":
            return subscriptions.filter(rest)
        return NOT_FOUND

    def _reply(self, reply: Reply | None) -> None:
        if reply is not None:
            self.write(command_reply(reply))
