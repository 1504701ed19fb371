"""What one phone said and heard, on one clock."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

_JITTER_S: Final = 0.12
"""A packet this close to where its forerunner ended joins it without a gap."""


class Track:
    """One direction of a line: packets laid out in time."""

    def __init__(self, sample_rate: int, origin: float) -> None:
        """Lay packets at `sample_rate` Hz out from time `origin` (seconds)."""
        self.sample_rate = sample_rate
        self.origin = origin
        self._end = 0
        self._packets: list[tuple[int, bytes]] = []

    def add(self, pcm: bytes, at: float) -> None:
        """Take 16-bit mono sound that began at time `at`.

        A stream's packets are joined end to end: the network's jitter is not what a
        person hears.
        """
        due = round((at - self.origin) * self.sample_rate)
        start = self._end if due - self._end < _JITTER_S * self.sample_rate else due
        self._packets.append((start, pcm))
        self._end = start + len(pcm) // 2

    @property
    def seconds(self) -> float:
        """How long the track is, from its origin."""
        return self._end / self.sample_rate

    def samples(self) -> Samples:
        """Return the whole track, silence where nothing came."""
        sound = np.zeros(self._end, dtype=np.int16)
        for start, pcm in self._packets:
            packet = np.frombuffer(pcm, dtype="<i2")
            sound[start : start + packet.size] = packet
        return sound


class Recording:
    """Both directions of one phone from `origin` on, in seconds of the event loop's clock."""

    def __init__(self, sample_rate: int, origin: float) -> None:
        """Record at `sample_rate` Hz."""
        self.sample_rate = sample_rate
        self.origin = origin
        self.said = Track(sample_rate, origin)
        self.heard = Track(sample_rate, origin)
