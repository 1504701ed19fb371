"""Telephone sound made ready for the acoustic model, which learned from wide-band speech."""

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

MODEL_RATE = 16000
_NOISE_DB = -30.0
_BLOCK_S = 0.02
_MARGIN_S = 0.2
_QUIET_SHARE = 20
_OVER_QUIET = 2.0
_UNDER_PEAK = 0.05

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TurnSound:
    """A turn as the decoder takes it: 16-bit mono at 16 kHz, a margin around what stands out.

    What stands out `begins` and `ends` at these frames of 10 ms. `pcm` is empty where
    nothing does.
    """

    pcm: bytes
    begins: int
    ends: int


def turn_sound(pcm: bytes, sample_rate: int) -> TurnSound:
    """Return 16-bit mono `pcm` cut to where somebody speaks, with a little noise.

    The noise (30 dB under the speech) fills the band above 4 kHz that a telephone leaves
    empty.
    """
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32)
    first, last = _bounds(samples, sample_rate)
    if first == last:
        return TurnSound(b"", 0, 0)
    margin = int(_MARGIN_S * sample_rate)
    frame = sample_rate // 100
    # A phone that suppresses silence sends none to stand around the words.
    silence = np.zeros(margin, np.float32)
    around = np.concatenate((silence, samples, silence))[first : last + 2 * margin]
    return TurnSound(_wide(around, sample_rate), margin // frame, (margin + last - first) // frame)


def _wide(samples: Samples, sample_rate: int) -> bytes:
    wide: Samples = soxr.resample(samples, sample_rate, MODEL_RATE)
    level = np.sqrt(np.mean(wide**2)) * 10 ** (_NOISE_DB / 20)
    hiss = np.random.default_rng(1).standard_normal(len(wide), np.float32) * level
    noisy: Samples = np.clip(np.rint(wide + hiss), -32768, 32767)
    return noisy.astype("<i2").tobytes()


def _bounds(samples: Samples, sample_rate: int) -> tuple[int, int]:
    """Return where the first block that stands out begins and the last one ends."""
    size = int(_BLOCK_S * sample_rate)
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    if not blocks.any():
        return 0, 0
    levels = np.sqrt(np.mean(blocks**2, axis=1))
    floor = max(_OVER_QUIET * np.percentile(levels, _QUIET_SHARE), _UNDER_PEAK * levels.max())
    loud = np.flatnonzero(levels > floor)
    if not loud.size:
        return 0, len(blocks) * size
    return int(loud[0]) * size, int(loud[-1] + 1) * size
