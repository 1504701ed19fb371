"""How a phone knows that Porteiro talks, and that it has stopped."""

from typing import Final

import numpy as np

_LOUD: Final = 150.0
"""Root mean square (16-bit samples) above which a packet holds a voice: about -47 dBFS."""

PHRASE_GAP_S: Final = 0.4
"""Silence in seconds after which a phrase counts as ended."""


class Ear:
    """Voice activity on what a phone hears; told the time, so that it needs no clock.

    What Porteiro sends is clean (true silence between its phrases), so a fixed level
    is enough here. A server that hears people needs more than this.
    """

    def __init__(self, gap_s: float = PHRASE_GAP_S) -> None:
        """Take phrases as ended after `gap_s` seconds of silence."""
        self._gap_s = gap_s
        self.talking = False
        self.phrase_began = float("-inf")
        self.last_voice = float("-inf")

    def hear(self, pcm: bytes, at: float) -> None:
        """Take 16-bit mono sound that came at time `at` (seconds)."""
        if level(pcm) < _LOUD:
            return
        if not self.talking:
            self.talking = True
            self.phrase_began = at
        self.last_voice = at

    def phrase_ended(self, now: float) -> bool:
        """Return whether a phrase has just ended: true once a phrase, by the clock alone."""
        if not self.talking or now - self.last_voice < self._gap_s:
            return False
        self.talking = False
        return True


def level(pcm: bytes) -> float:
    """Return the root mean square of 16-bit samples; 0 for none."""
    samples = np.frombuffer(pcm, dtype="<i2")
    if not samples.size:
        return 0.0
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
