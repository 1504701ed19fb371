"""Resampling of live sound, chunk by chunk, with a few milliseconds of delay.

A polyphase FIR filter: a low-pass at the upper rate of the ratio, of which each output
sample uses the one phase that meets input samples (Crochiere and Rabiner, "Multirate
Digital Signal Processing", 1983). The low-pass is a Kaiser-windowed sinc.
"""

from functools import lru_cache
from math import gcd
from typing import Final

import numpy as np
from numpy.typing import NDArray

_HALF_WIDTH: Final = 24  # samples of the lower rate on either side: 3 ms at 8 kHz
_KAISER_BETA: Final = 5.65  # 60 dB of stop band (Kaiser's formula)
_TRANSITION: Final = 0.0755  # its width for that length, as a part of the lower rate


@lru_cache(maxsize=32)
def _phases(from_rate: int, to_rate: int) -> NDArray[np.float32]:
    """Return the filter, one row a phase, each row in the order of the input samples."""
    up = to_rate // gcd(from_rate, to_rate)
    lower = min(from_rate, to_rate)
    reach = -(-_HALF_WIDTH * from_rate // lower)
    cutoff = (1 - _TRANSITION) * lower / from_rate
    taps = 2 * reach
    offset = np.arange(taps) - (reach - 1) - np.arange(up)[:, np.newaxis] / up
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0, 1 - (offset / reach) ** 2)))
    rows = np.sinc(cutoff * offset) * window
    return np.asarray(rows / rows.sum(axis=1, keepdims=True), dtype=np.float32)


class Resampler:
    """Converts one stream of sound from one rate to another, both in Hz.

    Every chunk gives as many samples as its duration says, to the sample over the stream;
    the sound comes out `delay_s` late.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        """Begin a stream."""
        divisor = gcd(from_rate, to_rate)
        self._up, self._down = to_rate // divisor, from_rate // divisor
        self._filter = _phases(from_rate, to_rate)
        self._taps = self._filter.shape[1]
        self.delay_s = self._taps / 2 / from_rate
        self._history = np.zeros(self._taps - 1, dtype=np.float32)
        self._next = 0  # the next output sample, counted at the upper rate from the chunk's start

    def convert(self, pcm: bytes | bytearray) -> bytes:
        """Return the next chunk, 16-bit little-endian mono as the one that goes in."""
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        sound = np.concatenate((self._history, samples))
        span = len(samples) * self._up
        at = np.arange(self._next, span, self._down)
        self._next = self._next + len(at) * self._down - span
        self._history = sound[len(samples) :]
        if not len(at):
            return b""
        windows = np.lib.stride_tricks.sliding_window_view(sound, self._taps)[at // self._up]
        out = np.einsum("ij,ij->i", windows, self._filter[at % self._up])
        return bytes(np.clip(np.rint(out), -32768, 32767).astype("<i2").data)
