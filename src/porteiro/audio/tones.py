"""Tones made here: the one after which a visitor speaks, busy, and those of keys."""

from typing import Final

import numpy as np

from porteiro.audio.energy import from_dbfs

BEEP_HZ: Final = 1000
BEEP_S: Final = 0.25
BEEP_DBFS: Final = -12.0
KEY_S: Final = 0.1
KEY_DBFS: Final = -10.0
"""Level of each of a key's two tones."""

BUSY_HZ: Final = 425
BUSY_S: Final = 0.25
"""Brazil's busy tone: 425 Hz, a quarter of a second on and as long off."""
BUSY_TIMES: Final = 4

_FADE_S: Final = 0.01  # a tone that starts or stops at once is heard as a click

# ITU-T Q.23: a key is one tone of its row and one of its column.
_ROWS_HZ: Final = (697, 770, 852, 941)
_COLUMNS_HZ: Final = (1209, 1336, 1477, 1633)
_KEYS: Final = "123A456B789C*0#D"


def beep(sample_rate: int) -> bytes:
    """Return the tone after which a visitor speaks, 16-bit mono at `sample_rate` Hz."""
    return _tones((BEEP_HZ,), BEEP_S, BEEP_DBFS, sample_rate)


def busy(sample_rate: int) -> bytes:
    """Return a few pulses of the busy tone: what is heard where no voice can be made."""
    pulse = _tones((BUSY_HZ,), BUSY_S, BEEP_DBFS, sample_rate)
    return (pulse + bytes(len(pulse))) * BUSY_TIMES


def dtmf(digit: str, sample_rate: int, seconds: float = KEY_S) -> bytes:
    """Return the tones of a telephone key (0-9, `*`, `#`, A-D), 16-bit mono at `sample_rate` Hz.

    Raises `ValueError` for what is no key. Q.24 asks of receivers to take 40 ms and more.
    """
    place = _KEYS.find(digit) if len(digit) == 1 else -1
    if place < 0:
        raise ValueError(f"{digit!r} is no telephone key: give one of 0-9, *, #, A-D")
    pair = (_ROWS_HZ[place // 4], _COLUMNS_HZ[place % 4])
    return _tones(pair, seconds, KEY_DBFS, sample_rate)


def _tones(frequencies_hz: tuple[int, ...], seconds: float, dbfs: float, sample_rate: int) -> bytes:
    """Return sines sounding together, each of the level `dbfs` (root mean square), faded."""
    count = round(seconds * sample_rate)
    time_s = np.arange(count) / sample_rate
    mixed = np.zeros(count)
    for hertz in frequencies_hz:
        mixed += np.sin(2 * np.pi * hertz * time_s)
    edge_s = np.minimum(time_s, time_s[::-1])
    mixed *= np.minimum(1.0, edge_s / _FADE_S) * from_dbfs(dbfs) * np.sqrt(2)
    return np.rint(mixed).astype("<i2").tobytes()
