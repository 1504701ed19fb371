"""What FreeSWITCH reads on an event socket: commands, as it understands them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_LONGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its first line, the headers under it (names in lower case), and a body."""

    line: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def verb(self) -> str:
        """Return the first word, in lower case."""
        return self.line.partition(" ")[0].lower()

    @property
    def rest(self) -> str:
        """Return what follows the first word."""
        return self.line.partition(" ")[2].strip()


class CommandReader:
    """Cuts a stream into commands: a block ends with an empty line, a body is counted."""

    def __init__(self) -> None:
        """Begin at a stream's beginning."""
        self._buffer = bytearray()

    def receive(self, data: bytes) -> Iterator[Command]:
        """Yield the commands that are whole now.

        Raises:
            ValueError: If one is longer than anybody sends.
        """
        self._buffer += data
        while (command := self._next()) is not None:
            yield command
        if len(self._buffer) > _LONGEST:
            raise ValueError("a command of more than 1 MiB")

    def _next(self) -> Command | None:
        end = self._buffer.find(b"\n\n")
        if end < 0:
            return None
        lines = self._buffer[:end].decode(errors="replace").replace("\r", "").split("\n")
        while lines and not lines[0]:
            del lines[0]
        headers = dict(_header(line) for line in lines[1:])
        length = int(headers.get("content-length", "0"))
        if len(self._buffer) < end + 2 + length:
            return None
        body = self._buffer[end + 2 : end + 2 + length].decode(errors="replace")
        del self._buffer[: end + 2 + length]
        if not lines:
            return self._next()
        return Command(lines[0], headers, body)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()
