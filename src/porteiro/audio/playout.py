"""What one line plays: a clip, cut into frames, with word of how it ended."""

from collections.abc import Callable
from functools import cache
from typing import Protocol

from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FRAMES_PER_S


class Ended(Protocol):
    """Who is told how a clip's playing ended."""

    def __call__(self, played_s: float, *, finished: bool) -> None:
        """Take the seconds that were played, and whether that was the whole clip."""
        ...


@cache  # one number for all lines stays in the processor's cache
def _frame_bytes(sample_rate: int) -> int:
    return 2 * (sample_rate // FRAMES_PER_S)


class Playout:
    """Gives a line its frames of 20 ms, one a tick.

    The word that a clip was played to its end is passed on through `soon` (the event
    loop's `call_soon`), so that it comes after the frame was written and holds up no
    other line's frame; that a clip was stopped or replaced is told at once.
    """

    __slots__ = ("_clip", "_ended", "_frame_bytes", "_played_s", "_position", "_soon")

    def __init__(self, sample_rate: int, soon: Callable[[Callable[[], None]], object]) -> None:
        """Play clips of `sample_rate` Hz."""
        self._frame_bytes = _frame_bytes(sample_rate)
        self._soon = soon
        self._clip: Clip | None = None
        self._ended: Ended | None = None
        self._position = 0
        self._played_s = 0.0

    def play(self, clip: Clip, ended: Ended) -> None:
        """Play `clip` from the next frame on, in place of what plays now.

        Raises `ValueError` for a clip at another rate.
        """
        if _frame_bytes(clip.sample_rate) != self._frame_bytes:
            raise ValueError(f"a clip at {clip.sample_rate} Hz does not fit this line")
        previous, finished, played_s = self._ended, self._clip is None, self._so_far()
        self._clip, self._ended, self._position = clip, ended, 0
        if previous is not None:
            previous(played_s, finished=finished)

    def stop(self) -> None:
        """Play nothing more. Idempotent."""
        ended, finished, played_s = self._ended, self._clip is None, self._so_far()
        self._clip = self._ended = None
        if ended is not None:
            ended(played_s, finished=finished)

    @property
    def position_s(self) -> float:
        """How much of the clip that plays now was given out, in seconds; 0 without one.

        A clip plays until its end was reported.
        """
        return 0.0 if self._ended is None else self._so_far()

    @property
    def idle(self) -> bool:
        """Whether no clip plays."""
        return self._clip is None

    def next_frame(self) -> bytes | bytearray | None:
        """Return the next 20 ms; None where there is nothing to say, or nothing yet."""
        clip = self._clip
        if clip is None:
            return None
        start = self._position
        end = start + self._frame_bytes
        ready = len(clip.pcm)
        if end < ready or (end == ready and not clip.complete):
            self._position = end
            return clip.pcm[start:end]
        if not clip.complete:
            return None
        self._position = ready
        self._finish(clip)
        return clip.pcm[start:].ljust(self._frame_bytes, b"\0") if start < ready else None

    def _so_far(self) -> float:
        if self._clip is None:
            return self._played_s
        return self._position / (2 * self._clip.sample_rate)

    def _finish(self, clip: Clip) -> None:
        self._played_s = self._position / (2 * clip.sample_rate)
        self._clip = None
        self._soon(self._report)

    def _report(self) -> None:
        """Say that the clip was played to its end, unless that has been said or another plays."""
        if self._clip is None:
            self.stop()
