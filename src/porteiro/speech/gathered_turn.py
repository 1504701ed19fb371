"""A turn that is heard as a whole, once it is over."""

import audioop
from collections.abc import Awaitable, Callable
from typing import Final

from porteiro.calls.ports import Transcript

NOTHING: Final = Transcript("", 0.0, sure=False)

_SHORTEST_S: Final = 0.1
_QUIET: Final = 100  # -50 dBFS: of what nobody said, models make thanks and subtitles

Hear = Callable[[bytes], Awaitable[Transcript]]
"""Makes out the words of a turn's sound. Raises `SpeechError` when it cannot."""


class GatheredTurn:
    """A turn being gathered. Implements `porteiro.calls.ports.Transcription`."""

    def __init__(self, sample_rate: int, longest_s: float, hear: Hear) -> None:
        """Gather 16-bit mono at `sample_rate` Hz, `longest_s` seconds at most, for `hear`."""
        self._pcm = bytearray()
        self._room = int(longest_s * sample_rate) * 2
        self._hear = hear

    def feed(self, pcm: bytes) -> None:
        """Take the next sound of the turn; what is too long is dropped."""
        self._pcm += pcm[: self._room - len(self._pcm)]

    async def finish(self) -> Transcript:
        """Return what was said, empty where that cannot be believed.

        Raises `SpeechError` when it cannot be made out. Cancelling drops the turn.
        """
        return await self._hear(bytes(self._pcm[: len(self._pcm) // 2 * 2]))

    def cancel(self) -> None:
        """Drop the turn. Idempotent."""
        self._pcm.clear()
        self._room = 0


def is_speech(pcm: bytes, sample_rate: int) -> bool:
    """Tell whether 16-bit mono `pcm` is long and loud enough for somebody to have spoken."""
    return len(pcm) >= 2 * sample_rate * _SHORTEST_S and audioop.max(pcm, 2) >= _QUIET
