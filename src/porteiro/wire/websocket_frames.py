"""The WebSocket frames of sound, which pass fifty times a second; a library reads all others.

A client's frame is two bytes of flags, opcode and length, two or eight more of length where
that is 126 or 127, four bytes of mask, and the payload under the mask (RFC 6455, 5.2).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

try:
    from websockets.speedups import apply_mask
except ImportError:  # where the library came without its compiled part
    from websockets.utils import apply_mask

_WHOLE_BINARY: Final = 0x82
_MASKED: Final = 0x80
_TWO_BYTES: Final = 126
_MASK_BYTES: Final = 4
_SOUND_HEADER: Final = 8
_OPCODES: Final = frozenset({0x0, 0x1, 0x2, 0x8, 0x9, 0xA})


def sound_of(frame: bytes) -> bytes | None:
    """Return the payload of a client's whole binary frame of 126 to 65535 bytes.

    None where `frame` is anything else, less than one frame, or more.
    """
    if (
        len(frame) > _SOUND_HEADER
        and frame[0] == _WHOLE_BINARY
        and frame[1] == _MASKED | _TWO_BYTES
        and (frame[2] << 8 | frame[3]) == len(frame) - _SOUND_HEADER
    ):
        return apply_mask(frame[_SOUND_HEADER:], frame[4:_SOUND_HEADER])
    return None


def binary_frame(payload: bytes | bytearray) -> bytes:
    """Return a server's frame with a whole binary message."""
    return _binary_header(len(payload)) + payload


@lru_cache(maxsize=16)
def _binary_header(length: int) -> bytes:
    if length < _TWO_BYTES:
        return bytes((_WHOLE_BINARY, length))
    if length < 1 << 16:
        return bytes((_WHOLE_BINARY, _TWO_BYTES)) + length.to_bytes(2, "big")
    return bytes((_WHOLE_BINARY, _TWO_BYTES + 1)) + length.to_bytes(8, "big")


class FrameCutter:
    """Cuts what a client sends into whole frames.

    What cannot be one, because it is unmasked, of no known kind, or longer than `longest` bytes
    of payload, is passed on as it comes, and so is all that follows: its reader will refuse it.
    """

    __slots__ = ("_longest", "_rest", "_unfit")

    def __init__(self, longest: int) -> None:
        """Begin between two frames."""
        self._longest = longest
        self._rest = bytearray()
        self._unfit = False

    @property
    def between(self) -> bool:
        """Whether what came so far ended with a frame's end."""
        return not self._rest and not self._unfit

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take bytes as they came; yield the frames that they complete."""
        rest = self._rest
        rest += data
        while rest and not self._unfit:
            size = self._size()
            if size is None or (size > len(rest) and not self._unfit):
                return
            if not self._unfit:
                frame = bytes(rest[:size])
                del rest[:size]
                yield frame
        if rest:
            beyond = bytes(rest)
            rest.clear()
            yield beyond

    def _size(self) -> int | None:
        """Return the bytes of the first frame, its header included; None if not known yet."""
        rest = self._rest
        if len(rest) < 2:
            return None
        length, header = rest[1] & ~_MASKED, 2
        self._unfit = not rest[1] & _MASKED or rest[0] & 0x0F not in _OPCODES
        if length >= _TWO_BYTES and not self._unfit:
            header = 4 if length == _TWO_BYTES else 10
            if len(rest) < header:
                return None
            length = int.from_bytes(rest[2:header], "big")
            self._unfit = length > self._longest
        return header + _MASK_BYTES + length
