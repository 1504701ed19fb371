"""Telling G.711 from linear sound where the label says linear (AudioSocket's kind 0x10).

Two witnesses are heard. How fast bytes come: 8,000 a second are G.711, 16,000 linear;
packets of one size come half as often when they are G.711. And how the samples look:
read by the wrong rule, speech turns into noise at full scale, and silence into a loud
constant.
"""

import audioop
from itertools import pairwise
from statistics import median
from typing import Final

from porteiro.audio.g711 import Encoding, decode

MEASURE_S: Final = 0.25
"""How long to listen at most before `decide` is asked, in seconds."""

_LINEAR_FRAME_BYTES: Final = 320
_MESSAGES: Final = 8
_G711_BYTES_PER_S: Final = 8000
_BETWEEN: Final = 2**-0.5  # the pace of G.711 is 1, of linear 1/2, of a backlog less
_CLEARLY: Final = 4
_LOUD: Final = 1000


def _strangeness(encoding: Encoding, payload: bytes) -> float:
    """Return how little `payload`, read as `encoding`, is like sound from a phone: 0 is silence."""
    pcm = decode(encoding, payload)
    if len(pcm) < 4:
        return 0.0
    level = audioop.rms(pcm, 2)
    # A sum of the sound and itself a sample later, upside down: what changes fast remains.
    steps = audioop.rms(
        audioop.add(audioop.mul(pcm[2:], 2, 0.5), audioop.mul(pcm[:-2], 2, -0.5), 2), 2
    )
    return float(level + 2 * steps)


def is_suspect(payload: bytes) -> bool:
    """Return whether the first message of a line at 8 kHz may be G.711.

    Linear sound comes in 320 bytes and more (20 ms), so only smaller messages are doubted,
    and larger ones that are noise as linear and speech as G.711 (packets of 40 ms).
    """
    if len(payload) < _LINEAR_FRAME_BYTES:
        return True
    linear = _strangeness(Encoding.LINEAR, payload)
    law = min(_strangeness(law, payload) for law in (Encoding.MU_LAW, Encoding.A_LAW))
    return linear > _LOUD and linear > _CLEARLY * law


class CodecDetector:
    """Listens to a line's first messages and says how its sound is encoded."""

    def __init__(self) -> None:
        """Begin with a line's first suspect message."""
        self._payloads: list[bytes] = []
        self._times: list[float] = []

    def hear(self, payload: bytes, at_s: float) -> Encoding | None:
        """Take a message that came at `at_s`; return the encoding as soon as it is clear."""
        self._payloads.append(payload)
        self._times.append(at_s)
        if len(self._payloads) < _MESSAGES:
            return None
        by_time = self._by_time()
        if by_time is not None:
            return self._law() if by_time else Encoding.LINEAR
        return self.decide() if at_s - self._times[0] >= MEASURE_S else None

    def decide(self) -> Encoding:
        """Return the likeliest encoding by what was heard so far, by its look alone."""
        strangeness = self._strangeness()
        return min(strangeness, key=lambda encoding: strangeness[encoding])

    def _by_time(self) -> bool | None:
        """Return whether the pace is that of G.711; None where bursts or gaps blur it."""
        gaps_s = [later - earlier for earlier, later in pairwise(self._times)]
        size = median(len(payload) for payload in self._payloads)
        paces = [
            gap_s * _G711_BYTES_PER_S / size
            for gap_s in (sum(gaps_s) / len(gaps_s), median(gaps_s))
        ]
        if min(paces) > _BETWEEN:
            return True
        return False if _BETWEEN / 2 < min(paces) and max(paces) < _BETWEEN else None

    def _law(self) -> Encoding:
        strangeness = self._strangeness()
        a_law_fits = strangeness[Encoding.A_LAW] < strangeness[Encoding.MU_LAW]
        return Encoding.A_LAW if a_law_fits else Encoding.MU_LAW

    def _strangeness(self) -> dict[Encoding, float]:
        sound = b"".join(self._payloads)
        return {encoding: _strangeness(encoding, sound) for encoding in Encoding}
