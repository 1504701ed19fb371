"""Whether a new visitor's call is taken in: running calls come first."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import structlog

from porteiro.clock import Clock

_log = structlog.get_logger()

_EASED = 0.5
"""The share of the limit that the lag must fall below before calls are taken again."""


class Refusal(StrEnum):
    """Why a line is not taken in."""

    DRAINING = "draining"
    """The process is about to end."""
    CALLS = "calls"
    """As many calls are in progress as may be."""
    EXTENSION = "extension"
    """As many are in progress on this extension as may be."""
    LAG = "lag"
    """The event loop is so late that running calls would suffer."""
    TAKEN = "taken"
    """A visitor's line with the id of a call in progress, or of one that told the gate."""
    NOT_EXPECTED = "not_expected"
    """A resident's line that no call waits for."""


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """How many calls there may be in all and on one extension (0: as many as in all).

    `lag_s` is the event loop's lag, in seconds, beyond which nobody new is taken in; 0: never.
    """

    calls: int = 500
    extension_calls: int = 0
    lag_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much room there is now, as it is shown.

    `refusing` says why every new call is refused now, and `since` from when on; None while
    calls are taken. `extensions` are the numbers of those that are full by themselves.
    `told` lines are hearing now that we are busy. `refused` counts lines since the start.
    """

    calls: int = 0
    limits: AdmissionLimits = field(default_factory=AdmissionLimits)
    lag_s: float = 0.0
    refusing: Refusal | None = None
    since: datetime | None = None
    extensions: tuple[str, ...] = ()
    told: int = 0
    refused: Mapping[Refusal, int] = field(default_factory=dict)


class Admission:
    """Decides on each new visitor's call, and knows why and since when they are refused.

    The lag refuses with hysteresis: from beyond its limit until it is below half of it. While
    no call is in progress it refuses nobody: there is nobody to protect, and a gate of a slow
    machine would stay shut.
    """

    def __init__(
        self,
        limits: AdmissionLimits,
        clock: Clock,
        lag_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Take calls in within `limits`; `lag_s` returns the loop's lag as it is now."""
        self._limits = limits
        self._clock = clock
        self._lag_s = lag_s
        self._lagging = False
        self._draining = False
        self._on: Counter[str] = Counter()
        self._calls = 0
        self._refusing: Refusal | None = None
        self._since: datetime | None = None

    @property
    def draining(self) -> bool:
        """Whether no call will be taken in any more."""
        return self._draining

    def drain(self) -> None:
        """Take no call in any more."""
        self._draining = True
        self.look()

    def judge(self, extension: str) -> Refusal | None:
        """Return why a call on the extension of this number may not begin now; None if it may."""
        reason = self.look()
        if reason is None and self._full(extension):
            return Refusal.EXTENSION
        return reason

    def began(self, extension: str) -> None:
        """Count a call that was taken in."""
        self._calls += 1
        self._on[extension] += 1
        self.look()

    def ended(self, extension: str) -> None:
        """Count a call no more."""
        self._calls -= 1
        self._on[extension] -= 1
        if not self._on[extension]:
            del self._on[extension]
        self.look()

    def look(self) -> Refusal | None:
        """Return why every new call is refused now, None where they are not."""
        reason = self._reason()
        before = self._refusing
        if reason is not before:
            self._refusing = reason
            self._since = None if reason is None else self._clock.wall()
            self._tell(before)
        return reason

    def capacity(self, told: int, refused: Mapping[Refusal, int]) -> Capacity:
        """Return how much room there is now, with what the reception knows of refused lines."""
        self.look()
        return Capacity(
            calls=self._calls,
            limits=self._limits,
            lag_s=self._lag_s(),
            refusing=self._refusing,
            since=self._since,
            extensions=tuple(number for number in self._on if self._full(number)),
            told=told,
            refused=dict(refused),
        )

    def _reason(self) -> Refusal | None:
        if self._draining:
            return Refusal.DRAINING
        if self._calls >= self._limits.calls:
            return Refusal.CALLS
        return Refusal.LAG if self._late() and self._calls else None

    def _late(self) -> bool:
        limit_s = self._limits.lag_s
        if limit_s:
            self._lagging = self._lag_s() > (limit_s * _EASED if self._lagging else limit_s)
        return self._lagging

    def _full(self, extension: str) -> bool:
        most = self._limits.extension_calls
        return bool(most) and self._on[extension] >= most

    def _tell(self, before: Refusal | None) -> None:
        """Log that the lag refuses, or no more; what else does is told with each line."""
        lag_ms = round(1000 * self._lag_s(), 1)
        if self._refusing is Refusal.LAG:
            _log.warning("the event loop is late: calls are refused", lag_ms=lag_ms)
        elif before is Refusal.LAG and not self._draining:
            _log.info("the event loop is no longer late", lag_ms=lag_ms)
