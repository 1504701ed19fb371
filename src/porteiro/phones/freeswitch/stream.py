"""mod_audio_stream: a channel's sound to a WebSocket, and back in one of three ways."""

import asyncio
import base64
import binascii
import json
import socket
from enum import StrEnum
from typing import Final, Protocol

from porteiro.phones.freeswitch.player import Player
from porteiro.phones.freeswitch.rate import RateConverter
from porteiro.phones.freeswitch.websocket import Address, WebSocketClient

_RATES: Final = {8_000: ".r8", 16_000: ".r16", 24_000: ".r24", 32_000: ".r32"}


class Module(StrEnum):
    """Which mod_audio_stream there is."""

    COMMUNITY = "community"
    """Writes what it is sent to a file, and fires an event with its name."""
    COMMERCIAL = "commercial"
    """Plays raw binary frames."""
    FORK = "fork"
    """Plays `streamAudio` itself, and stops at `stopAudio`."""


class StreamOwner(Protocol):
    """The channel that a stream belongs to."""

    def tell(self, subclass: str, body: bytes) -> None:
        """Fire a CUSTOM event of the module."""
        ...

    def keep_file(self, path: str, pcm: bytes) -> None:
        """Keep a file of 16-bit mono sound at the channel's rate."""
        ...

    def stream_opened(self) -> None:
        """Be told that sound goes out from now on."""
        ...

    def stream_closed(self, *, by_server: bool) -> None:
        """Be told of the stream's end, once."""
        ...


class AudioStream:
    """One `uuid_audio_stream`, from its start to its stop."""

    def __init__(self, module: Module, owner: StreamOwner, player: Player, channel: str) -> None:
        """Stream `channel`, playing through `player`."""
        self._module = module
        self._owner = owner
        self._player = player
        self._channel = channel
        self._files = 0
        self._out = self._binary = RateConverter(8_000, 8_000)
        self._in: dict[int, RateConverter] = {}
        self._stopped = False
        self._metadata = ""
        self.paused = False
        self.heard: list[str] = []
        """Every text frame that came, for whoever wants to look."""
        self._client: WebSocketClient | None = None

    async def start(self, address: Address, sample_rate: int, metadata: str = "") -> bool:
        """Connect; False where nobody is there. The connection lasts until `stop`."""
        client = self.prepare(address, sample_rate, metadata)
        host, port = address.place
        try:
            transport, _ = await asyncio.get_running_loop().create_connection(
                lambda: client, host, port
            )
        except OSError as error:
            self._client = None
            told = {"status": "error", "message": {"retries": 1, "error": str(error.strerror)}}
            self._owner.tell("error", _compact(told))
            return False
        # The module leaves Nagle's algorithm on: so its second frame waits for an acknowledgement.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        return True

    def prepare(self, address: Address, sample_rate: int, metadata: str = "") -> WebSocketClient:
        """Make the WebSocket, to be connected by `start` or by a test."""
        channel_rate = self._player.sample_rate
        self._out = RateConverter(channel_rate, sample_rate)
        self._binary = RateConverter(sample_rate, channel_rate)
        self._in = {rate: RateConverter(rate, channel_rate) for rate in _RATES}
        self._metadata = metadata
        self._client = WebSocketClient(address, self)
        return self._client

    @property
    def open(self) -> bool:
        """Return whether sound goes out."""
        return self._client is not None and self._client.open

    def sound(self, pcm: bytes) -> None:
        """Send one packet of the channel's sound."""
        if self._client is not None and not self.paused:
            self._client.send(self._out.convert(pcm))

    def text(self, text: str) -> None:
        """Send a text frame."""
        if self._client is not None:
            self._client.send(text)

    def stop(self, text: str = "") -> None:
        """Close the stream, with a last text if there is one."""
        self._stopped = True
        if text:
            self.text(text)
        if self._client is None:
            self._owner.stream_closed(by_server=False)
        else:
            self._client.close()

    # ------------------------------------------------------------------- from the WebSocket

    def opened(self) -> None:
        """Begin with the metadata, if there are any."""
        if self._metadata:
            self.text(self._metadata)
        self._owner.tell("connect", _compact({"status": "connected"}))
        self._owner.stream_opened()

    def closed(self, code: int, reason: str) -> None:
        """Tell of the end."""
        self._client = None
        told = {"status": "disconnected", "message": {"code": code, "reason": reason}}
        self._owner.tell("disconnect", _compact(told))
        self._owner.stream_closed(by_server=not self._stopped)

    def message(self, data: str | bytes) -> None:
        """Take what the server sent."""
        if isinstance(data, bytes):
            if self._module is Module.COMMERCIAL:
                self._player.put(self._binary.convert(data), at_once=True)
            return
        self.heard.append(data)
        try:
            told = json.loads(data)
        except ValueError:
            return
        if not isinstance(told, dict):
            return
        kind = told.get("type")
        if self._module is Module.FORK and kind in ("streamAudio", "stopAudio"):
            self._to_fork(kind, told.get("data"))
        elif self._module is Module.COMMUNITY and kind == "streamAudio":
            self._to_file(told.get("data"))
        else:
            self._owner.tell("json", _compact(told))

    def _to_fork(self, kind: str, data: object) -> None:
        if kind == "stopAudio":
            self._player.clear()
            return
        decoded = self._decoded(data)
        if decoded is not None:
            self._player.put(decoded, at_once=False)

    def _to_file(self, data: object) -> None:
        """Write the sound to a file of its own, and fire the event that names it."""
        pcm = self._decoded(data)
        if pcm is None or not isinstance(data, dict):
            return
        path = f"/tmp/{self._channel}_{self._files}.tmp{_RATES[data['sampleRate']]}"  # noqa: S108
        self._files += 1
        self._owner.keep_file(path, pcm)
        rest = {key: value for key, value in data.items() if key != "audioData"}
        self._owner.tell("play", _compact({**rest, "file": path}))

    def _decoded(self, data: object) -> bytes | None:
        """Return raw sound at the channel's rate; None for what the module does not take."""
        if not isinstance(data, dict) or data.get("audioDataType") != "raw":
            return None
        converter = self._in.get(data.get("sampleRate", 0))
        if converter is None:
            return None
        try:
            return converter.convert(base64.b64decode(str(data.get("audioData")), validate=True))
        except binascii.Error:
            return None


def _compact(told: object) -> bytes:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
