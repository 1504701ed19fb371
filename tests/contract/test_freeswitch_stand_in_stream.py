"""The stand-in's mod_audio_stream against recordings of the real one's WebSocket."""

import asyncio
import base64
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER
from websockets.protocol import Protocol as Frames
from websockets.utils import accept_key, apply_mask

from porteiro.phones.freeswitch import Module
from porteiro.phones.freeswitch.player import Player
from porteiro.phones.freeswitch.stream import AudioStream
from porteiro.phones.freeswitch.websocket import Address
from tests.freeswitch_recordings import FOLDER
from tests.freeswitch_relived import Socket

SESSIONS = sorted(path.stem for path in FOLDER.glob("ws_*.jsonl"))
EXTRA_HEADERS = (
    ("Authorization", "Bearer abc123"),
    ("X-Call", "6c34e515-6b5b-448d-9a2c-8eb13c76c0ae"),
)

Seen = dict[str, object]
"""One line of a recording, but for its time."""


def session(name: str) -> list[Seen]:
    lines = (FOLDER / f"{name}.jsonl").read_text().splitlines()
    return [{key: it for key, it in json.loads(line).items() if key != "t"} for line in lines]


@dataclass
class Owner:
    """A channel that remembers what its stream told it."""

    told: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    closed_by_server: bool | None = None

    def tell(self, subclass: str, body: bytes) -> None:
        self.told.append(f"{subclass} {body.decode()}")

    def keep_file(self, path: str, pcm: bytes) -> None:
        self.files[path] = pcm

    def stream_opened(self) -> None:
        """Nothing hangs on it here."""

    def stream_closed(self, *, by_server: bool) -> None:
        self.closed_by_server = by_server


class Stream:
    """A stream on a wire without a network, its keys and masks those of a recording."""

    def __init__(self, seen: list[Seen], module: Module = Module.COMMUNITY) -> None:
        self.seen = seen
        self.request = str(seen[1]["text"])
        self.wire = Socket()
        self.owner = Owner()
        self.heard: list[bytes] = []
        self.player = Player(8000, self.heard.append)
        self.stream = AudioStream(module, self.owner, self.player, "channel")
        first = seen[3] if len(seen) > 3 else {}
        path = self.request.split()[1]
        self.client = self.stream.prepare(
            Address(
                f"ws://127.0.0.1:8085{path}",
                EXTRA_HEADERS if "Authorization" in self.request else (),
                deflate="permessage-deflate" in self.request,
            ),
            8000,
            str(first.get("text", "")) if first.get("type") == "text" else "",
        )
        self._pending: deque[Seen] = deque()
        self._frames = Frames(SERVER, state=OPEN)
        self._server = Frames(SERVER, state=OPEN)

    def connect(self) -> None:
        self.client.connection_made(cast("asyncio.Transport", self.wire))

    def pending(self) -> deque[Seen]:
        """Return the frames that the stand-in has sent and nobody has looked at."""
        self._frames.receive_data(self.wire.take(len(self.wire.written)))
        self._pending += [as_seen(cast("Frame", it)) for it in self._frames.events_received()]
        return self._pending

    def say(self, it: Seen) -> None:
        """Send what the server of the recording sent; text that was cut there is made up."""
        kind, length = it["type"], cast("int", it["length"])
        if kind == "text":
            text = str(it["text"])
            self._server.send_text((text if len(text) == length else stream_audio(length)).encode())
        elif kind == "binary":
            self._server.send_binary(bytes(length))
        elif kind == "ping":
            self._server.send_ping(b"hb")
        elif self._server.close_sent is None:
            self._server.send_close(1000, "bye" if length == 5 else "Normal closure")
        for data in self._server.data_to_send():
            if data and not self.wire.closed:
                self.client.data_received(data)


def as_seen(frame: Frame) -> Seen:
    seen: Seen = {"dir": "from_fs", "type": frame.opcode.name.lower(), "length": len(frame.data)}
    data = bytes(frame.data)
    if frame.opcode in (Opcode.TEXT, Opcode.PONG):
        seen["text"] = data.decode()
    elif frame.opcode is Opcode.CLOSE:
        seen |= {"code": int.from_bytes(data[:2]), "text": data[2:].decode()}
    return seen


def stream_audio(length: int) -> str:
    """Return a `streamAudio` message of that many bytes."""
    empty = json.dumps(sound(b""))
    pcm = bytes((length - len(empty)) // 4 * 3)
    return json.dumps(sound(pcm)).ljust(length)


def with_key_of(seen: list[Seen], masks: Iterator[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the key and the masks that are drawn next be those of a recording."""
    key = base64.b64decode(
        str(seen[1]["text"]).partition("Sec-WebSocket-Key:")[2].partition("\r")[0]
    )

    def drawn(length: int) -> bytes:
        return key if length == 16 else next(masks)

    monkeypatch.setattr("secrets.token_bytes", drawn)


def no_masks() -> Iterator[bytes]:
    while True:
        yield bytes(4)


@pytest.mark.virtual_time
@pytest.mark.parametrize("name", SESSIONS)
async def test_a_session_goes_as_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = session(name)
    module = Module.FORK if "fork" in name else Module.COMMUNITY
    with_key_of(seen, no_masks(), monkeypatch)
    stream = Stream(seen, module)
    stream.connect()
    assert stream.wire.take(1000).decode() == stream.request
    stream.client.data_received(str(seen[2]["text"]).encode())
    for it, after in pairwise(seen[3:]):
        if it["dir"] == "to_fs":
            stream.say(it)
            continue
        if not stream.pending():
            cause(stream, it, after)
        assert stream.pending().popleft() == it
    await asyncio.sleep(0.9)
    assert stream.wire.closed == (name != "ws_hangup_server_ignores_close")
    await asyncio.sleep(0.2)
    assert stream.wire.closed
    stream.player.close()


def cause(stream: Stream, it: Seen, after: Seen) -> None:
    """Do what makes FreeSWITCH send a frame that did not come by itself."""
    if it["type"] == "binary":
        stream.stream.sound(bytes(cast("int", it["length"])))
    elif it["type"] == "close":
        stream.stream.stop()
    elif after["type"] == "close":
        stream.stream.stop(str(it["text"]))
    else:
        stream.stream.text(str(it["text"]))


def test_the_sessions_are_there() -> None:
    assert len(SESSIONS) == 7


@pytest.mark.virtual_time
async def test_a_session_goes_byte_for_byte_as_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "ws_8k_metadata_remote_hangup"
    recorded = (FOLDER / f"{name}.from_fs.bin").read_bytes()
    answer, end, close = (FOLDER / f"{name}.to_fs.bin").read_bytes().partition(b"\r\n\r\n")
    request, blank, frames = recorded.partition(b"\r\n\r\n")
    masks, sounds = masks_and_sounds(frames)
    seen = session(name)
    with_key_of(seen, iter(masks), monkeypatch)
    stream = Stream(seen)
    stream.connect()
    stream.client.data_received(answer + end)
    for sound in sounds:
        stream.stream.sound(sound)
    stream.stream.stop()
    open_before = not stream.wire.closed
    stream.client.data_received(close)
    assert (open_before, stream.wire.closed) == (True, True)
    assert bytes(stream.wire.written) == request + blank + frames


def masks_and_sounds(frames: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the masks of all frames, and what the binary ones hold."""
    masks, sounds, place = [], [], 0
    while place < len(frames):
        length, begin = frames[place + 1] & 0x7F, place + 2
        if length == 126:
            length, begin = int.from_bytes(frames[begin : begin + 2]), begin + 2
        masks.append(frames[begin : begin + 4])
        body = frames[begin + 4 : begin + 4 + length]
        if frames[place] & 0x0F == Opcode.BINARY:
            sounds.append(apply_mask(body, masks[-1]))
        place = begin + 4 + length
    return masks, sounds


@pytest.mark.virtual_time
async def test_the_community_module_writes_a_file_and_names_it() -> None:
    stream = opened(Module.COMMUNITY)
    stream.say(text(json.dumps(sound(b"\1\0" * 160) | {"note": 1})))
    stream.say(text(json.dumps(sound(b"\2\0" * 160))))
    assert list(stream.owner.files) == ["/tmp/channel_0.tmp.r8", "/tmp/channel_1.tmp.r8"]
    assert stream.owner.files["/tmp/channel_1.tmp.r8"] == b"\2\0" * 160
    assert stream.owner.told[-1].endswith('"file":"/tmp/channel_1.tmp.r8"}')
    await asyncio.sleep(1)
    assert not stream.heard


@pytest.mark.virtual_time
async def test_the_fork_begins_at_400_ms_and_drops_what_exceeds_2_s() -> None:
    stream = opened(Module.FORK)
    stream.say(text(json.dumps(sound(b"\1\0" * 3199))))
    await asyncio.sleep(1)
    assert not stream.heard
    stream.say(text(json.dumps(sound(b"\2\0" * 16_000))))
    assert stream.player.dropped == 2 * 3199
    await asyncio.sleep(3)
    assert len(b"".join(stream.heard)) == 2 * 16_000


@pytest.mark.virtual_time
async def test_the_fork_is_silent_at_once_when_told_to_stop() -> None:
    stream = opened(Module.FORK)
    stream.say(text(json.dumps(sound(b"\1\0" * 16_000))))
    await asyncio.sleep(0.5)
    heard = len(stream.heard)
    assert heard
    stream.say(text('{"type":"stopAudio"}'))
    await asyncio.sleep(1)
    assert len(stream.heard) == heard


@pytest.mark.virtual_time
async def test_the_commercial_module_plays_binary_frames_at_once() -> None:
    stream = opened(Module.COMMERCIAL)
    stream.say({"type": "binary", "length": 640})
    await asyncio.sleep(1)
    assert b"".join(stream.heard) == bytes(640)


@pytest.mark.virtual_time
async def test_an_upgrade_that_takes_longer_than_a_second_is_given_up() -> None:
    stream = Stream(session("ws_8k_api_stop"))
    stream.connect()
    await asyncio.sleep(0.9)
    early = stream.wire.closed
    await asyncio.sleep(0.2)
    assert (early, stream.wire.closed) == (False, True)


def opened(module: Module) -> Stream:
    """Return a stream that the server has accepted."""
    stream = Stream(session("ws_8k_api_stop"), module)
    stream.connect()
    request = bytes(stream.wire.written).decode()
    key = request.partition("Sec-WebSocket-Key:")[2].partition("\r")[0]
    stream.client.data_received(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
    )
    return stream


def sound(pcm: bytes) -> dict[str, object]:
    data = {"audioDataType": "raw", "sampleRate": 8000, "audioData": base64.b64encode(pcm).decode()}
    return {"type": "streamAudio", "data": data}


def text(content: str) -> Seen:
    return {"type": "text", "text": content, "length": len(content)}
