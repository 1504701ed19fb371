"""Sound from one sample rate to another, packet by packet, as a softphone does it."""

import audioop


class RateConverter:
    """Converts one direction of a line; what came before shapes what comes next."""

    def __init__(self, source: int, target: int) -> None:
        """Convert from `source` to `target`, both in Hz."""
        self._source = source
        self._target = target
        self._state: tuple[int, tuple[tuple[int, int], ...]] | None = None

    def convert(self, pcm: bytes) -> bytes:
        """Return 16-bit mono sound at the other rate; half a sample at the end is left out."""
        whole = pcm[: len(pcm) // 2 * 2]
        if self._source == self._target:
            return whole
        converted, self._state = audioop.ratecv(
            whole, 2, 1, self._source, self._target, self._state
        )
        return converted
