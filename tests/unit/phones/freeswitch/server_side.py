"""The server of both halves, played by a test: it notes who comes, and what they say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from porteiro.phones.freeswitch import FreeSwitch, FreeSwitchOptions
from porteiro.wire.esl import EslParser, Event, Message


@dataclass
class Channel:
    """One channel's event socket, from the server's side."""

    writer: asyncio.StreamWriter
    messages: list[Message] = field(default_factory=list)
    closed: bool = False

    def send(self, *commands: str) -> None:
        self.writer.write("".join(f"{command}\n\n" for command in commands).encode())

    def execute(self, app: str, argument: str = "", *, lock: bool = False) -> None:
        more = f"content-length: {len(argument)}\n\n{argument}" if argument else ""
        locked = "event-lock: true\n" if lock else ""
        self.send(
            f"sendmsg\ncall-command: execute\nexecute-app-name: {app}\n{locked}{more}".strip("\n")
        )

    def events(self) -> list[str]:
        return [message.name for message in self.messages if isinstance(message, Event)]

    def event(self, name: str) -> Event:
        return next(
            message
            for message in self.messages
            if isinstance(message, Event) and message.name == name
        )


@dataclass
class Site:
    """A server on both ports, and the FreeSWITCH that brings it calls."""

    pbx: FreeSwitch
    arrivals: list[str] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    streams: list[ServerConnection] = field(default_factory=list)
    frames: list[str | bytes] = field(default_factory=list)

    async def take_control(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.arrivals.append("control")
        channel = Channel(writer)
        self.channels.append(channel)
        channel.send("connect", "linger", "myevents", "event plain CHANNEL_HOLD CHANNEL_UNHOLD")
        parser = EslParser()
        try:
            with suppress(ConnectionError):
                while data := await reader.read(65536):
                    channel.messages += parser.receive(data)
        finally:
            channel.closed = True
            writer.close()

    async def take_stream(self, stream: ServerConnection) -> None:
        assert stream.request is not None
        self.arrivals.append(stream.request.path)
        self.streams.append(stream)
        with suppress(ConnectionClosed):
            async for frame in stream:
                self.frames.append(frame)


@asynccontextmanager
async def site(options: FreeSwitchOptions | None = None) -> AsyncIterator[Site]:
    """Run both ports and a FreeSWITCH that knows them, unless its options say which it knows."""
    async with asyncio.timeout(20), FreeSwitch(options or FreeSwitchOptions()) as pbx:
        made = Site(pbx)
        async with (
            serve(made.take_stream, "127.0.0.1", 0) as streams,
            await asyncio.start_server(made.take_control, "127.0.0.1", 0) as controls,
        ):
            stream_port = next(iter(streams.sockets)).getsockname()[1]
            if pbx.options.stream_port is None:
                pbx.serves(stream_port, controls.sockets[0].getsockname()[1])
            yield made
            await pbx.close()
            for channel in made.channels:
                channel.writer.close()
