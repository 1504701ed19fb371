"""FreeSWITCH's event socket: one connection's bytes to messages, in either direction.

A packet is a block of `Name: value` lines ended by an empty line, and, where it has a
`Content-Length`, that many bytes of body. What is an event comes percent-encoded and is
split first and decoded then, so that a caller's name with `%0A` in it stays one value.
Source: FreeSWITCH 1.10.12, mod_event_socket.c and switch_event.c, and recordings of it.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, final
from urllib.parse import unquote_to_bytes

from porteiro.errors import ProtocolError

MAX_HEADERS: Final = 64 * 1024
"""Bytes of one packet's header block; the largest, the reply to `connect`, has 5 to 8 KB."""
MAX_BODY: Final = 1024 * 1024
"""Bytes of one packet's body, an event or the answer to an `api` command."""

_BLANK_LINE: Final = b"\n\n"
_EMPTY: Final = "_undef_"
_JSON_BODY: Final = "_body"
_KEEP: Final = "surrogateescape"
_MOST_DIGITS: Final = 9
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

    __slots__ = ("_buffer", "_headers", "_length", "_searched")

    def __init__(self) -> None:
        """Begin a connection."""
        self._buffer = bytearray()
        self._searched = 0
        self._headers: Headers | None = None
        self._length = 0

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
        while (packet := self._packet()) is not None:
            yield _message(*packet)

    def _packet(self) -> tuple[Headers, bytes] | None:
        """Take the next packet out of the buffer, if it is whole."""
        if self._headers is None:
            self._headers = self._take_headers()
        headers, length = self._headers, self._length
        if headers is None or len(self._buffer) < length:
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._headers = None
        return headers, body

    def _take_headers(self) -> Headers | None:
        """Take the next packet's headers, if they are whole, and learn its body's length."""
        end = self._buffer.find(_BLANK_LINE, self._searched)
        if end > MAX_HEADERS or (end < 0 and len(self._buffer) > MAX_HEADERS + 1):
            raise ProtocolError(f"the event socket sent headers of more than {MAX_HEADERS} bytes")
        if end < 0:
            # What was searched once is not searched again, but for half an empty line.
            self._searched = max(0, len(self._buffer) - 1)
            return None
        block = bytes(self._buffer[:end])
        del self._buffer[: end + len(_BLANK_LINE)]
        self._searched = 0
        # Only the reply to `connect` begins so; all others begin with what FreeSWITCH itself says.
        encoded = block.startswith(b"Event-Name: CHANNEL_DATA\n")
        headers = Headers(_headers(block, encoded=encoded))
        self._length = _body_length(headers)
        return headers


def _message(headers: Headers, body: bytes) -> Message:
    kind = headers.get("Content-Type")
    read = _READERS.get(kind)
    if read is None:
        raise ProtocolError(f"the event socket sent a packet of the unknown type {kind[:60]!r}")
    return read(headers, body)


def _disconnect(headers: Headers, body: bytes) -> Disconnect:
    return Disconnect(headers.get("Content-Disposition") == "linger", _text(body))


def _plain_event(_: Headers, packet: bytes) -> Event:
    """Read an event that is a block of headers, and after it a body where it has a length."""
    block, end, rest = packet.partition(_BLANK_LINE)
    if not end:
        raise ProtocolError("the event socket sent an event whose headers have no end")
    headers = Headers(_headers(block, encoded=True))
    # FreeSWITCH puts the body's length last, after whatever the event itself brings.
    length = _length((headers.get_all("Content-Length") or ("0",))[-1])
    if length > len(rest):
        raise ProtocolError(f"the event socket sent an event without its body of {length} bytes")
    return Event(headers, _text(rest[:length]))


def _json_event(_: Headers, packet: bytes) -> Event:
    """Read an event that is one JSON object, to what its plain form gives."""
    try:
        members = json.loads(packet.decode("utf-8", _KEEP), object_pairs_hook=tuple)
        if not isinstance(members, tuple):
            raise ProtocolError("the event socket sent an event that is no JSON object")
        pairs = [(_healed(name), _json_value(value)) for name, value in members]
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the event socket sent an event that is no JSON: {error}") from error
    bodies = [value for name, value in pairs if name == _JSON_BODY]
    if not any(bodies):
        pairs = [pair for pair in pairs if pair != ("Content-Length", "0")]
    return Event(
        Headers(pair for pair in pairs if pair[0] != _JSON_BODY), bodies[0] if bodies else ""
    )


def _json_value(value: object) -> str:
    """Return a header's value; one that was added to piece by piece is a list of its pieces."""
    if isinstance(value, str):
        return _healed(value)
    if not isinstance(value, list) or not all(isinstance(piece, str) for piece in value):
        raise ProtocolError("the event socket sent an event with a value that is no text")
    if len(value) == 1:
        return _healed(value[0])
    return "ARRAY::" + "|:".join(_healed(piece) for piece in value)


def _body_length(headers: Headers) -> int:
    """Return how many bytes follow a packet's headers."""
    lengths = headers.get_all("Content-Length")
    # The notice of the end names the channel as the caller wrote it: two lengths are a forgery.
    if len(set(lengths)) > 1:
        raise ProtocolError("the event socket sent two lengths for one body")
    return _length(lengths[0]) if lengths else 0


def _length(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ProtocolError(f"the event socket sent {value[:20]!r} for the length of a body")
    if len(value) > _MOST_DIGITS or int(value) > MAX_BODY:
        raise ProtocolError(f"the event socket sent a body of more than {MAX_BODY} bytes")
    return int(value)


def _headers(block: bytes, *, encoded: bool) -> Iterator[tuple[str, str]]:
    for line in block.decode("utf-8", _KEEP).split("\n"):
        name, colon, value = _healed(line).partition(":")
        # A line that is no header is the rest of a value with a line break in it: ignored.
        if not colon:
            continue
        value = value.removeprefix(" ")
        if encoded:
            if "%" in value:
                value = _text(unquote_to_bytes(value))
            elif value == _EMPTY:
                value = ""
        yield name, value


def _healed(text: str) -> str:
    """Return a text whose bytes that are no UTF-8 were kept, as `_text` has it."""
    if text.isascii():
        return text
    try:
        return _text(text.encode("utf-8", _KEEP))
    except UnicodeEncodeError:  # half a character, which JSON can write as an escape
        return text.encode("utf-8", "replace").decode("utf-8")


def _text(data: bytes) -> str:
    """Decode as UTF-8, else as the Latin-1 that old phones write caller names in.

    Each value by itself, so that one caller's name does not spoil the others; and what
    comes out can always be written to a log, a file or a database.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


_READERS: Final[dict[str, Callable[[Headers, bytes], Message]]] = {
    "text/event-plain": _plain_event,
    "text/event-json": _json_event,
    "command/reply": lambda headers, body: CommandReply(headers, _text(body)),
    "api/response": lambda _, body: ApiReply(_text(body)),
    "text/disconnect-notice": _disconnect,
    "auth/request": lambda _, __: AuthRequest(),
    "text/rude-rejection": lambda _, body: Rejected(_text(body)),
}
