"""FreeSWITCH's side of its lines, packet by packet as recorded, over real sockets.

For what a test has to have exactly so; a whole FreeSWITCH is `porteiro.phones.freeswitch`.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Self, cast
from urllib.parse import quote
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.terms import Role
from porteiro.lines.freeswitch.server import FreeSwitchOptions, FreeSwitchServer
from tests.fixtures_path import fixtures
from tests.pbx_side import PATIENCE_S, Remembering

EXTENSION = Extension(1, "2000", "2001", "127.0.0.1", 0, 0, 15)
HUMAN = "900"

_RECORDINGS = {
    "connect": ("esl_outbound_dtmf_remote_hangup", "command/reply %2BOK%0A"),
    "connect static": ("esl_outbound_static_not_full", "command/reply %2BOK%0A"),
    "DTMF": ("esl_outbound_dtmf_remote_hangup", "text/event-plain DTMF"),
    "CHANNEL_HANGUP": ("esl_outbound_dtmf_remote_hangup", "text/event-plain CHANNEL_HANGUP"),
    "CHANNEL_HANGUP_COMPLETE": (
        "esl_outbound_dtmf_remote_hangup",
        "text/event-plain CHANNEL_HANGUP_COMPLETE",
    ),
    "CHANNEL_EXECUTE_COMPLETE": (
        "esl_outbound_socket_answers_unknown_app",
        "text/event-plain CHANNEL_EXECUTE_COMPLETE answer",
    ),
    "CHANNEL_HOLD": ("esl_outbound_hold_bridge_sendmsg_hangup", "text/event-plain CHANNEL_HOLD"),
    "CHANNEL_UNHOLD": (
        "esl_outbound_hold_bridge_sendmsg_hangup",
        "text/event-plain CHANNEL_UNHOLD",
    ),
    "CHANNEL_BRIDGE": (
        "esl_outbound_hold_bridge_sendmsg_hangup",
        "text/event-plain CHANNEL_BRIDGE",
    ),
    "CHANNEL_UNBRIDGE": (
        "esl_outbound_hold_bridge_sendmsg_hangup",
        "text/event-plain CHANNEL_UNBRIDGE",
    ),
    "lingering": ("esl_outbound_dtmf_remote_hangup", "text/disconnect-notice linger"),
    "disconnecting": ("esl_outbound_dtmf_remote_hangup", "text/disconnect-notice disconnect"),
}


@cache
def recorded(name: str) -> tuple[bytes, str]:
    """Return a recorded packet, and the channel that it tells of."""
    recording, what = _RECORDINGS[name]
    folder = fixtures("freeswitch")
    sent = (folder / f"{recording}.from_fs.txt").read_bytes()
    lines = (folder / f"{recording}.timeline.jsonl").read_text().splitlines()
    packets = (json.loads(line) for line in lines)
    one = next(p for p in packets if p["dir"] == "from_fs" and p["what"] == what)
    uuid = sent.partition(b"\nUnique-ID: ")[2].partition(b"\n")[0].decode()
    return sent[one["offset"] : one["offset"] + one["length"]], uuid


def packet(name: str, channel: str, headers: dict[str, str] | None = None) -> bytes:
    """Return a recorded packet as if it told of `channel`, with some headers otherwise."""
    data, uuid = recorded(name)
    data = data.replace(uuid.encode(), channel.encode())
    if not headers:
        return data
    if name.startswith("connect"):
        return _with(data.removesuffix(b"\n\n"), headers) + b"\n\n"
    body = _with(data.partition(b"\n\n")[2].removesuffix(b"\n\n"), headers) + b"\n\n"
    return b"Content-Length: %d\nContent-Type: text/event-plain\n\n%b" % (len(body), body)


def _with(block: bytes, headers: dict[str, str]) -> bytes:
    lines = block.decode().split("\n")
    for name, value in headers.items():
        line = f"{name}: {quote(value)}"
        at = [n for n, old in enumerate(lines) if old.startswith(f"{name}: ")]
        if at:
            lines[at[0]] = line
        else:
            lines.insert(len(lines), line)
    return "\n".join(lines).encode()


class ControlEnd:
    """One ESL outbound connection, as FreeSWITCH makes it; answers by itself what it is told.

    Commands that begin with one of `unanswered` get no reply, those with one of `refused`
    get `-ERR`. An application that is executed is told to be complete where it is not `slow`.
    """

    def __init__(
        self, channel: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.channel = channel
        self.commands: list[str] = []
        self.unanswered: tuple[str, ...] = ()
        self.refused: tuple[str, ...] = ()
        self.slow: tuple[str, ...] = ()
        self.connected_as = "connect"
        self.last_event_uuid = ""
        self.byte_by_byte = False
        self.tasks: list[asyncio.Task[None]] = []
        self.on_command: Callable[[str], None] = lambda _: None
        self.variables: dict[str, str] = {}
        self.ended = False
        self._reader = reader
        self._writer = writer
        self._news = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, port: int, channel: str) -> Self:
        """Connect for a channel."""
        return cls(channel, *await asyncio.open_connection("127.0.0.1", port))

    def answer(self) -> None:
        """Begin to read and answer."""
        self._reading = asyncio.create_task(self._read())

    def tell(self, name: str, headers: dict[str, str] | None = None, channel: str = "") -> None:
        """Tell of an event, with some of its headers otherwise, or of another channel."""
        self.send(packet(name, channel or self.channel, headers))

    def press(self, digit: str, sequence: str = "") -> None:
        """Tell of a key."""
        number = sequence or str(uuid4().int)
        self.send(packet("DTMF", self.channel, {"DTMF-Digit": digit, "Event-Sequence": number}))

    def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        """Tell that the channel ended, as FreeSWITCH does while it lingers."""
        for name in ("CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE"):
            self.tell(name, {"Hangup-Cause": cause})
        self.send(packet("lingering", self.channel))

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        pieces = [data[at : at + 1] for at in range(len(data))] if self.byte_by_byte else [data]
        for piece in pieces:
            self._writer.write(piece)

    def notice(self, name: str) -> None:
        """Tell that the connection ends: "lingering" or "disconnecting"."""
        self.send(packet(name, self.channel))

    def stop_reading(self) -> None:
        """Read nothing any more."""
        assert self._reading is not None
        self._reading.cancel()
        cast("asyncio.Transport", self._writer.transport).pause_reading()

    def play_event(self, path: str) -> None:
        """Tell that mod_audio_stream wrote a file."""
        body = json.dumps({"audioDataType": "raw", "sampleRate": 8000, "file": path}).encode()
        head = packet("CHANNEL_HOLD", self.channel).partition(b"\n\n")[2].removesuffix(b"\n\n")
        named = {"Event-Name": "CUSTOM", "Event-Subclass": "mod_audio_stream::play"}
        event = _with(head, named | {"Content-Length": str(len(body))}) + b"\n\n" + body
        size = b"Content-Length: %d\nContent-Type: text/event-plain\n\n" % len(event)
        self.send(size + event)

    def leave_before_connect(self) -> None:
        """End the connection as FreeSWITCH does for a caller who is gone by then."""
        self.send(packet("disconnecting", self.channel))
        self._writer.close()

    def close(self) -> None:
        """End the connection without a word."""
        self._writer.close()

    def reset(self) -> None:
        """End the connection as a process that dies does."""
        self._writer.transport.abort()

    def told(self, beginning: str) -> list[str]:
        """Return the commands that begin so; of `sendmsg` its application and argument."""
        return [command for command in self.commands if command.startswith(beginning)]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until what came makes `condition` true."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def until_told(self, beginning: str) -> str:
        """Wait for a command that begins so."""
        await self.until(lambda: self.told(beginning))
        return self.told(beginning)[-1]

    async def until_end(self) -> None:
        """Wait until Porteiro ended the connection."""
        await self.until(lambda: self.ended)

    async def gone(self) -> None:
        """Leave nothing open."""
        tasks = [*self.tasks, *([self._reading] if self._reading else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                await self._command()
        self.ended = True
        self._news.set()

    async def _command(self) -> None:
        block = (await self._reader.readuntil(b"\n\n")).decode().strip("\n")
        if not block:
            return
        first, *rest = block.split("\n")
        headers = dict(line.split(": ", 1) for line in rest)
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        if first == "sendmsg":
            app = headers.get("execute-app-name", headers.get("hangup-cause", ""))
            first = f"{headers['call-command']} {app} {body.decode()}".strip()
        self.last_event_uuid = headers.get("Event-UUID", self.last_event_uuid)
        self.commands.append(first)
        self._news.set()
        if not first.startswith(self.unanswered or "\0"):
            self._answer(first, headers)
        self.on_command(first)

    def _answer(self, command: str, headers: dict[str, str]) -> None:
        if command.startswith(self.refused or "\0"):
            self.send(b"Content-Type: command/reply\nReply-Text: -ERR command not found\n\n")
        elif command == "connect":
            self.send(packet(self.connected_as, self.channel, self.variables))
        elif command.startswith("api "):
            self.send(b"Content-Type: api/response\nContent-Length: 4\n\n+OK\n")
        else:
            self.send(b"Content-Type: command/reply\nReply-Text: +OK\n\n")
        if command == "exit":
            self.send(packet("disconnecting", self.channel))
            self._writer.close()
        if "Event-UUID" in headers and not command.startswith(self.slow or "\0"):
            self.complete(headers["Event-UUID"])

    def complete(self, event_uuid: str = "", headers: dict[str, str] | None = None) -> None:
        """Tell that an application came to its end, by default the last one."""
        named = {"Application-UUID": event_uuid or self.last_event_uuid} | (headers or {})
        self.tell("CHANNEL_EXECUTE_COMPLETE", named)


class CommunityModule:
    """The community mod_audio_stream: what it is sent becomes files, which control plays."""

    def __init__(self, stream: ClientConnection, control: ControlEnd) -> None:
        self._stream = stream
        self._control = control
        self._lengths: dict[str, float] = {}
        control.slow = ("execute playback",)
        control.on_command = self._obey

    async def run(self) -> None:
        """Write files until the stream ends."""
        with suppress(ConnectionClosed):
            while True:
                told = json.loads(await self._stream.recv())
                sound = base64.b64decode(told["data"]["audioData"])
                path = f"/tmp/{self._control.channel}_{len(self._lengths)}.tmp.r8"
                self._lengths[path] = len(sound) / 2 / told["data"]["sampleRate"]
                self._control.play_event(path)

    def _obey(self, command: str) -> None:
        if command.startswith("execute playback "):
            path, event_uuid = command.split()[2], self._control.last_event_uuid
            playing = self._play(path, event_uuid, tuple(self._control.tasks))
            self._control.tasks.append(asyncio.get_running_loop().create_task(playing))
        elif "uuid_break" in command:
            for task in self._control.tasks:
                task.cancel()

    async def _play(
        self, path: str, event_uuid: str, before: tuple[asyncio.Task[None], ...]
    ) -> None:
        await asyncio.gather(*before, return_exceptions=True)
        await asyncio.sleep(self._lengths[path])
        self._control.complete(event_uuid, {"Application-Response": "FILE PLAYED"})


@dataclass
class Arrival:
    """A line that was handed over, and what it told."""

    line: Line
    role: Role
    extension: Extension
    heard: Remembering = field(default_factory=Remembering)


class DeskOfOne:
    """One extension, and a queue of the lines that came for it."""

    def __init__(self) -> None:
        self.arrivals: asyncio.Queue[Arrival] = asyncio.Queue()
        self.human = HUMAN
        self.free = 1000
        self.turned = 0

    def extension(self, number: str) -> Extension | None:
        return EXTENSION if number in {EXTENSION.number, EXTENSION.return_number} else None

    def fallback(self, extension: Extension) -> str:
        assert extension is EXTENSION
        return self.human

    def room(self) -> int:
        return self.free

    def turned_away(self) -> None:
        self.turned += 1

    def arrived(self, extension: Extension, role: Role, line: Line) -> None:
        arrival = Arrival(line, role, extension)
        line.attach(arrival.heard)
        self.arrivals.put_nowait(arrival)


class FreeSwitchSite:
    """A server for FreeSWITCH's lines, and the halves of channels brought to it."""

    def __init__(self, options: FreeSwitchOptions) -> None:
        self.desk = DeskOfOne()
        self.server = FreeSwitchServer(options, FrameClock(), self.desk)
        self.controls: list[ControlEnd] = []
        self.streams: list[ClientConnection] = []

    async def control(self, channel: str, **settings: object) -> ControlEnd:
        """Bring the control half of a channel; `settings` are attributes of it.

        It is greeted already where nothing is left unanswered.
        """
        end = await ControlEnd.connect(self.server.control_port, channel)
        for name, value in settings.items():
            setattr(end, name, value)
        self.controls.append(end)
        end.answer()
        if end.connected_as == "connect" and not end.unanswered:
            await end.until_told("event plain")
        return end

    async def stream(self, call_id: str, role: str = "", frames: int = 1) -> ClientConnection:
        """Bring the sound half of a leg, with some frames of it."""
        path = "/".join(part for part in ("stream", EXTENSION.number, call_id, role) if part)
        port = self.server.stream_port
        stream = await connect(f"ws://127.0.0.1:{port}/{path}", compression=None)
        self.streams.append(stream)
        for _ in range(frames):
            await stream.send(bytes(320))
        return stream

    async def arrival(self) -> Arrival:
        """Wait for the next line."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.desk.arrivals.get()

    async def whole(self) -> tuple[Arrival, ClientConnection, ControlEnd]:
        """Bring a whole line."""
        channel = str(uuid4())
        control = await self.control(channel)
        stream = await self.stream(channel)
        return await self.arrival(), stream, control

    async def close(self) -> None:
        """Close every end, then the server."""
        for end in self.controls:
            await end.gone()
        for stream in self.streams:
            await stream.close()
        await self.server.close()


async def settled(condition: Callable[[], object]) -> None:
    """Wait until `condition` is true of something that tells nobody of its changes."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.005)


async def stream_end(stream: ClientConnection) -> int | None:
    """Read a stream to its end, and return the code with which it was closed."""
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionClosed):
            while True:
                await stream.recv()
    return stream.close_code


@asynccontextmanager
async def freeswitch_site(
    options: FreeSwitchOptions | None = None,
) -> AsyncIterator[FreeSwitchSite]:
    """Serve on free ports, and make sure that nothing is left in the end."""
    site = FreeSwitchSite(options or FreeSwitchOptions(playback="binary"))
    await site.server.open("127.0.0.1", 0, 0)
    before = asyncio.all_tasks()
    try:
        yield site
    finally:
        await site.close()
    await settled(lambda: not site.server.lines)
    assert not site.server.waiting
    assert not site.server.rescues
    ours = {asyncio.current_task()}
    await settled(lambda: not asyncio.all_tasks() - before - ours)
