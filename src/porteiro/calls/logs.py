"""Where the logs of living calls come from, and what earlier processes left of theirs."""

from typing import Protocol

from porteiro.calls.replay import Past
from porteiro.calls.saved import CallLog, NoLog, SavedCall


class CallLogs(Protocol):
    """Where living calls are written down."""

    def open(self, call_id: str) -> CallLog:
        """Begin a log for a call."""
        ...

    def go_on(self, saved: SavedCall) -> CallLog:
        """Go on with the log of a call that is taken up."""
        ...

    def left_over(self) -> list[Past]:
        """Return the calls of processes that were gone at the start, or at the last look."""
        ...

    async def look_again(self) -> None:
        """Learn what processes have left that are gone by now."""
        ...

    def damaged(self) -> frozenset[str]:
        """Return the ids of calls whose logs were found damaged: what they did is not known."""
        ...

    async def claim(self, saved: SavedCall) -> CallLog | None:
        """Take a left-over call, to end it; None where another process has it, or had it."""
        ...


class NoLogs:
    """Writes no call down: one that is interrupted is lost."""

    def open(self, call_id: str) -> CallLog:  # noqa: ARG002  the logs' form
        """Return a log that forgets."""
        return NoLog()

    def go_on(self, saved: SavedCall) -> CallLog:  # noqa: ARG002  the logs' form
        """Return a log that forgets."""
        return NoLog()

    def left_over(self) -> list[Past]:
        """Return none."""
        return []

    async def look_again(self) -> None:
        """Find nothing."""

    def damaged(self) -> frozenset[str]:
        """Return none."""
        return frozenset()

    async def claim(self, saved: SavedCall) -> CallLog | None:  # noqa: ARG002  the logs' form
        """Have none."""
        return None
