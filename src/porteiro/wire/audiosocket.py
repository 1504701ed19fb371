"""Asterisk's AudioSocket: one connection's bytes to messages and back.

A message is one byte of kind, the payload's length in two bytes (big-endian), and the
payload. The kinds are those of Asterisk's `res_audiosocket.h`, as of 23.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Final, NamedTuple, final
from uuid import RFC_4122, UUID

from porteiro.errors import ProtocolError

_HANG_UP: Final = 0x00
_CALL_ID: Final = 0x01
_DTMF: Final = 0x03
_FAILURE: Final = 0xFF

AUDIO_KINDS: Final = {
    8000: 0x10,
    12000: 0x11,
    16000: 0x12,
    24000: 0x13,
    32000: 0x14,
    44100: 0x15,
    48000: 0x16,
    96000: 0x17,
    192000: 0x18,
}
"""The kind of an audio message by its sample rate in Hz."""

_RATES: Final = {kind: rate for rate, kind in AUDIO_KINDS.items()}
_FIXED_LENGTHS: Final = {_HANG_UP: 0, _CALL_ID: 16, _DTMF: 1}
_KEYS: Final = frozenset(b"0123456789*#ABCDabcd")
_HEADER: Final = 3
_MOST_OF_THE_SAME: Final = 4
_LONGEST_PAYLOAD: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class CallId:
    """The call that the connection belongs to; `guessable` unless it is a version-4 UUID."""

    call_id: str
    guessable: bool


@final
class Audio(NamedTuple):
    """Sound: `rate` in Hz, `payload` as it was carried, never empty.

    The payload is signed 16-bit little-endian mono, or G.711 under kind 0x10 where the
    dialplan names no codec. A tuple, since fifty a second come on every line.
    """

    rate: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Dtmf:
    """One telephone key: 0-9, `*`, `#`, A-D."""

    digit: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """The other side ends the call."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The PBX reports an error; what `payload` means is its own affair."""

    payload: bytes


Layouts = dict[int, tuple[Struct, tuple[bytes, ...]]]
"""By the length of some like messages, where their headers and payloads are, and the headers."""

Message = CallId | Audio | Dtmf | HangUp | Failure


class AudioSocketParser:
    """Turns what arrives on one connection into messages.

    Asterisk itself gives up on a message it does not know, and so does this parser:
    after a `ProtocolError` the connection is of no more use. `usual_size` is how many bytes
    the last audio message had, header and all.
    """

    __slots__ = ("_buffer", "_id_due", "_usual", "usual_size")

    def __init__(self, *, from_pbx: bool = True) -> None:
        """Begin a connection; what comes from a PBX opens with the call id, from us it does not."""
        self._buffer = b""
        self._id_due = from_pbx
        self._usual: Layouts = {}
        self.usual_size = 0

    @property
    def halfway(self) -> bool:
        """Whether the last message is not whole yet."""
        return bool(self._buffer)

    def receive(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that are whole now that `data` has come.

        The iterator must be exhausted before the next call.

        Raises:
            ProtocolError: The peer sent what no AudioSocket peer sends; messages before
                it have been yielded.
        """
        data = self._buffer = self._buffer + data
        start = 0
        try:
            while len(data) - start >= _HEADER:
                kind = data[start]
                length = int.from_bytes(data[start + 1 : start + _HEADER])
                self._check(kind, length)
                end = start + _HEADER + length
                if len(data) < end:
                    break
                message = self._message(kind, data[start + _HEADER : end])
                start = end
                if message is not None:
                    yield message
        finally:
            self._buffer = data[start:]

    def more_of_the_same(self, data: bytes) -> bytes | None:
        """Return the sound if `data` is one to four messages of the last one's kind and size.

        That is the usual case, fifty times a second on every line. Otherwise None, and
        `data` is still to be received.
        """
        usual = self._usual.get(len(data))
        if usual is None or self._buffer:
            return None
        layout, headers = usual
        parts = layout.unpack(data)
        return b"".join(parts[1::2]) if parts[::2] == headers else None

    def _check(self, kind: int, length: int) -> None:
        """Refuse by its header a message that has no business here."""
        if self._id_due and kind != _CALL_ID:
            raise ProtocolError(f"the call id must come first, not a message of kind {kind:#04x}")
        if kind == _CALL_ID and not self._id_due:
            raise ProtocolError("a second call id on one connection")
        if rate := _RATES.get(kind):
            if length > 2 * rate:
                raise ProtocolError(f"an audio message of {length} bytes is longer than a second")
        elif kind in _FIXED_LENGTHS:
            if length != _FIXED_LENGTHS[kind]:
                raise ProtocolError(f"a message of kind {kind:#04x} cannot have {length} bytes")
        elif kind != _FAILURE:
            raise ProtocolError(f"unknown message kind {kind:#04x}")

    def _message(self, kind: int, payload: bytes) -> Message | None:
        """Return the message; None for audio without a sample, which says nothing."""
        if rate := _RATES.get(kind):
            if not payload:
                return None
            self.usual_size = _HEADER + len(payload)
            self._usual = _layouts(rate, len(payload))
            return Audio(rate, payload)
        if kind == _CALL_ID:
            self._id_due = False
            uuid = UUID(bytes=payload)
            return CallId(str(uuid), guessable=uuid.variant != RFC_4122 or uuid.version != 4)
        if kind == _DTMF:
            if payload[0] not in _KEYS:
                raise ProtocolError(f"{payload!r} is no telephone key")
            return Dtmf(payload.decode("ascii").upper())
        return HangUp() if kind == _HANG_UP else Failure(payload)


@lru_cache(maxsize=64)
def _layouts(rate: int, length: int) -> Layouts:
    """Return the layouts of one and more audio messages with `length` bytes of sound each."""
    header = audio_header(rate, length)
    return {
        count * (_HEADER + length): (Struct(f"{_HEADER}s{length}s" * count), (header,) * count)
        for count in range(1, _MOST_OF_THE_SAME + 1)
    }


def audio_header(rate: int, length: int) -> bytes:
    """Return the header of an audio message of `length` bytes at `rate` Hz.

    Raises `ValueError` for a rate without a kind and for lengths that end the call in
    Asterisk (0) or do not fit.
    """
    if rate not in AUDIO_KINDS:
        raise ValueError(f"AudioSocket carries no sound at {rate} Hz")
    if not 0 < length <= _LONGEST_PAYLOAD:
        raise ValueError(f"an audio message cannot have {length} bytes")
    return bytes((AUDIO_KINDS[rate],)) + length.to_bytes(2)


def audio_message(rate: int, payload: bytes) -> bytes:
    """Return a whole audio message; raises as `audio_header` does."""
    return audio_header(rate, len(payload)) + payload


def hang_up_message() -> bytes:
    """Return the message that ends a call."""
    return bytes((_HANG_UP, 0, 0))


def call_id_message(call_id: str) -> bytes:
    """Return the message that opens a connection, as a PBX sends it."""
    return bytes((_CALL_ID, 0, 16)) + UUID(call_id).bytes


def dtmf_message(digit: str) -> bytes:
    """Return the message for one key, as a PBX sends it."""
    return bytes((_DTMF, 0, 1)) + digit.encode("ascii")
