"""How late an event loop comes to its work, tallied by the bounds of a histogram."""

import asyncio
from bisect import bisect_left
from typing import Final

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)
"""Upper bounds in seconds; what is later still is counted beyond the last."""

_LOOK_S: Final = 0.1
"""How long the loop's lag is left unmeasured: often enough, and hardly any work."""


class LagTally:
    """The lag of this process's loop: how many looks were up to each bound, and their sum."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.counts = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def observe(self, late_s: float) -> None:
        """Count one look."""
        self.counts[bisect_left(BOUNDS, late_s)] += 1
        self.seconds += late_s

    async def watch(self) -> None:
        """Look at how late the loop is, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LOOK_S
            await asyncio.sleep(_LOOK_S)
            self.observe(max(0.0, loop.time() - due))
