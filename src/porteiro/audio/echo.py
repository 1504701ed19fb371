"""Whether what was heard is Porteiro's own voice coming back, and nothing else.

An echo is what was played, delayed by one constant time, fainter, filtered and with noise on
it. So each audible stretch of what was heard is compared with what was played at every delay,
by normalised cross-correlation, and a single delay has to explain them all. A person who
speaks behind the echo, or over it, leaves a stretch that it does not explain.
"""

from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

ECHO_LIKENESS: Final = 0.95
"""From this likeness on a candidate is an echo: not one of up to twenty blocks is a person's.

Measured with espeak-ng over 48 phrases, delays and levels in each of six lines (0 and
-20 dB, 400 to 800 ms, G.711, noise 15 dB under it, rooms that ring for up to 200 ms): at
least 98 of 100 echoes reach 1.0. Other phrases of the same voice stay under 0.5, and an
echo with even a "sim" behind it under 0.85.
"""

_RATE: Final = 8000  # Hz; what came back over a telephone holds no more
_BLOCK: Final = 2000  # samples: 250 ms, short enough for a "sim" to stand out as unexplained
_EXPLAINED: Final = 0.4  # correlation; echoes reach it down to a ringing room, others by chance
_CHANCE: Final = 0.25  # correlation that says nothing about a delay
_LONGEST_S: Final = 5.0  # what is longer holds more than an echo
_TRANSFORM: Final = 4096  # Fourier transforms of a few times this many samples are quick
_AUDIBLE: Final = 0.1  # of the loudest block's level
_OVER_NOISE: Final = 2.5  # times the level of the quietest tenth: 8 dB

_Samples = NDArray[np.float64]


def is_echo(heard: bytes, played: bytes, sample_rate: int) -> bool:
    """Return whether `heard` is nothing but an echo of `played`; see `echo_likeness`."""
    return echo_likeness(heard, played, sample_rate) >= ECHO_LIKENESS


def echo_likeness(heard: bytes, played: bytes, sample_rate: int) -> float:
    """Return the share (0 to 1) of what is audible in `heard` that an echo of `played` explains.

    Both are 16-bit little-endian mono at `sample_rate` Hz. `heard` is a turn from its
    look-back to the silence that ended it; it begins later than `played`, which is what was
    played last (3 s are enough). Takes some 30 ms of processor time: not for the event loop.
    """
    if not played or not 0 < len(heard) <= _LONGEST_S * 2 * sample_rate:
        return 0.0
    sound, reference = _samples(heard, sample_rate), _samples(played, sample_rate)
    starts = _audible(sound)
    if not starts or not reference.any():
        return 0.0
    likeness = _correlations(_emphasised(sound), _emphasised(reference), starts)
    delay = np.argmax(np.maximum(likeness - _CHANCE, 0.0).sum(axis=0))
    return float(np.mean(likeness[:, delay] > _EXPLAINED))


def _samples(pcm: bytes, sample_rate: int) -> _Samples:
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float64)
    if sample_rate == _RATE:
        return samples
    resampled: _Samples = soxr.resample(samples, sample_rate, _RATE)
    return resampled


def _emphasised(samples: _Samples) -> _Samples:
    """Return the samples' differences: two phrases of one voice share their lowest tones."""
    return np.diff(samples, prepend=0.0)


def _audible(sound: _Samples) -> list[int]:
    """Return where the blocks begin that stand out from the noise between them."""
    starts = range(0, len(sound) - _BLOCK // 2, _BLOCK)
    levels = [float(np.sqrt(np.mean(sound[at : at + _BLOCK] ** 2))) for at in starts]
    if not levels:
        return []
    noise = sorted(levels)[len(levels) // 10]
    # Without a pause in it, the quietest part is no noise: the loudest is always audible.
    threshold = min(max(_AUDIBLE * max(levels), _OVER_NOISE * noise), max(levels) / 2)
    return [at for at, level in zip(starts, levels, strict=True) if level > threshold]


def _correlations(sound: _Samples, reference: _Samples, starts: list[int]) -> _Samples:
    """Return how alike each block is to the reference, for each place `sound` may begin at in it.

    One row a block, one column a sample of the reference; 0 to 1, of either polarity.
    """
    delays = len(reference)
    padded = np.concatenate([reference, np.zeros(len(sound))])
    size = -(-(len(padded) + _BLOCK) // _TRANSFORM) * _TRANSFORM
    spectrum = np.fft.rfft(padded, size)
    energy = np.concatenate([[0.0], np.cumsum(padded**2)])
    hardly_any = 0.01 * _BLOCK * np.mean(reference**2)  # so that pauses are like nothing
    rows = np.empty((len(starts), delays))
    for row, at in zip(rows, starts, strict=True):
        block = sound[at : at + _BLOCK]
        product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(block, size)), size)
        length = len(block)
        under = energy[at + length : at + length + delays] - energy[at : at + delays]
        scale = np.sqrt(np.sum(block**2) * (np.maximum(under, 0.0) + hardly_any))
        row[:] = np.abs(product[at : at + delays]) / np.maximum(scale, 1e-9)
    return rows
