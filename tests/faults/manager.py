"""An Asterisk manager on a real socket: its residents pick up, and its connection may be reset."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from porteiro.errors import LineClosedError
from porteiro.phones.audiosocket import AudioSocketPhone, dial
from tests.integration.neighbours import hears_something

AUTHORIZES, WAITS, RESETS = "1001", "1003", "1008"
"""Numbers: whose resident presses 1, who does nothing, and at which the manager is reset."""

Action = dict[str, str]


def reset(transport: asyncio.BaseTransport) -> None:
    """Close a connection as a machine does that lost its memory of it."""
    there = transport.get_extra_info("socket")
    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert isinstance(transport, asyncio.Transport)
    transport.abort()


@dataclass
class Manager:
    """What it was told to ring, and the residents' phones that were picked up."""

    group: asyncio.TaskGroup
    port: int = 0
    rung: list[Action] = field(default_factory=list)
    phones: dict[str, AudioSocketPhone] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """What a server must be told to ring through it."""
        return {
            "PORTEIRO_DIALER": "ami",
            "PORTEIRO_AMI_HOST": "127.0.0.1",
            "PORTEIRO_AMI_PORT": str(self.port),
            "PORTEIRO_AMI_USERNAME": "porteiro",
            "PORTEIRO_AMI_SECRET": "s3nha-do-gerente",
        }

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                action = dict(line.split(": ", 1) for line in text.strip().split("\r\n"))
                _send(writer, Response="Success", ActionID=action.get("ActionID", ""))
                if action["Action"] == "Originate":
                    self._ring(action, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    def _ring(self, action: Action, writer: asyncio.StreamWriter) -> None:
        self.rung.append(action)
        attempt = action["ActionID"]
        _send(writer, Event="Newchannel", Uniqueid=attempt)
        if action["Channel"].endswith(RESETS):
            reset(writer.transport)
            return
        _send(writer, Event="Newstate", Uniqueid=attempt, ChannelStateDesc="Up")
        _send(writer, Event="OriginateResponse", ActionID=attempt, Response="Success", Reason="4")
        self.group.create_task(self._pick_up(action))

    async def _pick_up(self, action: Action) -> None:
        call_id, _, address = action["Data"].partition(",")
        host, _, port = address.rpartition(":")
        async with dial(host, int(port), call_id) as phone:
            self.phones[call_id] = phone
            if action["Channel"].endswith(AUTHORIZES):
                try:
                    await hears_something(phone)
                    phone.press("1")
                except LineClosedError:
                    pass
            await phone.ended()


def _send(writer: asyncio.StreamWriter, **headers: str) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"{lines}\r\n".encode())


@asynccontextmanager
async def manager() -> AsyncIterator[Manager]:
    """Run one on loopback, for as long as the block lasts."""
    async with asyncio.TaskGroup() as group:
        made = Manager(group)
        server = await asyncio.start_server(made.connected, "127.0.0.1", 0)
        made.port = server.sockets[0].getsockname()[1]
        try:
            yield made
        finally:
            server.close()
            for phone in made.phones.values():
                phone.hang_up()


@asynccontextmanager
async def one_who_never_answers() -> AsyncIterator[str]:
    """Run a TCP server that takes every connection and says nothing; yields its URL."""
    over = asyncio.Event()

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        await over.wait()
        writer.close()

    server = await asyncio.start_server(taken, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/gate"
    finally:
        over.set()
        server.close()
