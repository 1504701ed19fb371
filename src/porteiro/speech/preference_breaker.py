"""When one provider of a preference list is left out, and when it is tried again."""

import math
from dataclasses import dataclass
from enum import StrEnum

import structlog

from porteiro.clock import Clock

_log = structlog.get_logger()


class Condition(StrEnum):
    """How a provider is thought to be."""

    WELL = "well"
    """It is asked."""
    RESTING = "resting"
    """It failed too often, or asked to be left alone: the others are asked."""
    PROBING = "probing"
    """It has rested; the next turn, or the one it has now, finds out how it is."""


@dataclass(frozen=True, slots=True)
class BreakerOptions:
    """After `limit` failures in a row a provider rests, then one turn tries it.

    It rests `rest_s` seconds the first time and twice as long after each try that fails,
    up to `longest_rest_s`. A service that asks to be left alone is, for up to
    `longest_wait_s`.
    """

    limit: int = 3
    rest_s: float = 15.0
    longest_rest_s: float = 300.0
    longest_wait_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider as metrics and status show it.

    `answered` and `failed` count since the start, `in_a_row` the failures since it last
    answered. `rests_s` is how long it is still left out; `reason` its last failure, empty
    before there was one.
    """

    name: str
    condition: Condition
    answered: int
    failed: int
    in_a_row: int
    rests_s: float
    reason: str


class Attempt:
    """One try of a provider; only the first word on how it ended counts."""

    def __init__(self, breaker: "Breaker", *, since_open: bool) -> None:
        """Be an attempt that `breaker` let through, before or after it opened."""
        self._breaker: Breaker | None = breaker
        self.since_open = since_open

    def answered(self) -> None:
        """Know that the provider did what was asked."""
        if breaker := self._over():
            breaker.answered(self)

    def failed(self, reason: str, retry_after_s: float | None = None) -> None:
        """Know that it did not; `retry_after_s` is how long it asked to be left alone."""
        if breaker := self._over():
            breaker.failed(self, reason, retry_after_s)

    def dropped(self) -> None:
        """Know that nobody waits for it any more, which says nothing about the provider."""
        if breaker := self._over():
            breaker.dropped(self)

    def _over(self) -> "Breaker | None":
        breaker, self._breaker = self._breaker, None
        return breaker


class Breaker:
    """Counts a provider's failures in a row, and lets nobody wait for one that keeps failing."""

    def __init__(self, part: str, name: str, clock: Clock, options: BreakerOptions) -> None:
        """Begin with a provider that is thought to be well; `part` and `name` are for the log."""
        self._part = part
        self._name = name
        self._clock = clock
        self._options = options
        self._answered = 0
        self._failed = 0
        self._in_a_row = 0
        self._reason = ""
        self._open = False
        self._rest_s = options.rest_s
        self._rests_until = -math.inf
        self._barred_until = -math.inf
        self._probe: Attempt | None = None
        self._said = False

    @property
    def condition(self) -> Condition:
        """How the provider is thought to be now."""
        now = self._clock.now()
        if now < self._barred_until or (self._open and now < self._rests_until):
            return Condition.RESTING
        return Condition.PROBING if self._open else Condition.WELL

    @property
    def state(self) -> ProviderState:
        """What there is to show of it."""
        until = max(self._barred_until, self._rests_until if self._open else -math.inf)
        return ProviderState(
            name=self._name,
            condition=self.condition,
            answered=self._answered,
            failed=self._failed,
            in_a_row=self._in_a_row,
            rests_s=max(0.0, until - self._clock.now()),
            reason=self._reason,
        )

    @property
    def available(self) -> bool:
        """Whether `attempt` would let somebody through now."""
        condition = self.condition
        return condition is Condition.WELL or (
            condition is Condition.PROBING and self._probe is None
        )

    def attempt(self, *, last: bool = False) -> Attempt | None:
        """Let somebody try the provider, or not; one at a time after it has rested.

        The `last` of a list is tried even while it rests, since nobody comes after it, but
        not while it asked to be left alone.
        """
        if self.available:
            attempt = Attempt(self, since_open=self._open)
            if self._open:
                self._probe = attempt
            return attempt
        if last and self._clock.now() >= self._barred_until:
            return Attempt(self, since_open=True)
        return None

    def answered(self, attempt: Attempt) -> None:
        """Count an answer; an old one does not end a rest that began since."""
        self._answered += 1
        self.dropped(attempt)
        if self._clock.now() < self._barred_until or (self._open and not attempt.since_open):
            return
        if self._said:
            _log.info("a speech provider answers again", part=self._part, provider=self._name)
        self._said = self._open = False
        self._in_a_row = 0
        self._rest_s = self._options.rest_s

    def failed(self, attempt: Attempt, reason: str, retry_after_s: float | None) -> None:
        """Count a failure, and let the provider rest where there were too many."""
        self._failed += 1
        self._in_a_row += 1
        self._reason = reason
        probed = self._probe is attempt
        self.dropped(attempt)
        if probed or (not self._open and self._in_a_row >= self._options.limit):
            self._rest()
        if retry_after_s is not None and retry_after_s > 0:
            wait_s = min(retry_after_s, self._options.longest_wait_s)
            self._barred_until = max(self._barred_until, self._clock.now() + wait_s)
        self._say()

    def dropped(self, attempt: Attempt) -> None:
        """Let the next one find out, if this one was to."""
        if self._probe is attempt:
            self._probe = None

    def _rest(self) -> None:
        self._open = True
        self._rests_until = self._clock.now() + self._rest_s
        self._rest_s = min(2 * self._rest_s, self._options.longest_rest_s)

    def _say(self) -> None:
        """Log that the provider is left out; once, until it is well again."""
        state = self.state
        if not self._said and state.condition is Condition.RESTING:
            self._said = True
            _log.warning(
                "a speech provider fails and is left out for a while",
                part=self._part,
                provider=self._name,
                reason=self._reason,
                rests_s=round(state.rests_s, 1),
            )
