"""Messages on a byte stream: four bytes of length, big-endian, then the message."""

from collections.abc import Iterator
from typing import Final

from porteiro.errors import ProtocolError

LARGEST: Final = 16 * 1024 * 1024
"""How many bytes one message may have: a directory of some 100,000 apartments."""

_HEAD = 4


def framed(body: bytes) -> bytes:
    """Return a message as it goes over the wire. Raises `ProtocolError` when it is too large."""
    if len(body) > LARGEST:
        raise ProtocolError(
            f"a message of {len(body)} bytes is larger than the {LARGEST} that a worker takes: "
            "divide the directory it holds among condominiums"
        )
    return len(body).to_bytes(_HEAD, "big") + body


class Framing:
    """Finds the messages in what comes; sans-I/O."""

    def __init__(self) -> None:
        """Begin before the first byte."""
        self._buffer = bytearray()

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take bytes; yield every message that is whole by now.

        Raises `ProtocolError` for one that says it is too large; the stream is of no use then.
        """
        self._buffer += data
        while len(self._buffer) >= _HEAD:
            length = int.from_bytes(self._buffer[:_HEAD], "big")
            if length > LARGEST:
                raise ProtocolError(f"a message claims {length} bytes, more than {LARGEST}")
            end = _HEAD + length
            if len(self._buffer) < end:
                return
            body = bytes(memoryview(self._buffer)[_HEAD:end])
            del self._buffer[:end]
            yield body
