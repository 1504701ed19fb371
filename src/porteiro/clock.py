"""Time, handed in: the one place that asks the machine what time it is."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the parts that do input and output get their time."""

    def now(self) -> float:
        """Return monotonic seconds; only differences mean anything."""
        ...

    def wall(self) -> datetime:
        """Return the calendar time, in UTC, for records that people read."""
        ...


class LoopClock:
    """The running event loop's clock, so that a virtual loop turns this one too."""

    def now(self) -> float:
        """Return the loop's monotonic seconds."""
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        """Return the calendar time in UTC."""
        return datetime.now(UTC)
