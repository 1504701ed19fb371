"""Sound that FreeSWITCH makes by itself: tones and silence by their names."""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

_TONE: Final = re.compile(
    r"tone_stream://(?:[a-z]=[^;]*;)*%\((\d+),(\d+),([\d.,]+)\)(?:;loops=(-?\d+))?"
)
_SILENCE: Final = re.compile(r"silence_stream://(-?\d+)")
_LOUDNESS: Final = 6000


def made(name: str, sample_rate: int) -> Iterator[bytes] | None:
    """Return the 20 ms packets of a tone or of silence; None if `name` is neither."""
    packet = sample_rate // 50
    if found := _SILENCE.match(name):
        return _silence(int(found[1]), packet)
    if found := _TONE.match(name):
        on, off = int(found[1]), int(found[2])
        hertz = [float(tone) for tone in found[3].split(",") if tone]
        seconds = np.arange(sample_rate * on // 1000) / sample_rate
        wave = np.sum([np.sin(2 * np.pi * tone * seconds) for tone in hertz], axis=0)
        sound = (wave * _LOUDNESS / len(hertz)).astype("<i2").tobytes()
        sound += bytes(2 * (sample_rate * off // 1000))
        return _tone(sound, 2 * packet, int(found[4] or 1))
    return None


def _silence(milliseconds: int, packet: int) -> Iterator[bytes]:
    left = milliseconds // 20
    while left:
        yield bytes(2 * packet)
        left -= 1


def _tone(sound: bytes, packet: int, loops: int) -> Iterator[bytes]:
    while loops:
        for start in range(0, len(sound), packet):
            yield sound[start : start + packet].ljust(packet, b"\0")
        loops -= 1
