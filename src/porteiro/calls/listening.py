"""What is heard on one leg: one turn at a time, from its first sound to its last."""

import asyncio
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from porteiro.audio.echo import is_echo
from porteiro.audio.endpointing import (
    Endpointer,
    EndpointingOptions,
    TurnDropped,
    TurnEnded,
    TurnEvent,
    TurnStarted,
)
from porteiro.calls.talking import Spawn
from porteiro.clock import Clock

ECHO_WINDOW_S = 1.0
"""A turn that begins this soon after our own words may be their echo."""

ECHO_LAG_S = 1.4
"""What is still heard this long after our own words is no echo of them: lines answer sooner."""

_EARLY_ECHO_S = 0.6
"""Sound of a turn, look-back included, on which its likeness to an echo is first judged."""


class Sink(Protocol):
    """Where the sound of a turn goes while the person speaks: a transcription, a recording."""

    def feed(self, pcm: bytes) -> None:
        """Take the next sound of the turn."""
        ...

    def cancel(self) -> None:
        """Drop the turn. Idempotent."""
        ...


S = TypeVar("S", bound=Sink)


@dataclass(frozen=True, slots=True)
class TakenTurn:
    """A turn that is over: when its speech ended (s, of the clock), and how long it lasted."""

    ended_at: float
    speech_s: float


class TurnObserver(Protocol[S]):
    """Who wants a turn: opens its sink, and is told how it goes."""

    def open(self) -> S:
        """Return a fresh sink: a person began to speak."""
        ...

    def started(self) -> None:
        """Learn that a person began to speak."""
        ...

    def dropped(self) -> None:
        """Learn that it was no speech after all; the turn is still to come."""
        ...

    async def done(self, sink: S, taken: TakenTurn) -> None:
        """Make something of a finished turn; the sink is cancelled afterwards."""
        ...


class TurnTaker(Generic[S]):
    """Takes one turn of speech: begun by `take`, ended by silence, handed to the observer.

    While it is not taking a turn, what comes in only teaches it the noise of the line.
    """

    def __init__(
        self, sample_rate: int, options: EndpointingOptions, clock: Clock, spawn: Spawn
    ) -> None:
        """Listen to 16-bit mono sound at `sample_rate` Hz."""
        self._endpointer = Endpointer(sample_rate, options)
        self._sample_rate = sample_rate
        self._early_bytes = 2 * int(_EARLY_ECHO_S * sample_rate)
        self._clock = clock
        self._spawn = spawn
        self._observer: TurnObserver[S] | None = None
        self._sink: S | None = None
        self._heard = bytearray()
        self._said = b""
        self._said_until = float("-inf")
        self._echo_like: bool | None = None  # not judged yet
        self._check: asyncio.TimerHandle | None = None
        self._finishing: asyncio.Task[None] | None = None

    def take(self, observer: TurnObserver[S], said: bytes) -> None:
        """Take a turn from now on; `said` is what Porteiro said last, for telling its echo."""
        self.stop()
        self._observer = observer
        self._said = said
        self._said_until = self._clock.now()
        self._endpointer.open(self._said_until)

    def stop(self) -> None:
        """Take no turn any more; one in progress or being made out is dropped."""
        self._observer = None
        self._endpointer.close()
        self._drop_sink()
        if self._check is not None:
            self._check.cancel()
            self._check = None
        if self._finishing is not None:
            self._finishing.cancel()
            self._finishing = None

    def audio(self, pcm: bytes) -> None:
        """Take sound of the line: 16-bit mono, any length."""
        sink = self._sink
        if sink is not None:
            sink.feed(pcm)
            self._heard += pcm
            if self._echo_like is None and len(self._heard) >= self._early_bytes:
                self._judge_early()
        change = self._endpointer.push(pcm, self._clock.now())
        if change is not None:
            self._changed(change)
        if self._check is None and self._observer is not None:
            self._schedule_check()

    def _changed(self, change: TurnEvent) -> None:
        observer = self._observer
        if observer is None:
            return
        match change:
            case TurnStarted(sound):
                self._drop_sink()
                self._sink = observer.open()
                self._sink.feed(sound)
                self._heard = bytearray(sound)
                observer.started()
            case TurnDropped():
                self._drop_sink()
                observer.dropped()
            case TurnEnded(speech_s, _, ended_at) if self._sink is not None:
                taken = TakenTurn(ended_at, speech_s)
                self._finishing = self._spawn(self._finish(observer, self._sink, taken))
                self._sink = None
            case _:
                pass

    async def _finish(self, observer: TurnObserver[S], sink: S, taken: TakenTurn) -> None:
        """Hand a finished turn over, unless it was our own voice coming back."""
        try:
            if await self._was_echo(taken):
                self._finishing = None
                self._endpointer.open(self._clock.now())
                observer.dropped()
            else:
                await observer.done(sink, taken)
        finally:
            sink.cancel()

    def _judge_early(self) -> None:
        """Judge a turn's beginning while the person still speaks: an echo begins as one.

        A turn that does not is no echo, and need not wait to be judged at its end. It takes
        2 ms: in a thread that would compete for the interpreter with every frame meanwhile.
        """
        early = self._began_early(self._clock.now() - _EARLY_ECHO_S)
        heard = bytes(self._heard)
        self._echo_like = early and is_echo(heard, self._said, self._sample_rate)

    def _began_early(self, began_at: float) -> bool:
        return bool(self._said) and began_at - self._said_until <= ECHO_WINDOW_S

    async def _was_echo(self, taken: TakenTurn) -> bool:
        if self._echo_like is False or not self._began_early(taken.ended_at - taken.speech_s):
            return False
        if taken.ended_at - self._said_until > ECHO_LAG_S:
            return False
        heard = bytes(self._heard)
        return await asyncio.to_thread(is_echo, heard, self._said, self._sample_rate)

    def _drop_sink(self) -> None:
        if self._sink is not None:
            self._sink.cancel()
            self._sink = None
        self._heard = bytearray()
        self._echo_like = None

    def _schedule_check(self) -> None:
        """Have the clock end a turn whose frames stop coming."""
        due = self._endpointer.next_check
        if due is not None:
            delay = max(0.0, due - self._clock.now())
            self._check = asyncio.get_running_loop().call_later(delay, self._frames_stopped)

    def _frames_stopped(self) -> None:
        self._check = None
        due = self._endpointer.next_check
        if due is not None and due <= self._clock.now():
            change = self._endpointer.idle(self._clock.now())
            if change is not None:
                self._changed(change)
        if self._check is None:
            self._schedule_check()
