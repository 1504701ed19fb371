"""How loud sound is, and how loud the noise is that a voice has to stand out from."""

import audioop
from collections import deque
from math import hypot, sqrt
from typing import Final

BLOCK_S: Final = 0.02
"""Loudness is taken over blocks of this many seconds: one cycle of a low voice still fits in."""

FIRST_WINDOW_S: Final = 0.3
"""After this much sound a noise floor is better learned than guessed."""

_FULL_SCALE: Final = 32768.0
_NOTICEABLE_OFFSET: Final = 8
_WINDOW: Final = 30  # blocks: 0.6 s, in which speech has at least one pause or closed lip
_FIRST_HIGHEST: Final = 330.0  # -40 dBFS: the first thing heard may be a voice without a pause
_OVER_QUIETEST: Final = 1.6  # 4 dB: how far noise itself lies over its quietest tenth, babble too
_RISE_WINDOWS: Final = 3  # windows that must agree before the floor rises under a voice


def block_bytes(sample_rate: int) -> int:
    """Return the bytes of one block of 16-bit mono sound at `sample_rate` Hz."""
    return 2 * max(1, round(sample_rate * BLOCK_S))


def level(block: bytes) -> float:
    """Return the root mean square of 16-bit samples (0 to 32768), a constant offset left out.

    An offset of less than an eighth of it stays: it makes less than 0.1 dB.
    """
    loudness, offset = audioop.rms(block, 2), audioop.avg(block, 2)
    if abs(offset) > _NOTICEABLE_OFFSET and 8 * abs(offset) > loudness:
        return audioop.rms(audioop.bias(block, 2, -offset), 2)
    return loudness


def from_dbfs(dbfs: float) -> float:
    """Return the level that lies `dbfs` decibels over full scale (0 dBFS is 32768)."""
    return _FULL_SCALE * ratio(dbfs)


def ratio(db: float) -> float:
    """Return the factor between two levels that are `db` decibels apart."""
    return float(10.0 ** (db / 20.0))


class NoiseFloor:
    """The level of the noise behind a voice, followed over a call.

    Levels are gathered in windows of 0.6 s. While nobody is heard, the floor follows
    their mean. While somebody may be heard (a visitor, or Porteiro's own echo), the noise
    is only known to lie between a little over the window's quietest tenth and its mean,
    since a voice adds to it and pauses often; the floor stays where it was unless that is
    outside. It then falls at once, and rises when three windows in a row were louder.

    `known` says that `level` was learned, and is no longer the guess.
    """

    __slots__ = ("_calm", "_highest", "_levels", "_lowest", "_lows", "_wanted", "known", "level")

    def __init__(self, guess: float, lowest: float, highest: float) -> None:
        """Start at the level `guess`; the floor never leaves `lowest` to `highest`."""
        self.level = guess
        self.known = False
        self._lowest = lowest
        self._highest = highest
        self._levels: list[float] = []
        self._lows: deque[float] = deque(maxlen=_RISE_WINDOWS)
        self._wanted = round(FIRST_WINDOW_S / BLOCK_S)
        self._calm = True

    def add(self, loudness: float, blocks: int = 1, *, calm: bool) -> bool:
        """Take the level that so many blocks have; `calm` says that nobody is heard in them.

        Returns whether a window became full and the floor may have moved.
        """
        self._levels += [loudness] * blocks
        if not calm:
            self._calm = False
        if len(self._levels) < self._wanted:
            return False
        self.settle()
        return True

    def settle(self) -> None:
        """Learn from the levels gathered so far, however few."""
        levels = sorted(self._levels)
        if not levels:
            return
        low = levels[len(levels) // 10] * _OVER_QUIETEST
        mean = hypot(*levels) / sqrt(len(levels))
        first, self.known = not self.known, True
        if first:
            low = min(low, _FIRST_HIGHEST)
        self._lows.append(low)
        if self._calm and not first:
            floor = (self.level + mean) / 2
        else:
            agreed = first or len(self._lows) == _RISE_WINDOWS
            floor = max(self.level, min(self._lows)) if agreed else self.level
            floor = min(floor, mean)
        self.level = min(max(floor, self._lowest), self._highest)
        self._levels = []
        self._wanted = _WINDOW
        self._calm = True
