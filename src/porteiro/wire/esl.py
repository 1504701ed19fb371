"""FreeSWITCH's event socket: one connection's bytes to messages, in either direction.

A packet is a block of `Name: value` lines ended by an empty line, and, where it has a
`Content-Length`, that many bytes of body. What is an event comes percent-encoded and is
split first and decoded then, so that a caller's name with `%0A` in it stays one value.
Source: FreeSWITCH 1.10.12, mod_event_socket.c and switch_event.c, and recordings of it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, final
from urllib.parse import unquote_to_bytes

from porteiro.errors import ProtocolError

MAX_HEADERS: Final = 64 * 1024
"""Bytes of one packet's header block; the largest, the reply to `connect`, has 5 to 8 KB."""
MAX_BODY: Final = 1024 * 1024
"""Bytes of one packet's body, an event or the answer to an `api` command."""

_UNSET: Final = "_undef_"
_END: Final = b"\n\n"
_REFUSALS: Final = ("-ERR", "-USAGE")


@final
class Headers:
    """Names and values in the order they came; a name may come twice, in any case."""

    __slots__ = ("_first", "pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        """Hold `pairs`, never to change."""
        self.pairs: Final = tuple(pairs)
        self._first: dict[str, str] | None = None

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of a header, whatever its case; `default` where there is none."""
        if self._first is None:
            self._first = {header.lower(): value for header, value in reversed(self.pairs)}
        return self._first.get(name.lower(), default)

    def get_all(self, name: str) -> tuple[str, ...]:
        """Return every value of a header, in order."""
        wanted = name.lower()
        return tuple(value for header, value in self.pairs if header.lower() == wanted)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"Headers({self.pairs!r})"


@dataclass(frozen=True, slots=True)
class CommandReply:
    """What became of a command; the reply to `connect` holds the whole channel, decoded."""

    headers: Headers
    body: str = ""

    @property
    def text(self) -> str:
        """What it says, like "+OK accepted"; for `getvar` the value."""
        return self.headers.get("Reply-Text").strip()

    @property
    def ok(self) -> bool:
        """Whether the command was taken; `getvar` answers with a value and no "+OK"."""
        return not self.text.startswith(_REFUSALS)


@dataclass(frozen=True, slots=True)
class ApiReply:
    """What an `api` command printed."""

    body: str

    @property
    def ok(self) -> bool:
        """Whether it did what it was told."""
        return not self.body.startswith(_REFUSALS)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; one object whether it came as plain text or as JSON."""

    headers: Headers
    body: str = ""

    @property
    def name(self) -> str:
        """What happened, like "CHANNEL_HANGUP"; "CUSTOM" has a `subclass`."""
        return self.headers.get("Event-Name")

    @property
    def subclass(self) -> str:
        """What happened in a module, like "mod_audio_stream::play"; empty for FreeSWITCH's own."""
        return self.headers.get("Event-Subclass")

    @property
    def channel(self) -> str:
        """The channel that it happened to; empty where it concerns none."""
        return self.headers.get("Unique-ID")

    @property
    def job(self) -> str:
        """The `bgapi` command whose end a BACKGROUND_JOB tells."""
        return self.headers.get("Job-UUID")


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The connection ends: after the last events where `lingering`, else now."""

    lingering: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """The password is to be sent."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """FreeSWITCH's access list does not allow our address."""

    text: str = ""


Message = CommandReply | ApiReply | Event | Disconnect | AuthRequest | Rejected


class EslParser:
    """Turns what arrives on one connection into messages; of no use after a `ProtocolError`."""

    __slots__ = ("_body_size", "_buffer", "_headers", "_searched")

    def __init__(self) -> None:
        """Begin a connection."""
        self._buffer = bytearray()
        self._searched = 0
        self._headers: Headers | None = None
        self._body_size = 0

    @property
    def halfway(self) -> bool:
        """Whether the last message is not whole yet: at the stream's end, one was cut."""
        return bool(self._buffer) or self._headers is not None

    def receive(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that are whole now that `data` has come.

        The iterator must be exhausted before the next call.

        Raises:
            ProtocolError: The peer sent what no FreeSWITCH sends; messages before it
                have been yielded.
        """
        self._buffer += data
        while True:
            if self._headers is None and not self._open():
                return
            if len(self._buffer) < self._body_size:
                return
            headers, self._headers = self._headers, None
            body = bytes(self._buffer[: self._body_size])
            del self._buffer[: self._body_size]
            assert headers is not None
            yield _message(headers, body)

    def _open(self) -> bool:
        """Take a packet's headers, if they are whole."""
        end = self._buffer.find(_END, self._searched)
        if end > MAX_HEADERS or (end < 0 and len(self._buffer) > MAX_HEADERS + 1):
            raise ProtocolError(f"the event socket sent headers of more than {MAX_HEADERS} bytes")
        if end < 0:
            self._searched = max(0, len(self._buffer) - 1)
            return False
        block = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._searched = 0
        encoded = block.startswith(b"Event-Name:")
        self._headers = _headers(block, encoded=encoded)
        self._body_size = _length(self._headers.get_all("Content-Length"))
        return True


def _message(headers: Headers, body: bytes) -> Message:
    kind = headers.get("Content-Type")
    match kind:
        case "text/event-plain":
            return _plain_event(body)
        case "text/event-json":
            return _json_event(body)
        case "command/reply":
            return CommandReply(headers, _text(body))
        case "api/response":
            return ApiReply(_text(body))
        case "text/disconnect-notice":
            return Disconnect(headers.get("Content-Disposition") == "linger", _text(body))
        case "auth/request":
            return AuthRequest()
        case "text/rude-rejection":
            return Rejected(_text(body))
    raise ProtocolError(f"the event socket sent a packet of the unknown type {kind[:60]!r}")


def _plain_event(packet: bytes) -> Event:
    block, end, rest = packet.partition(_END)
    if not end:
        raise ProtocolError("the event socket sent an event whose headers have no end")
    headers = _headers(block, encoded=True)
    length = _length(headers.get_all("Content-Length")[-1:])
    if length > len(rest):
        raise ProtocolError(f"the event socket sent an event that lacks its body of {length} bytes")
    return Event(headers, _text(rest[:length]))


def _json_event(packet: bytes) -> Event:
    try:
        members = json.loads(_text(packet), object_pairs_hook=tuple)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the event socket sent an event that is no JSON: {error}") from error
    if not isinstance(members, tuple) or not all(isinstance(value, str) for _, value in members):
        raise ProtocolError("the event socket sent an event that is no JSON object of texts")
    body = next((value for name, value in members if name == "_body"), "")
    return Event(Headers((name, value) for name, value in members if name != "_body"), body)


def _length(values: tuple[str, ...]) -> int:
    """Return what `Content-Length` says, 0 where there is none."""
    if len(set(values)) > 1:
        raise ProtocolError("the event socket sent two lengths for one body")
    value = values[0] if values else "0"
    if not (value.isascii() and value.isdigit()):
        raise ProtocolError(f"the event socket sent {value[:20]!r} for the length of a body")
    if len(value) > 9 or int(value) > MAX_BODY:
        raise ProtocolError(f"the event socket sent a body of more than {MAX_BODY} bytes")
    return int(value)


def _headers(block: bytes, *, encoded: bool) -> Headers:
    pairs = []
    for line in _text(block).split("\n"):
        name, colon, value = line.partition(":")
        # A line that is no header is the rest of a value with a line break in it: ignored.
        if not colon:
            continue
        value = value.removeprefix(" ")
        if encoded and "%" in value:
            value = _text(unquote_to_bytes(value))
        pairs.append((name, value))
    return Headers(pairs)


def _text(data: bytes) -> str:
    """Decode as UTF-8, else as the Latin-1 that old phones write caller names in."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
