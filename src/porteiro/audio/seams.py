"""Where a phrase that was broken off is taken up again."""

from typing import Final

from porteiro.audio.energy import BLOCK_S, block_bytes, level, ratio

LONGEST_BACK_S: Final = 1.2
"""No more than this is said again: a word and what belongs to it."""

_LONGEST_BACK: Final = round(LONGEST_BACK_S / BLOCK_S)
_PAUSE: Final = 4  # blocks: 80 ms are longer than most closed lips within a word
_ALIKE: Final = ratio(3.0)  # of pauses this close in level to the quietest the latest is taken
_SILENT: Final = ratio(-34.0)  # of the loudest block: what is quieter is all alike
_QUIET: Final = ratio(-20.0)  # of the loudest block: what is louder is no pause


def seam_before(pcm: bytes | bytearray, position: int, sample_rate: int) -> int:
    """Return the byte at which to take a phrase up again that stopped at byte `position`.

    That is where sound begins after the quietest 80 ms of the last 1.2 s, the latest where
    several are alike. Without a pause it is the phrase's beginning, or, where that lies
    further back, where it is quietest. The sound is 16-bit mono at `sample_rate` Hz; the
    byte lies between two samples, never after `position` nor after the sound's end.
    """
    last = max(0, min(position, len(pcm)) // 2 * 2)
    size = block_bytes(sample_rate)
    count = min(_LONGEST_BACK, last // size)
    first = last - count * size
    levels = [level(bytes(pcm[at : at + size])) for at in range(first, last, size)]
    reaches_back = first < size
    if len(levels) < _PAUSE:
        return 0 if reaches_back else last
    pauses = [max(levels[at : at + _PAUSE]) for at in range(count - _PAUSE + 1)]
    loudest, quietest = max(levels), min(pauses)
    no_pause = quietest > loudest * _QUIET
    if no_pause and reaches_back:
        return 0
    limit = quietest if no_pause else max(quietest * _ALIKE, loudest * _SILENT)
    latest = max(at for at, loudness in enumerate(pauses) if loudness <= limit)
    # The last quiet block stays, so that no onset is cut.
    return first + (latest + _PAUSE - 1) * size
