"""What is heard on one leg: one turn at a time, from its first sound to its last."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, Protocol, TypeVar

from porteiro.audio.echo import is_echo
from porteiro.audio.endpointing import (
    Endpointer,
    EndpointingOptions,
    TurnDropped,
    TurnEnded,
    TurnEvent,
    TurnStarted,
)
from porteiro.calls.overhearing import Overhearing
from porteiro.calls.talking import Spawn
from porteiro.clock import Clock

ECHO_WINDOW_S = 1.0
"""A turn that begins this soon after our own words may be their echo."""

ECHO_LAG_S = 1.4
"""What is still heard this long after our own words is no echo of them: lines answer sooner."""

_EARLY_ECHO_S = 0.6
"""Sound of a turn, look-back included, on which its likeness to an echo is first judged."""

_HELD_UP_S: Final = 0.02
"""A check that is so late says that the event loop was held up, and not that frames stayed away."""
_PLAYED_S: Final = 2.5
"""How much of what was just played is kept to tell its echo by."""
_MOST_PAUSES: Final = 2
"""How often in one phrase what turns out to be nobody may make us pause."""


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
    """A turn that is over: when its speech ended (s, of the clock), and how long it lasted.

    `over` says that it was spoken over Porteiro's own words.
    """

    ended_at: float
    speech_s: float
    over: bool = False


class TurnObserver(Protocol[S]):
    """Who wants a turn: opens its sink, and is told how it goes."""

    def open(self, expect: Callable[[float], None]) -> S:
        """Return a fresh sink: a person began to speak.

        `expect` may be called, any time, with the seconds of silence that end this turn.
        """
        ...

    def started(self) -> None:
        """Learn that a person began to speak."""
        ...

    def dropped(self) -> None:
        """Learn that it was no speech after all; the turn is still to come."""
        ...

    async def done(self, sink: S, taken: TakenTurn) -> Callable[[], None] | None:
        """Make something of a finished turn; the sink is cancelled afterwards.

        Returns what hands it on; None where it was not meant for us, so that what was
        being said over it goes on.
        """
        ...


class Talk(Protocol):
    """What Porteiro is saying, while a person may interrupt it."""

    @property
    def sounding(self) -> tuple[bytearray, int]:
        """What is being played, as 16-bit mono, and how many bytes of it have left."""
        ...

    @property
    def last_said(self) -> bytes:
        """The end of the phrase before, which may still come back."""
        ...

    def pause(self) -> None:
        """Fall silent now."""
        ...

    def resume(self) -> None:
        """Go on where it was paused."""
        ...

    def give_up(self) -> None:
        """Say no more of it."""
        ...


class TurnTaker(Generic[S]):
    """Takes one turn of speech: begun by `take`, ended by silence, handed to the observer.

    While it is not taking a turn, what comes in only teaches it the noise of the line.
    A turn that begins over our own words pauses them; if it was an echo, a noise or not
    meant for us they go on, and the turn is still to come.
    """

    def __init__(
        self, sample_rate: int, options: EndpointingOptions, clock: Clock, spawn: Spawn
    ) -> None:
        """Listen to 16-bit mono sound at `sample_rate` Hz."""
        self._endpointer = Endpointer(sample_rate, options)
        self._overhearing: Overhearing | None = None  # made for who may be interrupted
        self._sample_rate = sample_rate
        self._early_bytes = 2 * int(_EARLY_ECHO_S * sample_rate)
        self._look_back_s = options.look_back_s
        self._clock = clock
        self._spawn = spawn
        self._observer: TurnObserver[S] | None = None
        self._talk: Talk | None = None  # may be interrupted
        self._pauses = 0
        self._sink: S | None = None
        self._heard = bytearray()
        self._began = 0  # bytes of what was heard that came before the speech
        self._said = b""
        self._said_until = float("-inf")
        self._echo_like: bool | None = None  # not judged yet
        self._is_somebody = False  # who speaks over our words, as far as was judged
        self._check: asyncio.TimerHandle | None = None
        self._judging: asyncio.Task[None] | None = None
        self._finishing: asyncio.Task[None] | None = None

    def take(self, observer: TurnObserver[S], said: bytes) -> None:
        """Take a turn from now on; `said` is what Porteiro said last, for telling its echo."""
        self.stop()
        self._observer = observer
        self._said = said
        self._said_until = self._clock.now()
        self._endpointer.open(self._said_until)

    def take_over(self, observer: TurnObserver[S], talk: Talk) -> None:
        """Take a turn that may begin while `talk` goes on; `take` follows at its end."""
        self.stop()
        self._observer = observer
        self._talk = talk
        self._pauses = 0
        self._listen_over()

    @property
    def in_turn(self) -> bool:
        """Whether somebody speaks now."""
        return self._sink is not None

    def stop(self) -> None:
        """Take no turn any more; one in progress or being made out is dropped.

        What was paused for it goes on.
        """
        talk, self._talk = self._talk, None
        self._observer = None
        self._endpointer.close()
        self._drop_sink()
        if self._check is not None:
            self._check.cancel()
            self._check = None
        if self._finishing is not None:
            self._finishing.cancel()
            self._finishing = None
        if talk is not None:
            talk.resume()

    def audio(self, pcm: bytes) -> None:
        """Take sound of the line: 16-bit mono, any length."""
        sink, echo = self._sink, 0.0
        if sink is not None:
            sink.feed(pcm)
            self._heard += pcm
            if self._echo_like is None and len(self._heard) >= self._early_bytes:
                self._judge_early()
        elif self._talk and self._overhearing and self._finishing is None:
            echo = self._overhearing.hear(pcm, self._endpointer.noise, *self._talk.sounding)
        now, due = self._clock.now(), self._endpointer.next_check
        if due is not None and now - due > _HELD_UP_S:
            self._endpointer.held_up(now)
        change = self._endpointer.push(pcm, now, echo)
        if change is not None:
            self._changed(change)
        if self._check is None and self._observer is not None:
            self._schedule_check()

    def _listen_over(self) -> None:
        """Let a turn begin over our words, unless too often it was nobody."""
        self._overhearing = self._overhearing or Overhearing(self._sample_rate)
        self._overhearing.begin(self._endpointer.noise)
        if self._pauses < _MOST_PAUSES:
            self._endpointer.open_over(self._clock.now(), after_quiet=self._pauses > 0)
        else:
            self._endpointer.close()

    def _changed(self, change: TurnEvent) -> None:
        observer = self._observer
        if observer is None:
            return
        match change:
            case TurnStarted(sound):
                self._start(observer, sound)
            case TurnDropped() if self._talk is not None:
                self._nobody()
            case TurnDropped():
                self._drop_sink()
                observer.dropped()
            case TurnEnded(speech_s, _, ended_at) if self._sink is not None:
                taken = TakenTurn(ended_at, speech_s, over=self._talk is not None)
                self._finishing = self._spawn(self._finish(observer, self._sink, taken))
                self._sink = None
            case _:
                pass

    def _start(self, observer: TurnObserver[S], sound: bytes) -> None:
        self._drop_sink()
        if self._talk is not None:
            said, position = self._talk.sounding
            played = self._talk.last_said + said[:position]
            self._said = bytes(played[-self._bytes(_PLAYED_S) :])
            self._said_until = self._clock.now()
            self._talk.pause()
        self._sink = observer.open(self._expect)
        self._sink.feed(sound)
        self._heard = bytearray(sound)
        self._began = min(self._bytes(self._look_back_s), len(sound))
        if self._talk is None:
            observer.started()

    async def _finish(self, observer: TurnObserver[S], sink: S, taken: TakenTurn) -> None:
        """Hand a finished turn over, unless it was our own voice coming back, or a noise."""
        hand_over = None
        try:
            if not await self._was_nobody(taken):
                hand_over = await observer.done(sink, taken)
        finally:
            sink.cancel()
        self._finishing = None
        if hand_over is not None:
            if self._talk is not None:
                self._talk.give_up()
                self._talk = None
            hand_over()
        elif self._talk is not None:
            self._nobody()
        else:
            self._endpointer.open(self._clock.now())
            observer.dropped()

    def _nobody(self) -> None:
        """Go on talking: what was heard over it was an echo, a noise, or not meant for us."""
        self._drop_sink()
        talk = self._talk
        if talk is not None:
            self._pauses += 1
            self._listen_over()
            talk.resume()

    def _expect(self, silence_s: float) -> None:
        """Have so much silence end the turn; it may have lasted that long already."""
        if not self._endpointer.in_turn:
            return
        self._endpointer.expect(silence_s)
        if self._check is not None:
            self._check.cancel()
            self._check = None
        self._schedule_check()

    def _judge_early(self) -> None:
        """Judge a turn's beginning while the person still speaks.

        An echo begins as one. A turn that does not is no echo, and need not wait to be judged
        at its end. Most lines have no echo. On others it takes some milliseconds: in a thread
        that would compete for the interpreter with every frame meanwhile. Over our own words
        more is judged, which takes a thread.
        """
        heard = bytes(self._heard)
        if self._talk is not None:
            self._echo_like = False
            self._judging = self._spawn(self._judge_over(heard))
            return
        may_be = self._may_be_echo(self._clock.now() - _EARLY_ECHO_S)
        self._echo_like = may_be and is_echo(heard, self._said, self._sample_rate)

    async def _judge_over(self, heard: bytes) -> None:
        """Go on talking as soon as it is clear that nobody speaks."""
        sink, observer = self._sink, self._observer
        person = await self._is_person(heard[self._began :], heard)
        if sink is None or sink is not self._sink or observer is None:
            return
        self._judging = None
        self._is_somebody = person
        if person:
            observer.started()
        else:
            self._nobody()

    async def _is_person(self, speech: bytes, heard: bytes) -> bool:
        overhearing = self._overhearing
        return overhearing is not None and await overhearing.is_person(speech, heard, self._said)

    def _may_be_echo(self, began_at: float) -> bool:
        if not self._said or began_at - self._said_until > ECHO_WINDOW_S:
            return False
        return self._overhearing is None or not self._overhearing.nothing_returns

    async def _was_nobody(self, taken: TakenTurn) -> bool:
        """Return whether a finished turn was an echo, or over our words anything but a person."""
        heard = bytes(self._heard)
        if taken.over and self._is_somebody:
            return False
        if taken.over:
            speech = heard[self._began :][: self._bytes(taken.speech_s)]
            return not await self._is_person(speech, heard)
        began_at = taken.ended_at - taken.speech_s
        if self._echo_like is False or not self._may_be_echo(began_at):
            return False
        if taken.ended_at - self._said_until > ECHO_LAG_S:
            return False
        return await asyncio.to_thread(is_echo, heard, self._said, self._sample_rate)

    def _bytes(self, seconds: float) -> int:
        return 2 * int(seconds * self._sample_rate)

    def _drop_sink(self) -> None:
        if self._sink is not None:
            self._sink.cancel()
            self._sink = None
        if self._judging is not None:
            self._judging.cancel()
            self._judging = None
        self._heard = bytearray()
        self._echo_like = None
        self._is_somebody = False

    def _schedule_check(self) -> None:
        """Have the clock end a turn whose frames stop coming."""
        due = self._endpointer.next_check
        if due is not None:
            delay = max(0.0, due - self._clock.now())
            self._check = asyncio.get_running_loop().call_later(delay, self._frames_stopped)

    def _frames_stopped(self, *, reread: bool = False) -> None:
        self._check = None
        due, now = self._endpointer.next_check, self._clock.now()
        if due is not None and now - due > _HELD_UP_S and not reread:
            # The loop was held up: frames that came meanwhile are read first.
            again = partial(self._frames_stopped, reread=True)
            self._check = asyncio.get_running_loop().call_later(_HELD_UP_S, again)
            return
        if due is not None and due <= now:
            change = self._endpointer.idle(now)
            if change is not None:
                self._changed(change)
        if self._check is None:
            self._schedule_check()
