"""How late the event loop is: what running calls suffer from, and new ones are refused by."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LagOptions:
    """Look each `look_s` seconds, and judge by the looks of the last `window_s`.

    `share` of those looks, and at least one of them, may be worse than what is called the
    lag: a single long step, such as loading a directory, is no lag. However long ago they
    were, at least `looks` are judged.
    """

    look_s: float = 0.05
    window_s: float = 2.0
    share: float = 0.1
    looks: int = 10


class LoopLag:
    """Measures by a timer how much later than due the loop comes to it."""

    def __init__(self, options: LagOptions | None = None) -> None:
        """Measure nothing before `watch` runs."""
        self._options = options or LagOptions()
        self._looks: deque[tuple[float, float]] = deque()
        self.seconds = 0.0
        """The lag of the last window: at most a `share` of its looks were worse."""

    async def watch(self, looked: Callable[[], object]) -> None:
        """Look, and call `looked` after each look; until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self._options.look_s
            await asyncio.sleep(self._options.look_s)
            self._take(loop.time(), max(0.0, loop.time() - due))
            looked()

    def _take(self, now: float, late_s: float) -> None:
        looks, options = self._looks, self._options
        looks.append((now, late_s))
        while len(looks) > options.looks and looks[0][0] < now - options.window_s:
            looks.popleft()
        worst_first = sorted((late for _, late in looks), reverse=True)
        forgiven = max(1, int(len(looks) * options.share))
        self.seconds = worst_first[forgiven] if forgiven < len(looks) else 0.0
