"""How sound is carried on an AudioSocket line, and how that is found out."""

from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol

from porteiro.audio.frame_clock import FRAMES_PER_S
from porteiro.audio.g711 import Encoding, decode, encode
from porteiro.audio.g711_detection import CodecDetector, is_suspect
from porteiro.audio.resampling import Resampler
from porteiro.wire.audiosocket import audio_header, audio_message

TELEPHONE_RATE: Final = 8000
_WIDEBAND_RATE: Final = 16000

FILLER: Final = audio_message(TELEPHONE_RATE, b"\xff" * (TELEPHONE_RATE // FRAMES_PER_S))
"""A frame that is silence as mu-law and as linear sound alike, while it is unclear which."""


@dataclass(frozen=True, slots=True)
class WireFormat:
    """What the PBX sends and wants back: a rate in Hz and an encoding."""

    rate: int
    encoding: Encoding = Encoding.LINEAR

    @property
    def leg_rate(self) -> int:
        """The rate in Hz at which a leg best hears it: 8 kHz, or 16 kHz for all above that."""
        return TELEPHONE_RATE if self.rate == TELEPHONE_RATE else _WIDEBAND_RATE


class Codec(Protocol):
    """Turns a leg's sound into messages and payloads into a leg's sound."""

    silence: bytes
    """A whole message that says nothing for 20 ms."""

    def message(self, frame: bytes | bytearray) -> bytes:
        """Return 20 ms of a leg's sound as one whole message."""
        ...

    def sound(self, payload: bytes) -> bytes:
        """Return what a message carries, as the leg hears it; may be empty."""
        ...


class LinearCodec:
    """Linear sound at the leg's own rate: nothing to convert."""

    __slots__ = ("_header", "silence")

    def __init__(self, rate: int) -> None:
        """Carry sound at `rate` Hz."""
        length = 2 * (rate // FRAMES_PER_S)
        self._header = audio_header(rate, length)
        self.silence = self._header + bytes(length)

    def message(self, frame: bytes | bytearray) -> bytes:
        """Return the frame behind its header."""
        return self._header + frame

    def sound(self, payload: bytes) -> bytes:
        """Return the payload, without half a sample that might be at its end."""
        return payload[:-1] if len(payload) & 1 else payload


class G711Codec:
    """G.711 under the kind of linear sound at 8 kHz, answered as it came."""

    __slots__ = ("_encoding", "silence")

    def __init__(self, encoding: Encoding) -> None:
        """Carry sound by one of the two laws."""
        self._encoding = encoding
        self.silence = self.message(bytes(2 * (TELEPHONE_RATE // FRAMES_PER_S)))

    def message(self, frame: bytes | bytearray) -> bytes:
        """Return the frame encoded, a byte a sample."""
        return audio_message(TELEPHONE_RATE, encode(self._encoding, frame))

    def sound(self, payload: bytes) -> bytes:
        """Return the samples decoded."""
        return decode(self._encoding, payload)


class ConvertingCodec:
    """Another codec for a leg that lives at another rate."""

    __slots__ = ("_codec", "_inbound", "_outbound", "silence")

    def __init__(self, codec: Codec, wire_rate: int, leg_rate: int) -> None:
        """Carry sound by `codec` at `wire_rate` for a leg at `leg_rate`, both in Hz."""
        self._codec = codec
        self._inbound = Resampler(wire_rate, leg_rate)
        self._outbound = Resampler(leg_rate, wire_rate)
        self.silence = codec.silence

    def message(self, frame: bytes | bytearray) -> bytes:
        """Return the frame converted; 20 ms stay 20 ms to the sample."""
        return self._codec.message(self._outbound.convert(frame))

    def sound(self, payload: bytes) -> bytes:
        """Return the samples converted, some 2 ms late."""
        return self._inbound.convert(self._codec.sound(payload))


def codec_for(wire: WireFormat, leg_rate: int) -> Codec:
    """Return the codec between a PBX that speaks `wire` and a leg at `leg_rate` Hz."""
    codec = _shared_codec(wire)
    return codec if wire.rate == leg_rate else ConvertingCodec(codec, wire.rate, leg_rate)


@cache  # one for all lines stays in the processor's cache
def _shared_codec(wire: WireFormat) -> Codec:
    linear = wire.encoding is Encoding.LINEAR
    return LinearCodec(wire.rate) if linear else G711Codec(wire.encoding)


class FormatFinder:
    """Finds out from its audio messages in which format a PBX speaks.

    `in_doubt` says whether sound came that may be linear or G.711.
    """

    __slots__ = ("_detector", "in_doubt")

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.in_doubt = False
        self._detector = CodecDetector()

    def hear(self, rate: int, payload: bytes, at_s: float) -> WireFormat | None:
        """Take a message labelled `rate` Hz; return the format once it is clear."""
        if rate != TELEPHONE_RATE or not (self.in_doubt or is_suspect(payload)):
            self.in_doubt = False
            return WireFormat(rate)
        if not self.in_doubt:
            self.in_doubt = True
            self._detector = CodecDetector()
        encoding = self._detector.hear(payload, at_s)
        return None if encoding is None else self._settle(encoding)

    def decide(self) -> WireFormat:
        """Return the likeliest format by what has come so far; 8 kHz linear where nothing has."""
        return self._settle(self._detector.decide() if self.in_doubt else Encoding.LINEAR)

    def _settle(self, encoding: Encoding) -> WireFormat:
        self.in_doubt = False
        return WireFormat(TELEPHONE_RATE, encoding)
