"""The one clock that sends a frame to every line each 20 ms."""

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import chain, repeat
from typing import Final, Protocol

FRAME_S: Final = 0.02
"""How long a frame lasts, in seconds."""

FRAMES_PER_S: Final = 50

_MOST_AT_ONCE: Final = 25
_TIMER_SLACK_S: Final = 0.002
_SURVEY_TICKS: Final = 5


class FrameSource(Protocol):
    """A line, as the clock sees it."""

    def send_frame(self) -> None:
        """Send the next 20 ms of sound; called on the event loop, must be quick."""
        ...


class Survey(Protocol):
    """What a line does about a crowd."""

    def __call__(self, *, crowded: bool) -> None:
        """See to it that work is saved or, where it is no longer `crowded`, done at once."""
        ...


class FrameClock:
    """Sends frames at absolute deadlines, `start + n * 20 ms`, to all lines at once.

    After a stall the frames that became due are sent together and the grid stays where it
    was, so that a stall does not delay the rest of a phrase. Of a long stall only 500 ms are
    caught up: more would overrun any phone's jitter buffer and be lost. A source whose
    `send_frame` raises is taken off the clock, the error goes to the event loop's handler,
    and the others keep their frames.

    `frames`, `skipped` (frames dropped from the schedule), `late` (ticks that came over
    20 ms late) and `worst_lateness_s` count since the start, for the metrics.

    With `crowd` sources or more the machine's work is better saved than done at the first
    moment: those who came with a survey are called for it each 100 ms, and once afterwards.
    """

    def __init__(self, crowd: int = 400) -> None:
        """Make a clock that stands still until it has a source."""
        self.crowd = crowd
        self.frames = 0
        self.skipped = 0
        self.late = 0
        self.worst_lateness_s = 0.0
        self._sources: dict[FrameSource, Survey | None] = {}
        self._crowded = False
        self._in_order: tuple[FrameSource, ...] | None = ()  # None: to be made anew
        self._start: float | None = None
        self._elapsed = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, source: FrameSource, survey: Survey | None = None) -> None:
        """Send frames to `source` from the next tick on. Needs a running event loop."""
        if source in self._sources:
            return
        self._sources[source] = survey
        self._in_order = None
        if self._timer is None:
            loop = asyncio.get_running_loop()
            if self._start is None:
                self._start = loop.time()
            self._elapsed = int((loop.time() - self._start) / FRAME_S)
            self._schedule(loop, self._start)

    def remove(self, source: FrameSource) -> None:
        """Send `source` nothing more. Idempotent."""
        self._sources.pop(source, None)
        self._in_order = None
        if not self._sources and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self, loop: asyncio.AbstractEventLoop, start: float) -> None:
        deadline = start + (self._elapsed + 1) * FRAME_S
        self._timer = loop.call_at(deadline, self._tick, loop, start)

    def _tick(self, loop: asyncio.AbstractEventLoop, start: float) -> None:
        now = loop.time()
        lateness = now - start - (self._elapsed + 1) * FRAME_S
        # The loop's timers may fire up to a millisecond early.
        due = int((now - start + _TIMER_SLACK_S) / FRAME_S) - self._elapsed
        self._elapsed += due
        self._schedule(loop, start)
        if lateness > FRAME_S:
            self.late += 1
        self.worst_lateness_s = max(self.worst_lateness_s, lateness)
        if due > _MOST_AT_ONCE:
            self.skipped += due - _MOST_AT_ONCE
            due = _MOST_AT_ONCE
        self.frames += due
        if self._in_order is None:
            self._in_order = tuple(self._sources)
        if self._elapsed % _SURVEY_TICKS < due:
            self._survey(loop)
        self._send(loop, chain.from_iterable(repeat(self._in_order, due)))

    def _survey(self, loop: asyncio.AbstractEventLoop) -> None:
        was_crowded, self._crowded = self._crowded, len(self._sources) >= self.crowd
        if self._crowded or was_crowded:
            for survey in filter(None, self._sources.values()):
                loop.call_soon(partial(survey, crowded=self._crowded))

    def _send(self, loop: asyncio.AbstractEventLoop, sources: Iterator[FrameSource]) -> None:
        failed: FrameSource | None = None
        try:
            for source in sources:
                failed = source
                source.send_frame()
            failed = None
        finally:
            if failed is not None:
                self.remove(failed)
                loop.call_soon(self._send, loop, sources)
