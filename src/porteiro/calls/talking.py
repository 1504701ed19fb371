"""What is said on one leg: phrases in a row, each played to its last frame."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FRAME_S
from porteiro.calls.ports import Line, Voices
from porteiro.calls.saying import PhraseMaker, Saying
from porteiro.clock import Clock
from porteiro.dialogue.effects import Say, Segment
from porteiro.errors import SpeechError

Spawn = Callable[[Coroutine[None, None, None]], "asyncio.Task[None]"]
"""Starts a task that the call owns."""

_ECHO_REFERENCE_S = 2.0
"""How much of what was said last is kept to tell its echo by: the longest delay, and a turn."""


class TalkObserver(Protocol):
    """Who is told how talking goes."""

    def fell_silent(self) -> None:
        """Learn that everything there was to say has been played to its last frame."""
        ...

    def first_frame_left(self, at: float) -> None:
        """Learn when (s, of the clock) the first frame of a phrase left; told at its end."""
        ...

    def interrupted(self, key: str, played_s: float, length_s: float | None) -> None:
        """Learn that the phrase `key` was given up, and how much of it was heard."""
        ...

    def speech_failed(self, error: SpeechError) -> None:
        """Learn that a phrase could not be made."""
        ...


@dataclass(frozen=True, slots=True)
class TalkParts:
    """What talking takes: the voices, the call's recordings by name, time, tasks."""

    voices: Voices
    recordings: dict[str, Clip]
    clock: Clock
    spawn: Spawn


@dataclass(frozen=True, slots=True)
class TalkOptions:
    """The voice, and how long after a phrase's own length (s) its end is taken for granted."""

    voice: str
    slack_s: float


class Talker:
    """Says phrases on a line, one after another.

    A phrase that is in memory as a whole starts with the next frame; one that has still
    to be made starts with its first chunk. While it is paused nothing is said but a filler,
    and what was being said waits to be taken up again or given up.
    """

    def __init__(
        self, line: Line, parts: TalkParts, options: TalkOptions, observer: TalkObserver
    ) -> None:
        """Talk on `line`, silent at first."""
        self._line = line
        self._parts = parts
        self._options = options
        self._observer = observer
        self._maker = PhraseMaker(parts.voices, options.voice, parts.recordings)
        self._waiting: deque[Say] = deque()
        self._saying: Saying | None = None
        self._on_line: Saying | None = None  # what the line plays: that, a filler, or nothing
        self._paused = False
        self._on_hold = False
        self._watchdog: asyncio.TimerHandle | None = None
        self.last_said = b""

    @property
    def talking(self) -> bool:
        """Whether something is being said or waits to be."""
        return self._saying is not None or bool(self._waiting)

    @property
    def audible(self) -> bool:
        """Whether the person hears, or is about to hear, something now."""
        return self._on_line is not None and self._on_line.sounds(self._line.played_s)

    @property
    def answering(self) -> bool:
        """Whether the person hears, or is about to hear, a phrase, and no mere filler."""
        return self._on_line is not None and self._on_line is self._saying and self.audible

    @property
    def left_s(self) -> float:
        """How much sound the line still has to play, in seconds; what is being made not counted."""
        if self._on_line is None:
            return 0.0
        left_s = self._on_line.clip.seconds - self._line.played_s
        return left_s if left_s > FRAME_S else 0.0  # a piece of a frame waits for the rest of it

    @property
    def answerable(self) -> bool:
        """Whether enough was said for an answer to count."""
        saying = self._saying
        if saying is None:
            return True
        return saying.answerable(self._played_s()) and not any(
            effect.answerable_after for effect in self._waiting
        )

    @property
    def sounding(self) -> tuple[bytearray, int]:
        """What is being played, as 16-bit mono, and how many bytes of it have left."""
        saying = self._on_line
        if saying is None:
            return bytearray(), 0
        return saying.clip.pcm, 2 * round(self._line.played_s * saying.clip.sample_rate)

    def say(self, effect: Say) -> None:
        """Say a phrase after what is already to be said."""
        self._waiting.append(effect)
        self._go_on()

    def fill(self, effect: Say) -> bool:
        """Say a short phrase now if nothing else is to be heard; return whether it will be.

        Within a phrase whose next sound is still being made it stands where that breaks off.
        Nobody is told of its end. It has to be in memory as a whole.
        """
        on_line = self._on_line
        if self._on_hold or self.left_s or (on_line is not None and on_line.clip.complete):
            return False
        filler = Saying(effect, Clip(self._line.sample_rate))
        if self._maker.begin(filler):
            return False
        if on_line is not None:  # its next sound is still being made
            on_line.fill(bytes(filler.clip.pcm))
        else:
            self._play(filler)
        return True

    def ahead(self, segments: tuple[Segment, ...]) -> None:
        """Have a phrase ready that is likely to be said soon."""
        if not self._maker.has(segments, self._line.sample_rate):
            self._parts.spawn(self._ahead(segments))

    def tell_first_frame(self) -> None:
        """Tell when the first frame of what is being said left: it is about to be cut short."""
        saying, played_s = self._saying, self._played_s()
        if saying is not None and saying.own_s(played_s):
            self._tell_first_frame(saying.own_s(played_s))

    def stop(self) -> None:
        """Fall silent now and forget what was still to be said; nobody is told."""
        self._waiting.clear()
        self._drop()
        self._line.stop()

    # ------------------------------------------------------------------ being interrupted

    def pause(self) -> None:
        """Fall silent now; what is being said is taken up again, or given up."""
        saying = self._saying
        if saying is None or self._paused:
            return
        self.tell_first_frame()
        played_s = self._played_s()
        self._paused = True
        self._on_line = None
        self._rest()
        self._line.stop()
        saying.break_off(played_s)

    def resume(self) -> None:
        """Take up again what was paused, from the last pause in it on."""
        if self._paused:
            self._paused = False
            self._go_on()

    def give_up(self) -> None:
        """Forget what was paused, and what was still to be said; a filler is heard out."""
        saying = self._saying
        self._waiting.clear()
        self._forget()
        if saying is not None:
            self._observer.interrupted(saying.effect.key, saying.heard_s, saying.length_s)

    # ------------------------------------------------------------------------------ hold

    def hold(self) -> None:
        """Fall silent now; what is being said, or still to be said, waits until `unhold`."""
        self._on_hold = True
        if self._saying is not None:
            self._waiting.appendleft(self._saying.effect)
        self._drop()
        self._line.stop()

    def unhold(self) -> None:
        """Say what waited; a phrase that was cut off begins anew."""
        self._on_hold = False
        self._go_on()

    # --------------------------------------------------------------------------- playing

    def _go_on(self) -> None:
        if self._paused or self._on_hold:
            return
        if self._saying is None and self._waiting:
            self._next()
        if self._saying is not None and self._on_line is None:
            self._play(self._saying)

    def _played_s(self) -> float:
        """Return how much of what is being said was played since it was last taken up."""
        on_line = self._on_line
        return self._line.played_s if on_line is not None and on_line is self._saying else 0.0

    def _next(self) -> None:
        """Begin to make the next phrase, which a filler may still keep from being played."""
        saying = self._saying = Saying(self._waiting.popleft(), Clip(self._line.sample_rate))
        missing = self._maker.begin(saying)
        if missing:
            saying.making = self._parts.spawn(self._make(saying, missing))

    async def _make(self, saying: Saying, missing: tuple[Segment, ...]) -> None:
        await self._maker.go_on(saying, missing, self._observer.speech_failed)
        if saying is self._on_line:
            self._watch(saying)

    async def _ahead(self, segments: tuple[Segment, ...]) -> None:
        try:
            await self._maker.ahead(segments, self._line.sample_rate)
        except SpeechError:
            return  # It is tried again when it is said, and told then.

    def _play(self, saying: Saying) -> None:
        def ended(played_s: float, *, finished: bool) -> None:
            if finished:
                self._ended(saying, played_s)

        self._on_line = saying
        if saying.clip.complete:
            self._watch(saying)
        self._line.play(saying.clip, ended)

    def _watch(self, saying: Saying) -> None:
        """The whole phrase is there; from now on it is known when it must be over."""
        self._rest()
        limit_s = saying.clip.seconds + self._options.slack_s
        loop = asyncio.get_running_loop()
        # The line may never tell of the end: then it is taken for granted.
        self._watchdog = loop.call_later(limit_s, self._ended, saying, saying.clip.seconds)

    def _rest(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None

    def _drop(self) -> None:
        self._on_line = None
        self._rest()
        self._forget()

    def _forget(self) -> None:
        saying, self._saying, self._paused = self._saying, None, False
        if saying is not None and saying.making is not None:
            saying.making.cancel()

    def _ended(self, saying: Saying, played_s: float) -> None:
        if saying is not self._on_line:
            return
        self._on_line = None
        self._rest()
        if saying is not self._saying:  # a filler
            self._go_on()
            return
        self._tell_first_frame(saying.own_s(played_s))
        self._drop()
        clip = saying.clip
        keep = int(_ECHO_REFERENCE_S * clip.sample_rate) * 2
        self.last_said = bytes(clip.pcm[-keep:])
        if self._waiting:
            self._go_on()
        else:
            self._observer.fell_silent()

    def _tell_first_frame(self, played_s: float) -> None:
        frames = ceil(played_s / FRAME_S)
        self._observer.first_frame_left(self._parts.clock.now() - (frames - 1) * FRAME_S)
