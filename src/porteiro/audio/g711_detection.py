"""Telling G.711 from linear sound where the label says linear (AudioSocket's kind 0x10).

Two witnesses are heard. How fast bytes come: 8,000 a second are G.711, 16,000 linear;
packets of one size come half as often when they are G.711. And how the samples look:
read by the wrong rule, speech turns into noise at full scale, and silence into a loud
constant.
"""

import audioop
from collections.abc import Iterable
from itertools import pairwise
from statistics import median
from typing import Final

from porteiro.audio.g711 import LAWS, Encoding, decode

MEASURE_S: Final = 0.25
"""How long to listen at most before `decide` is asked, in seconds."""

_LINEAR_FRAME_BYTES: Final = 320
_MESSAGES: Final = 8
_MOST_MESSAGES: Final = 32
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
    law = min(_strangeness(law, payload) for law in LAWS)
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
        heard = len(self._payloads)
        if heard < _MESSAGES:
            return None
        agreed = self._by_time() is (self._by_look() is not Encoding.LINEAR)
        long_enough = heard >= _MOST_MESSAGES or at_s - self._times[0] >= MEASURE_S
        return self.decide() if agreed or long_enough else None

    def decide(self) -> Encoding:
        """Return the likeliest encoding by what was heard; a clear pace outweighs the look."""
        is_g711 = self._by_time()
        if is_g711 is None:
            return self._by_look()
        return self._by_look(LAWS) if is_g711 else Encoding.LINEAR

    def _by_look(self, candidates: Iterable[Encoding] = Encoding) -> Encoding:
        sound = b"".join(self._payloads)
        return min(candidates, key=lambda encoding: _strangeness(encoding, sound))

    def _by_time(self) -> bool | None:
        """Return whether the pace is that of G.711; None where bursts or gaps blur it."""
        if len(self._times) < _MESSAGES:
            return None
        gaps_s = [later - earlier for earlier, later in pairwise(self._times)]
        size = median(len(payload) for payload in self._payloads)
        paces = [
            gap_s * _G711_BYTES_PER_S / size
            for gap_s in (sum(gaps_s) / len(gaps_s), median(gaps_s))
        ]
        if min(paces) > _BETWEEN:
            return True
        return False if min(paces) > _BETWEEN / 2 and max(paces) < _BETWEEN else None
