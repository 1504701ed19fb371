"""The Asterisk Manager Interface as bytes and messages: no sockets, no clock.

A greeting line, then messages: lines of `Name: value`, ended by an empty line, all
lines by CR LF. Names may repeat and compare without case. Source: Asterisk 22,
main/manager.c.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from porteiro.errors import ProtocolError

MAX_LINE = 32_768
"""Bytes of one line; Asterisk itself cuts what it puts into a line well below this."""
MAX_HEADERS = 1_000
"""Lines of one message."""

_GREETING = b"Asterisk Call Manager/"
_FORBIDDEN = frozenset("\r\n\0")


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first line of a connection; `version` is that of the protocol, like "11.0.0"."""

    version: str


@dataclass(frozen=True, slots=True)
class AmiMessage:
    """A response or an event: its headers in the order they came, repeated ones too."""

    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return the first value of a header, whatever its case; empty where there is none."""
        return next(iter(self.get_all(name)), "")

    def get_all(self, name: str) -> list[str]:
        """Return every value of a header, in order."""
        wanted = name.casefold()
        return [value for header, value in self.headers if header.casefold() == wanted]

    @property
    def event(self) -> str:
        """The event's name; empty for a response."""
        return self.get("Event")

    @property
    def response(self) -> str:
        """What became of an action, "Success" or "Error"; empty for an event."""
        return "" if self.event else self.get("Response")


class AmiParser:
    """What a manager connection sends, cut into messages."""

    def __init__(self) -> None:
        """Expect a greeting first."""
        self._buffer = bytearray()
        self._headers: list[tuple[str, str]] = []
        self._lines = 0
        self._greeted = False

    def receive(self, data: bytes) -> list[Greeting | AmiMessage]:
        """Take bytes as they came and return what is complete.

        Raises `ProtocolError` where this is no manager, or a line or a message has no
        end in sight; the parser is of no more use then.
        """
        self._buffer += data
        found: list[Greeting | AmiMessage] = []
        while (end := self._buffer.find(b"\r\n")) >= 0:
            if end > MAX_LINE:
                break
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            message = self._take(line)
            if message is not None:
                found.append(message)
        if len(self._buffer) > MAX_LINE + 2 or end > MAX_LINE:
            raise ProtocolError(f"the manager sent a line of more than {MAX_LINE} bytes")
        return found

    def _take(self, line: bytes) -> Greeting | AmiMessage | None:
        if not self._greeted:
            return self._greet(line)
        if not line:
            return self._complete()
        self._lines += 1
        if self._lines > MAX_HEADERS:
            raise ProtocolError(f"the manager sent a message of more than {MAX_HEADERS} lines")
        name, colon, value = _text(line).partition(":")
        # A line that is no header is the rest of a value with a line break in it, perhaps a
        # caller's name: ignored, since a caller must not be able to cut the connection.
        if colon:
            self._headers.append((name.strip(), value.strip()))
        return None

    def _greet(self, line: bytes) -> Greeting:
        if not line.startswith(_GREETING):
            raise ProtocolError(f"this is no Asterisk manager: it greets with {line[:60]!r}")
        self._greeted = True
        return Greeting(_text(line[len(_GREETING) :]))

    def _complete(self) -> AmiMessage | None:
        headers, self._headers, self._lines = tuple(self._headers), [], 0
        return AmiMessage(headers) if headers else None


def encode_action(name: str, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return an action as bytes.

    Raises `ProtocolError` where a name or a value holds a line break or a NUL, which
    would add headers of a stranger's choice, or a name holds a colon.
    """
    lines = []
    for header, value in (("Action", name), *headers):
        if not _FORBIDDEN.isdisjoint(header + value) or ":" in header or not header:
            raise ProtocolError(f"the manager header {header!r} cannot carry a line break")
        lines.append(f"{header}: {value}\r\n")
    return "".join((*lines, "\r\n")).encode("utf-8", "replace")


def _text(line: bytes) -> str:
    """Decode as UTF-8, else as the Latin-1 that old phones write caller names in."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")
