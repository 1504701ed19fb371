"""What FreeSWITCH writes on an event socket, byte for byte."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

Pairs = list[tuple[str, str]]
"""Headers in wire order; a name may come twice."""

_UNSAFE: Final = frozenset(b'\r\n #%&+:;<=>?@[\\]^`{|}"')
_HEX: Final = frozenset(b"0123456789ABCDEFabcdef")
_GOODBYE: Final = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"

AUTH_REQUEST: Final = b"Content-Type: auth/request\n\n"
RUDE_REJECTION: Final = (
    b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"
)


@dataclass(slots=True)
class Event:
    """An event: its headers as they are meant, not encoded, and perhaps a body."""

    headers: Pairs
    body: bytes = b""

    @property
    def name(self) -> str:
        """Return the event's name."""
        return self.get("Event-Name")

    @property
    def subclass(self) -> str:
        """Return a CUSTOM event's subclass, empty for others."""
        return self.get("Event-Subclass")

    def get(self, name: str) -> str:
        """Return the first header of a name, empty without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True)
class Notice:
    """A disconnect notice; `lingering` in seconds (-1: without end) while the socket stays."""

    channel: str = ""
    name: str = ""
    lingering: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command: its text as it is, and headers after it."""

    text: str
    more: Pairs = field(default_factory=list)


def encoded(value: str) -> bytes:
    """Return a value percent-encoded as FreeSWITCH does, which leaves what looks encoded.

    So a caller's name that holds `%0A` reaches the reader as a line's end once decoded.
    """
    raw, out = value.encode(), bytearray()
    for place, byte in enumerate(raw):
        hidden = byte == 0x25 and len(raw) - place > 2 and set(raw[place + 1 : place + 3]) <= _HEX
        if (byte in _UNSAFE and not hidden) or not 0x20 <= byte <= 0x7E:
            out += b"%%%02X" % byte
        else:
            out.append(byte)
    return bytes(out)


def command_reply(reply: Reply) -> bytes:
    """Return a command's reply; nothing in it is encoded."""
    head = b"Content-Type: command/reply\nReply-Text: " + reply.text.encode() + b"\n"
    return head + b"".join(f"{name}: {value}\n".encode() for name, value in reply.more) + b"\n"


def api_response(body: bytes) -> bytes:
    """Return an api command's response, its body just as it is."""
    return b"Content-Type: api/response\nContent-Length: %d\n\n" % len(body) + body


def channel_data(headers: Pairs) -> bytes:
    """Return the reply to `connect`: encoded headers and nothing else."""
    return _block(headers) + b"\n"


def plain(event: Event) -> bytes:
    """Return an event as `event plain` has it."""
    inner = _block(event.headers)
    if event.body:
        inner += b"Content-Length: %d\n" % len(event.body)
    inner += b"\n" + event.body
    return b"Content-Length: %d\nContent-Type: text/event-plain\n\n" % len(inner) + inner


def as_json(event: Event) -> bytes:
    """Return an event as `event json` has it: a name that comes twice is there twice."""
    pairs = list(event.headers)
    if event.body:
        pairs += [("Content-Length", str(len(event.body))), ("_body", event.body.decode())]
    members = (f"{_quoted(name)}:{_quoted(value)}" for name, value in pairs)
    body = ("{" + ",".join(members) + "}").encode()
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n" % len(body) + body


def disconnect_notice(notice: Notice) -> bytes:
    """Return a notice that the socket will be closed, now or after lingering."""
    head = b"Content-Type: text/disconnect-notice\n"
    if notice.channel:
        how = "disconnect" if notice.lingering is None else "linger"
        head += f"Controlled-Session-UUID: {notice.channel}\nContent-Disposition: {how}\n".encode()
    if notice.lingering is not None:
        head += f"Channel-Name: {notice.name}\nLinger-Time: {notice.lingering}\n".encode()
        return head + b"Content-Length: 0\n\n"
    return head + b"Content-Length: %d\n\n" % len(_GOODBYE) + _GOODBYE


def _block(headers: Iterable[tuple[str, str]]) -> bytes:
    lines = (name.encode() + b": " + (encoded(value) or b"_undef_") for name, value in headers)
    return b"".join(line + b"\n" for line in lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
