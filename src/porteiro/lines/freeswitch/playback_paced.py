"""What the ways of playing have in common that give sound ahead of its time."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from math import floor

from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FRAME_S, FRAMES_PER_S
from porteiro.calls.ports import PlayoutObserver
from porteiro.lines.freeswitch.playback import OutwardStream

_PULSE_S = 0.1
"""How often a clip is looked at, in case it has grown."""


class PacedPlayback(ABC):
    """A `StreamPlayback` that hands over a clip in pieces, while it plays and grows.

    Its subclass is asked in `_pulse` to hand over what is due, and says when the clip is over.
    """

    def __init__(self, stream: OutwardStream, loop: asyncio.AbstractEventLoop) -> None:
        """Play on `stream`."""
        self._stream = stream
        self._loop = loop
        self._clip: Clip | None = None
        self._given = 0  # bytes of the clip
        self._turn = 0  # which playing this is; the same clip may be played again
        self._ended: PlayoutObserver | None = None
        self._over = False  # the clip was played to its end, which is still to be told
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def played_s(self) -> float:
        """How much of the clip that plays now has been heard, in seconds, by the clock."""
        return 0.0 if self._clip is None or self._over else self._heard_s()

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        """Play `clip` from now on. Raises `ValueError` for a clip at another rate."""
        if clip.sample_rate != self._stream.sample_rate:
            raise ValueError(f"a clip at {clip.sample_rate} Hz does not fit this stream")
        if self._closed:
            ended(0.0, finished=False)
            return
        tell = self._cut_short()
        self._clip, self._given, self._ended = clip, 0, ended
        self._pulse()
        tell()

    def stop(self) -> None:
        """Stop at once: what was handed over is taken back."""
        self._cut_short()()

    def close(self) -> None:
        """Play nothing any more; the module needs not be told."""
        self._closed = True
        self._abandon()()

    @abstractmethod
    def _pulse(self) -> None:
        """Hand over what is due of the clip, and ask to be called again where more will be."""

    @abstractmethod
    def _heard_s(self) -> float:
        """Return the seconds of the clip that have been heard."""

    @abstractmethod
    def _silence(self) -> None:
        """Have the module fall silent, and forget what it was given."""

    def _cut_short(self) -> Callable[[], None]:
        """End what plays now, heard or not; return what tells so."""
        tell = self._abandon()
        self._silence()
        return tell

    def _abandon(self) -> Callable[[], None]:
        self._rest()
        self._turn += 1
        clip, ended, over = self._clip, self._ended, self._over
        if clip is None or ended is None:
            return _nothing
        played_s = floor(self._heard_s() / FRAME_S + 0.001) / FRAMES_PER_S
        self._clip, self._ended, self._over = None, None, False
        return partial(ended, clip.seconds if over else played_s, finished=over)

    def _finish_soon(self) -> None:
        """The clip was played to its end: tell so, but not while it is being asked for."""
        self._rest()
        self._over = True
        self._loop.call_soon(self._finish, self._turn)

    def _finish(self, turn: int) -> None:
        if turn == self._turn:
            self._abandon()()

    def _again(self, delay_s: float = _PULSE_S) -> None:
        """Have `_pulse` called in `delay_s` seconds, in place of when it was to be."""
        self._rest()
        self._timer = self._loop.call_later(delay_s, self._pulse)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take(self, clip: Clip, seconds: float) -> bytes:
        """Return up to so many seconds of `clip` that were not handed over yet."""
        most = 2 * round(seconds * clip.sample_rate)
        piece = bytes(clip.pcm[self._given : self._given + most])
        piece = piece[: len(piece) & ~1]
        self._given += len(piece)
        return piece

    def _left_s(self, clip: Clip) -> float:
        """Return the seconds of `clip` that wait to be handed over."""
        return (len(clip.pcm) - self._given) // 2 / clip.sample_rate


def _nothing() -> None:
    """Tell nobody: nothing was playing."""
