"""When a service that fails is left alone, and how often that is said."""

import math
from dataclasses import dataclass

import structlog

from porteiro.clock import Clock

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OutageOptions:
    """After `limit` failures in a row the service is left out, and tried again each `rest_s`.

    One that asks to be left alone is, at once, for as long as it asked.
    """

    limit: int = 3
    rest_s: float = 30.0


class Outage:
    """Counts a service's failures in a row; lets one request through now and then."""

    def __init__(self, clock: Clock, options: OutageOptions) -> None:
        """Begin with a service that is thought to be well."""
        self._clock = clock
        self._options = options
        self._failures = 0
        self._rests_until = -math.inf
        self._said = False

    def admits(self) -> bool:
        """Return whether the service may be asked now; while it rests, once each `rest_s`."""
        if self._clock.now() < self._rests_until:
            return False
        if self._failures >= self._options.limit:
            self._rest(self._options.rest_s)
        return True

    def failed(self, pause_s: float | None = None) -> None:
        """Count one request that came to nothing; `pause_s` is how long it asked to be left."""
        self._failures += 1
        rest_s = self._options.rest_s if self._failures >= self._options.limit else 0.0
        self._rest(max(rest_s, pause_s or 0.0))

    def gave_up(self, reason: str) -> None:
        """Log that the embedded rules are on their own; once, until the service is well again."""
        if not self._said:
            _log.warning(
                "the service of AI_API_URL fails: the embedded rules understand alone",
                reason=reason,
            )
        self._said = True

    def answered(self) -> None:
        """Know that the service is well."""
        if self._said:
            _log.info("the service of AI_API_URL answers again", failures=self._failures)
        self._failures = 0
        self._rests_until = -math.inf
        self._said = False

    def _rest(self, seconds: float) -> None:
        self._rests_until = max(self._rests_until, self._clock.now() + seconds)
