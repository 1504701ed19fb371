"""A line that plays as the real ones do: 20 ms a tick, none where there is nothing yet."""

import asyncio

from porteiro.audio.clip import Clip
from porteiro.audio.playout import Playout
from porteiro.calls.ports import PlayoutObserver
from tests.fakes import FRAME_S, RATE, FakeLine, Utterances


class ExactLine(FakeLine):
    """A fake line with a real playout; what left it is in `played`, silence left out."""

    def __init__(self) -> None:
        """Connect; the clock begins with the first clip."""
        super().__init__(Utterances())
        self._loop = asyncio.get_running_loop()
        self._playout = Playout(RATE, self._loop.call_soon)
        self._ticking: asyncio.TimerHandle | None = None

    @property
    def played_s(self) -> float:
        return self._playout.position_s

    @property
    def talking(self) -> bool:
        return not self._playout.idle

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        self._clip = clip
        self._playout.play(clip, ended)
        if self._ticking is None and not self._gone:
            self._ticking = self._loop.call_later(FRAME_S, self._frame)

    def _frame(self) -> None:
        self._ticking = None
        frame = self._playout.next_frame()
        if frame is not None:
            self.played += frame
        if not self._playout.idle:
            self._ticking = self._loop.call_later(FRAME_S, self._frame)

    def stop(self) -> None:
        self._clip = None
        self._playout.stop()
