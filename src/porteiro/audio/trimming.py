"""Cutting the silence off a recording."""

from typing import Final

from porteiro.audio.energy import block_bytes, from_dbfs, level, ratio

_KEPT_BLOCKS: Final = 8  # 160 ms left on either side
_SPEECH_BLOCKS: Final = 5  # 100 ms: what is shorter is a click
_GAP_BLOCKS: Final = 35  # 0.7 s: sound further apart is not one utterance's
_LOWEST_DBFS: Final = -60.0
_HIGHEST_DBFS: Final = -30.0
_OVER_NOISE_DB: Final = 9.0


def trim(pcm: bytes, sample_rate: int) -> bytes:
    """Return `pcm` without its leading and trailing silence, some 150 ms of it kept.

    Sound is 16-bit little-endian mono. Noise counts as silence: speech is what lies 9 dB
    over the quietest tenth. Returns nothing at all if nobody spoke.
    """
    size = block_bytes(sample_rate)
    levels = [level(pcm[at : at + size]) for at in range(0, len(pcm) - size + 1, size)]
    if not levels:
        return b""
    quiet = sorted(levels)[len(levels) // 10]
    floor = min(max(quiet, from_dbfs(_LOWEST_DBFS)), from_dbfs(_HIGHEST_DBFS))
    threshold = floor * ratio(_OVER_NOISE_DB)
    spoken = _without_clicks([at for at, loud in enumerate(levels) if loud >= threshold])
    if not spoken:
        return b""
    first = max(0, spoken[0] - _KEPT_BLOCKS)
    return pcm[first * size : (spoken[-1] + 1 + _KEPT_BLOCKS) * size]


def _without_clicks(blocks: list[int]) -> list[int]:
    """Drop groups of loud blocks that are too short for speech and stand alone."""
    kept: list[int] = []
    group: list[int] = []
    for at in blocks:
        if group and at - group[-1] > _GAP_BLOCKS:
            kept += group if len(group) >= _SPEECH_BLOCKS else []
            group = []
        group.append(at)
    return kept + group if len(group) >= _SPEECH_BLOCKS else kept
