"""Finds out at which rate a stream's sound comes: the stream itself does not say."""

from typing import Final

TELEPHONE_RATE: Final = 8000
WIDEBAND_RATE: Final = 16000

MEASURE_S: Final = 0.25
"""How long after the first sound a rate is decided by what came so far."""

_FRAME_BYTES: Final = 320
_TOGETHER_S: Final = 0.008
_ENOUGH_S: Final = 0.09
_BEYOND_DOUBT_S: Final = 2.0
_BETWEEN_BYTES_PER_S: Final = 22_600
"""The geometric mean of what 8 and 16 kHz make in a second: equally far from both."""


class RateFinder:
    """Tells 8 from 16 kHz by a stream's first frames.

    A frame of 320 bytes is most likely 20 ms at 8 kHz (`likely_rate`), one of any other length
    may be either rate at some packet time. What is certain is measured: the bytes that followed
    the first frame against the time that they took, for a moment, or for 2 s before it is held
    against what is likely. The first frames come late and together (SPEC 4): it begins with
    the last of those.
    """

    __slots__ = ("_began_s", "_bytes", "_enough_s", "_first_s")

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._began_s: float | None = None
        self._first_s = 0.0
        self._enough_s = _ENOUGH_S
        self._bytes = 0

    def hear(self, length: int, at_s: float) -> int | None:
        """Take a frame of `length` bytes that came at `at_s`; return the rate in Hz once sure."""
        if self._began_s is None:
            self._began_s = self._first_s = at_s
            if likely_rate(length) is not None:
                self._enough_s = _BEYOND_DOUBT_S
            return None
        if at_s - self._began_s < _TOGETHER_S:
            self._first_s = at_s
            return None
        self._bytes += length
        return self.decide(at_s) if at_s - self._first_s >= self._enough_s else None

    def decide(self, at_s: float) -> int:
        """Return the likeliest rate in Hz at `at_s`; 8 kHz where nothing tells."""
        if not self._bytes or at_s <= self._first_s:
            return TELEPHONE_RATE
        pace = self._bytes / (at_s - self._first_s)
        return TELEPHONE_RATE if pace < _BETWEEN_BYTES_PER_S else WIDEBAND_RATE


def likely_rate(length: int) -> int | None:
    """Return the rate in Hz that a single frame of `length` bytes tells; None where it does not."""
    return TELEPHONE_RATE if length == _FRAME_BYTES else None
