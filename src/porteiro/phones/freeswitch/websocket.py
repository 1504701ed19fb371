"""The WebSocket client inside mod_audio_stream, with its own ways of asking and closing."""

import asyncio
import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, OPEN
from websockets.protocol import Protocol as Frames

_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_DEFLATE: Final = (
    "permessage-deflate; client_no_context_takeover; server_no_context_takeover; "
    "client_max_window_bits=9"
)
_CLOSE_LIMIT_S: Final = 1.0
"""How long the module waits for its close to be answered, and blocks its call meanwhile."""

_UPGRADE_LIMIT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect and what to ask for; `headers` are sent as well."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    deflate: bool = False

    @property
    def place(self) -> tuple[str, int]:
        """Return host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 80


class WebSocketObserver(Protocol):
    """Hears from a WebSocket."""

    def opened(self) -> None:
        """Be told that sound can be sent now."""
        ...

    def message(self, data: str | bytes) -> None:
        """Take what the server sent: text or sound."""
        ...

    def closed(self, code: int, reason: str) -> None:
        """Be told of the end, once; 1006 where nobody said why."""
        ...


class WebSocketClient(asyncio.Protocol):
    """One WebSocket to the server. `close` is done when its answer came, or after 1 s."""

    def __init__(self, address: Address, observer: WebSocketObserver) -> None:
        """Be ready to connect to `address`."""
        self._address = address
        self._observer = observer
        self._key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._head = bytearray()
        self._frames: Frames | None = None
        self._message: list[bytes] = []
        self._text = False
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._code, self._reason = 1006, ""

    @property
    def open(self) -> bool:
        """Return whether frames can be sent."""
        return self._frames is not None and self._frames.state is OPEN

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request())
        self._timer = asyncio.get_running_loop().call_later(_UPGRADE_LIMIT_S, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Take the upgrade's answer, and frames after it."""
        if self._frames is None:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head, data = bytes(self._head[:end]), bytes(self._head[end + 4 :])
            if not self._upgraded(head):
                self._give_up()
                return
        frames = self._frames
        if frames is None:
            return
        try:
            frames.receive_data(data)
        except WebSocketException:
            self._give_up()
            return
        for frame in frames.events_received():
            self._take(cast("Frame", frame))
        self._send_out()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  it is the end anyway
        """Be closed."""
        self._stop_timer()
        self._transport = None
        self._observer.closed(self._code, self._reason)

    def send(self, data: str | bytes) -> None:
        """Send a text or a binary frame, if the socket is open."""
        if not self.open or self._frames is None:
            return
        if isinstance(data, str):
            self._frames.send_text(data.encode())
        else:
            self._frames.send_binary(data)
        self._send_out()

    def close(self) -> None:
        """Close as the module does: 1000, and wait for the answer for 1 s."""
        if self._code == 1000:
            return
        if not self.open or self._frames is None:
            self._give_up()
            return
        self._code, self._reason = 1000, "Normal closure"
        self._frames.send_close(1000, "Normal closure")
        self._send_out()
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(_CLOSE_LIMIT_S, self._give_up)

    def _request(self) -> bytes:
        host, port = self._address.place
        parts = urlsplit(self._address.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host:{host}:{port}",
            "Upgrade:websocket",
            "Connection:upgrade",
            f"Sec-WebSocket-Key:{self._key}",
            "Sec-WebSocket-Version:13",
        ]
        if self._address.deflate:
            lines.append(f"Sec-WebSocket-Extensions:{_DEFLATE}")
        lines.append(f"Origin:http://{host}:{port}")
        lines += [f"{name}:{value}" for name, value in self._address.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _upgraded(self, head: bytes) -> bool:
        """Check the server's answer, and be open if it is right."""
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        proof = hashlib.sha1(self._key.encode() + _MAGIC, usedforsecurity=False).digest()
        accepted = headers.get("sec-websocket-accept") == base64.b64encode(proof).decode()
        if " 101 " not in f"{status} " or not accepted:
            return False
        self._frames = Frames(CLIENT, state=OPEN, max_size=None)
        if "permessage-deflate" in headers.get("sec-websocket-extensions", ""):
            self._frames.extensions = [PerMessageDeflate(True, True, 15, 9)]  # noqa: FBT003
        self._stop_timer()
        self._observer.opened()
        return True

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._text = frame.opcode is Opcode.TEXT
            self._message = []
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._message.append(bytes(frame.data))
            if frame.fin:
                whole = b"".join(self._message)
                self._observer.message(whole.decode(errors="replace") if self._text else whole)
        elif frame.opcode is Opcode.CLOSE and self._code == 1006:
            code = bytes(frame.data[:2])
            self._code = int.from_bytes(code) if len(code) == 2 else 1005
            self._reason = bytes(frame.data[2:]).decode(errors="replace")

    def _send_out(self) -> None:
        """Write what the frames' protocol wants sent; it closes TCP as soon as both have closed."""
        frames, transport = self._frames, self._transport
        if frames is None or transport is None:
            return
        for data in frames.data_to_send():
            if data:
                transport.write(data)
        if frames.close_rcvd is not None and frames.close_sent is not None:
            transport.close()

    def _give_up(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
