"""Finds out at which rate a stream's sound comes: the stream itself does not say."""

from typing import Final

TELEPHONE_RATE: Final = 8000
WIDEBAND_RATE: Final = 16000

MEASURE_S: Final = 0.25
"""How long after the first sound a rate is decided by what came so far."""

_FRAME_BYTES: Final = 320
_TOGETHER_S: Final = 0.008
_ENOUGH_S: Final = 0.09
_BETWEEN_BYTES_PER_S: Final = 22_600
"""The geometric mean of what 8 and 16 kHz make in a second: equally far from both."""


class RateFinder:
    """Tells 8 from 16 kHz by a stream's first frames.

    A first frame of 320 bytes is 20 ms at 8 kHz. Any other length may be either rate at some
    packet time, and is measured: the bytes that followed the first frame against the time
    that they took. The first frames come late and together (SPEC 4): it begins with the last
    of those. 16 kHz in frames of 10 ms is taken for 8 kHz, unless the stream's metadata says
    `"sampleRate"`.
    """

    __slots__ = ("_began_s", "_bytes", "_first_s")

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._began_s: float | None = None
        self._first_s = 0.0
        self._bytes = 0

    @property
    def in_doubt(self) -> bool:
        """Whether sound has come whose rate is not clear yet."""
        return self._began_s is not None

    def hear(self, length: int, at_s: float) -> int | None:
        """Take a frame of `length` bytes that came at `at_s`; return the rate in Hz once clear."""
        if self._began_s is None:
            if length == _FRAME_BYTES:
                return TELEPHONE_RATE
            self._began_s = self._first_s = at_s
            return None
        if at_s - self._began_s < _TOGETHER_S:
            self._first_s = at_s
            return None
        self._bytes += length
        return self.decide(at_s) if at_s - self._first_s >= _ENOUGH_S else None

    def decide(self, at_s: float) -> int:
        """Return the likeliest rate in Hz at `at_s`; 8 kHz where nothing tells."""
        if not self._bytes or at_s <= self._first_s:
            return TELEPHONE_RATE
        pace = self._bytes / (at_s - self._first_s)
        return TELEPHONE_RATE if pace < _BETWEEN_BYTES_PER_S else WIDEBAND_RATE
