"""The end of a server's work: calls in progress go on, up to a limit, and then are told."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

import structlog

_log = structlog.get_logger()


class Drainable(Protocol):
    """Whoever holds the calls."""

    @property
    def held(self) -> int:
        """How many calls are in progress."""
        ...

    def stop_taking(self) -> None:
        """Take no call in any more."""
        ...

    async def idle(self) -> None:
        """Return as soon as no call is in progress."""
        ...

    def break_off(self, reason: str) -> None:
        """Have every call tell its people that it cannot go on, and end."""
        ...


@dataclass(frozen=True, slots=True)
class DrainOptions:
    """Calls may go on for `limit_s` seconds, and then have `words_s` for their last words."""

    limit_s: float = 120.0
    words_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Impatience:
    """Who stops us gets impatient: `hurried` ends the waiting, `forced` even the last words."""

    hurried: asyncio.Event = field(default_factory=asyncio.Event)
    forced: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Drained:
    """How many calls ended by themselves, and how many were broken off."""

    ended: int
    cut: int


async def drain(calls: Drainable, options: DrainOptions, impatience: Impatience) -> Drained:
    """Take no call any more; return when none is left, or none will end in time.

    Whatever is left then is to be removed by whoever holds the calls.
    """
    began = asyncio.get_running_loop().time()
    running = calls.held
    calls.stop_taking()
    _log.info("stopping: no call is taken any more", calls=running, limit_s=options.limit_s)
    await _idle_before(calls, options.limit_s, impatience.hurried)
    cut = calls.held
    if cut:
        _log.warning("calls are broken off", calls=cut, hurried=impatience.hurried.is_set())
        calls.break_off("the server stops")
        await _idle_before(calls, options.words_s, impatience.forced)
    drained = Drained(running - cut, cut)
    _log.info(
        "calls are over",
        ended=drained.ended,
        cut=drained.cut,
        removed=calls.held,
        seconds=round(asyncio.get_running_loop().time() - began, 1),
    )
    return drained


async def _idle_before(calls: Drainable, limit_s: float, sooner: asyncio.Event) -> None:
    """Wait for the end of all calls, for `limit_s` at most or until `sooner` is set."""
    waits = [asyncio.ensure_future(wait) for wait in (calls.idle(), sooner.wait())]
    try:
        await asyncio.wait(waits, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
