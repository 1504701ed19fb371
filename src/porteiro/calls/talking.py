"""What is said on one leg: phrases in a row, each played to its last frame."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FRAME_S
from porteiro.audio.resampling import Resampler
from porteiro.audio.tones import beep, busy
from porteiro.calls.ports import Line, Voices
from porteiro.clock import Clock
from porteiro.dialogue.effects import Beep, Playback, Segment, Words
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
    to be made starts with its first chunk.
    """

    def __init__(
        self, line: Line, parts: TalkParts, options: TalkOptions, observer: TalkObserver
    ) -> None:
        """Talk on `line`, silent at first."""
        self._line = line
        self._parts = parts
        self._options = options
        self._observer = observer
        self._waiting: deque[tuple[Segment, ...]] = deque()
        self._saying: tuple[Segment, ...] = ()
        self._on_hold = False
        self._clip: Clip | None = None
        self._filling: asyncio.Task[None] | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self.last_said = b""

    @property
    def talking(self) -> bool:
        """Whether something is being said or waits to be."""
        return self._clip is not None or bool(self._waiting)

    def say(self, segments: tuple[Segment, ...]) -> None:
        """Say `segments` after what is already to be said."""
        self._waiting.append(segments)
        self._go_on()

    def stop(self) -> None:
        """Fall silent now and forget what was still to be said; nobody is told."""
        self._waiting.clear()
        self._drop()
        self._line.stop()

    def hold(self) -> None:
        """Fall silent now; what is being said, or still to be said, waits for `resume`."""
        self._on_hold = True
        if self._clip is not None:
            self._waiting.appendleft(self._saying)
            self._drop()
            self._line.stop()

    def resume(self) -> None:
        """Say what waited; a phrase that was cut off begins anew."""
        self._on_hold = False
        self._go_on()

    def _go_on(self) -> None:
        if self._waiting and self._clip is None and not self._on_hold:
            self._next()

    def _drop(self) -> None:
        self._clip = None
        if self._filling is not None:
            self._filling.cancel()
            self._filling = None
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None

    def _next(self) -> None:
        segments = self._saying = self._waiting.popleft()
        clip = self._clip = Clip(self._line.sample_rate)
        missing = self._append_ready(clip, segments)
        if missing:
            self._filling = self._parts.spawn(self._fill(clip, missing))
        else:
            self._complete(clip)

        def ended(played_s: float, *, finished: bool) -> None:
            self._ended(clip, played_s, finished=finished)

        self._line.play(clip, ended)

    def _append_ready(self, clip: Clip, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        """Append what is in memory; return the segments from the first that has to be made."""
        for index, segment in enumerate(segments):
            pcm = self._ready(segment, clip.sample_rate)
            if pcm is None:
                return segments[index:]
            clip.append(pcm)
        return ()

    def _ready(self, segment: Segment, sample_rate: int) -> bytes | None:
        match segment:
            case Words(text):
                return self._parts.voices.cached(text, self._options.voice, sample_rate)
            case Playback(name):
                recording = self._parts.recordings[name]
                same = recording.sample_rate == sample_rate
                return bytes(recording.pcm) if same else None
            case Beep():
                return beep(sample_rate)

    async def _fill(self, clip: Clip, segments: tuple[Segment, ...]) -> None:
        """Make what is missing of a phrase while its beginning already plays."""
        try:
            for segment in segments:
                await self._make(clip, segment)
        except SpeechError as error:
            clip.append(busy(clip.sample_rate))  # without a voice, still no silence
            self._observer.speech_failed(error)
        self._complete(clip)

    async def _make(self, clip: Clip, segment: Segment) -> None:
        pcm = self._ready(segment, clip.sample_rate)
        if pcm is not None:
            clip.append(pcm)
        elif isinstance(segment, Words):
            voices, voice = self._parts.voices, self._options.voice
            async for chunk in voices.stream(segment.text, voice, clip.sample_rate):
                clip.append(chunk)
        elif isinstance(segment, Playback):
            recording = self._parts.recordings[segment.recording]
            resampler = Resampler(recording.sample_rate, clip.sample_rate)
            clip.append(await asyncio.to_thread(resampler.convert, bytes(recording.pcm)))

    def _complete(self, clip: Clip) -> None:
        """The whole phrase is there; from now on it is known when it must be over."""
        clip.complete = True
        if clip is self._clip:
            limit = clip.seconds + self._options.slack_s
            loop = asyncio.get_running_loop()
            self._watchdog = loop.call_later(limit, self._overdue, clip)

    def _overdue(self, clip: Clip) -> None:
        """The line never told of the end: go on as if it had."""
        self._ended(clip, clip.seconds, finished=True)

    def _ended(self, clip: Clip, played_s: float, *, finished: bool) -> None:
        if clip is not self._clip:
            return
        self._drop()
        if not finished:
            return
        frames = ceil(played_s / FRAME_S)
        self._observer.first_frame_left(self._parts.clock.now() - (frames - 1) * FRAME_S)
        keep = int(_ECHO_REFERENCE_S * clip.sample_rate) * 2
        self.last_said = bytes(clip.pcm[-keep:])
        if self._waiting:
            self._next()
        else:
            self._observer.fell_silent()
