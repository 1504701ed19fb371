"""Providers in order of preference: one that fails or is slow is left for the next.

Every part of a turn goes its own `Way` through the list. It asks a provider at a time,
each no longer than its limit, and never one that keeps failing (see `preference_breaker`).
"""

import asyncio
import traceback
from collections import deque
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from porteiro.clock import Clock
from porteiro.errors import SpeechError
from porteiro.speech.preference_breaker import Attempt, Breaker, BreakerOptions, ProviderState

_log = structlog.get_logger()

_CLOSE_S = 5.0

P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice(Generic[P]):
    """A provider, by the name that settings and metrics know it by.

    It has `limit_s` seconds to its first result, counted from when all it needs was given
    to it: for a transcriber from the end of the turn.
    """

    name: str
    provider: P
    limit_s: float = 1.5


@dataclass(frozen=True, slots=True)
class PreferenceOptions:
    """All providers but the last may take `total_s` seconds together; then it is its turn.

    So the last is reached before the call gives the turn up, however many hang before it.
    """

    total_s: float = 3.5
    breaker: BreakerOptions = field(default_factory=BreakerOptions)


class Preference(Generic[P]):
    """The providers of one part of speech, best first."""

    def __init__(
        self,
        part: str,
        choices: Sequence[Choice[P]],
        clock: Clock,
        options: PreferenceOptions | None = None,
    ) -> None:
        """Begin with all providers well; `part` names what they do, for logs and errors.

        Raises `ValueError` where there is no provider, or two have the same name.
        """
        if not choices or len({choice.name for choice in choices}) < len(choices):
            raise ValueError(f"{part} takes one provider or more, each with a name of its own")
        self.part = part
        self.clock = clock
        self.options = options or PreferenceOptions()
        self._members = [
            Member(choice, Breaker(part, choice.name, clock, self.options.breaker))
            for choice in choices
        ]
        self._abandoned: set[asyncio.Task[object]] = set()

    def __iter__(self) -> Iterator["Member[P]"]:
        """Yield the members, best first."""
        return iter(self._members)

    @property
    def states(self) -> tuple[ProviderState, ...]:
        """How each provider is, best first."""
        return tuple(member.breaker.state for member in self._members)

    @property
    def foremost(self) -> P:
        """The provider that would be asked now."""
        available = (member for member in self._members if member.breaker.available)
        return next(available, self._members[-1]).choice.provider

    def way(self) -> "Way[P]":
        """Begin a way through the list."""
        return Way(self)

    def abandon(self, task: asyncio.Task[T]) -> None:
        """Cancel a task that nobody waits for; one that is slow to end holds nobody up."""
        task.cancel()
        self._abandoned.add(task)
        task.add_done_callback(self._ended)

    async def aclose(self) -> None:
        """Wait until what was abandoned has ended, for a few seconds at most."""
        if self._abandoned:
            await asyncio.wait(self._abandoned, timeout=_CLOSE_S)

    def _ended(self, task: asyncio.Task[T]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, or asyncio would complain that nobody did


@dataclass(frozen=True, slots=True)
class Member(Generic[P]):
    """A provider in a list, and what is known of how it is."""

    choice: Choice[P]
    breaker: Breaker


class Way(Generic[P]):
    """One part of a turn on its way through a list; ends where a provider answers."""

    def __init__(self, preference: Preference[P]) -> None:
        """Start before the first provider of `preference`."""
        self._preference = preference
        self._left = deque(preference)
        self._spent_s = 0.0
        self._reasons: list[str] = []

    def next(self) -> "Try[P] | None":
        """Return the next provider that may be asked, None where no other is left."""
        total_s = self._preference.options.total_s
        while self._left:
            member = self._left.popleft()
            choice, last = member.choice, not self._left
            if not last and self._spent_s + choice.limit_s > total_s:
                self._reasons.append(f"{choice.name}: no time was left for it")
            elif attempt := member.breaker.attempt(last=last):
                return Try(self, choice, attempt)
            else:
                reason = member.breaker.state.reason
                self._reasons.append(f"{choice.name}: is left out for a while after: {reason}")
        return None

    def exhausted(self) -> SpeechError:
        """Return the error that says why none of them answered."""
        return SpeechError(f"no provider of {self._preference.part}: {'; '.join(self._reasons)}")

    async def within_limit(self, tried: "Try[P]", work: Coroutine[object, object, T]) -> T:
        """Return what `work` of the provider comes to; the caller says that it `answered`.

        Raises `PassedOnError`, the failure counted, when it fails or takes longer than its limit;
        it is then abandoned, as it is when this is cancelled.
        """
        task = asyncio.create_task(work)
        began_at = self._preference.clock.now()
        try:
            await asyncio.wait({task}, timeout=tried.choice.limit_s)
        finally:
            self._preference.abandon(task)  # no harm where it has ended
        error = _failure(task)
        if error is None:
            return task.result()
        self._spent_s += self._preference.clock.now() - began_at
        raise tried.failed(error) from error

    def note(self, name: str, reason: str, *, fault: bool) -> None:
        """Keep why a provider was passed over; a `fault` of its own is to be known of."""
        say = _log.error if fault else _log.debug
        say("a speech provider failed", part=self._preference.part, provider=name, reason=reason)
        self._reasons.append(f"{name}: {reason}")


class Try(Generic[P]):
    """A provider that is being asked."""

    def __init__(self, way: Way[P], choice: Choice[P], attempt: Attempt) -> None:
        """Ask the provider of `choice`, on `way`."""
        self._way = way
        self._attempt = attempt
        self.choice = choice

    def answered(self) -> None:
        """Count it as well."""
        self._attempt.answered()

    def failed(self, error: BaseException) -> "PassedOnError":
        """Count a failure of it, and return what says that the next is to be asked."""
        reason = _reason(error, self.choice.limit_s)
        retry_after_s = error.retry_after_s if isinstance(error, SpeechError) else None
        fault = not isinstance(error, SpeechError | TimeoutError)
        self._way.note(self.choice.name, reason, fault=fault)
        self._attempt.failed(reason, retry_after_s)
        return PassedOnError(reason)

    def dropped(self) -> None:
        """Know that nobody waits for it any more; says nothing where it was counted already."""
        self._attempt.dropped()


class PassedOnError(Exception):
    """A provider failed, which is counted: the next of the list is to be asked."""


def _failure(task: asyncio.Task[T]) -> BaseException | None:
    """Return why a task has no result, None where it has."""
    if not task.done():
        return TimeoutError()
    return asyncio.CancelledError() if task.cancelled() else task.exception()


def _reason(error: BaseException, limit_s: float) -> str:
    """Return why a provider failed; of its own words only those that it meant to be read."""
    if isinstance(error, SpeechError):
        return str(error)
    if isinstance(error, TimeoutError):
        return f"no answer within {limit_s:g} s"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"it broke with {type(error).__name__}{where}: please report this"
