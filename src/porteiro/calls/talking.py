"""What is said on one leg: phrases in a row, each played to its last frame."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from math import ceil

from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FRAME_S
from porteiro.audio.tones import beep
from porteiro.calls.ports import Line, Voices
from porteiro.clock import Clock
from porteiro.dialogue.effects import Beep, Playback, Segment, Words
from porteiro.errors import SpeechError

Spawn = Callable[[Coroutine[None, None, None]], "asyncio.Task[None]"]
"""Starts a task that the call owns."""

_REFERENCE_S = 4.0


class Talker:
    """Says phrases on a line, one after another.

    A phrase that is cached as a whole starts with the next frame; one that has still to
    be made starts with its first chunk.
    """

    def __init__(self, line: Line, voices: Voices, voice: str, clock: Clock, spawn: Spawn) -> None:
        """Talk on `line`; `idle` and `failed` are set by the owner before the first phrase."""
        self._line = line
        self._voices = voices
        self._voice = voice
        self._clock = clock
        self._spawn = spawn
        self._waiting: deque[tuple[Segment, ...]] = deque()
        self._clip: Clip | None = None
        self._filling: asyncio.Task[None] | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self.recordings: Mapping[str, bytes] = {}
        self.patience_s = 5.0
        self.idle: Callable[[], None] = lambda: None
        self.failed: Callable[[SpeechError], None] = lambda _: None
        self.first_frame_at: Callable[[float], None] = lambda _: None
        self.last_said = b""

    @property
    def talking(self) -> bool:
        """Whether something is being said or waits to be."""
        return self._clip is not None or bool(self._waiting)

    def say(self, segments: tuple[Segment, ...]) -> None:
        """Say `segments` after what is already to be said."""
        self._waiting.append(segments)
        if self._clip is None:
            self._next()

    def stop(self) -> None:
        """Fall silent now and forget what was still to be said; `idle` is not called."""
        self._waiting.clear()
        self._drop()
        self._line.stop()

    def _drop(self) -> None:
        self._clip = None
        if self._filling is not None:
            self._filling.cancel()
            self._filling = None
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None

    def _next(self) -> None:
        segments = self._waiting.popleft()
        clip = self._clip = Clip(self._line.sample_rate)
        missing = self._append_ready(clip, segments)
        if missing:
            self._filling = self._spawn(self._fill(clip, missing))
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
                return self._voices.cached(text, self._voice, sample_rate)
            case Playback(recording):
                return self.recordings.get(recording, b"")
            case Beep():
                return beep(sample_rate)

    async def _fill(self, clip: Clip, segments: tuple[Segment, ...]) -> None:
        """Make what is missing of a phrase while its beginning already plays."""
        try:
            for segment in segments:
                pcm = self._ready(segment, clip.sample_rate)
                if pcm is not None:
                    clip.append(pcm)
                elif isinstance(segment, Words):
                    async for chunk in self._voices.stream(
                        segment.text, self._voice, clip.sample_rate
                    ):
                        clip.append(chunk)
        except SpeechError as error:
            self.failed(error)
        self._complete(clip)

    def _complete(self, clip: Clip) -> None:
        """The whole phrase is there; from now on it is known when it must be over."""
        clip.complete = True
        if clip is self._clip:
            limit = clip.seconds + self.patience_s
            loop = asyncio.get_running_loop()
            self._watchdog = loop.call_later(limit, self._overdue, clip)

    def _overdue(self, clip: Clip) -> None:
        """The line never told of the end: go on as if it had, and let nothing of it play on."""
        self._line.stop()
        self._ended(clip, clip.seconds, finished=True)

    def _ended(self, clip: Clip, played_s: float, *, finished: bool) -> None:
        if clip is not self._clip:
            return
        self._drop()
        if not finished:
            return
        frames = ceil(played_s / FRAME_S)
        self.first_frame_at(self._clock.now() - (frames - 1) * FRAME_S)
        keep = int(_REFERENCE_S * clip.sample_rate) * 2
        self.last_said = bytes(clip.pcm[-keep:])
        if self._waiting:
            self._next()
        else:
            self.idle()
