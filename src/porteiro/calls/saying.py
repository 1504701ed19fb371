"""A phrase on its way to a line: made of its segments, and known by how much of it was played."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from porteiro.audio.clip import Clip
from porteiro.audio.resampling import Resampler
from porteiro.audio.seams import seam_before
from porteiro.audio.tones import beep, busy
from porteiro.calls.ports import Voices
from porteiro.dialogue.effects import Beep, Playback, Say, Segment, Words
from porteiro.errors import SpeechError


@dataclass(slots=True, eq=False)
class Saying:
    """One phrase being said. Lengths and positions are in bytes from the phrase's beginning.

    `clip` holds it from `cut` on: what was played before a break is not played again, but
    for the little from the pause at `cut` to the break at `broken_off`. `ends` are where its
    segments end, as far as they are made. `filled` is how much of the clip, from its
    beginning, is not of the phrase but of a filler.
    """

    effect: Say
    clip: Clip
    cut: int = 0
    broken_off: int = 0
    ends: list[int] = field(default_factory=list)
    filled: int = 0
    making: "asyncio.Task[None] | None" = None

    def sounds(self, played_s: float) -> bool:
        """Whether, with so much of the clip played, anything of it, or a filler, is heard."""
        return len(self.clip.pcm) > self.filled or self._position(played_s) < self.filled

    def own_s(self, played_s: float) -> float:
        """Return how much of so much of the clip was the phrase's own."""
        return max(0.0, played_s - self.filled / (2 * self.clip.sample_rate))

    def fill(self, pcm: bytes) -> None:
        """Have a filler heard while nothing more of the phrase itself is there yet."""
        begun = len(self.clip.pcm) > self.filled
        self.clip.append(pcm)
        if not begun:
            self.filled = len(self.clip.pcm)

    @property
    def heard_s(self) -> float:
        """How much of it was heard when it was last broken off."""
        return self.broken_off / (2 * self.clip.sample_rate)

    @property
    def length_s(self) -> float | None:
        """How long the whole phrase is; None while it is still being made."""
        clip = self.clip
        return self.cut / (2 * clip.sample_rate) + clip.seconds if clip.complete else None

    def answerable(self, played_s: float) -> bool:
        """Whether, with so much of the clip played, enough was heard for an answer to count."""
        needed = self.effect.answerable_after
        if not needed:
            return True
        position = self.cut + self._position(played_s)
        return len(self.ends) >= needed and position >= self.ends[needed - 1]

    def break_off(self, played_s: float) -> None:
        """Forget what was played, up to the last pause: there it will be taken up again."""
        clip = self.clip
        position = min(self._position(played_s), len(clip.pcm))
        seam = seam_before(clip.pcm, position, clip.sample_rate)
        self.broken_off = self.cut + position
        del clip.pcm[:seam]
        self.cut += seam
        self.filled = max(0, self.filled - seam)

    def _position(self, played_s: float) -> int:
        return 2 * round(played_s * self.clip.sample_rate)


class PhraseMaker:
    """Makes phrases of what is in memory, and of what the voices still have to say."""

    def __init__(self, voices: Voices, voice: str, recordings: dict[str, Clip]) -> None:
        """Speak with `voice`; `recordings` are the call's, by name."""
        self._voices = voices
        self._voice = voice
        self._recordings = recordings

    def begin(self, saying: Saying) -> tuple[Segment, ...]:
        """Append what is in memory; return the segments from the first that has to be made."""
        segments = saying.effect.segments
        for index, segment in enumerate(segments):
            pcm = self._ready(segment, saying.clip.sample_rate)
            if pcm is None:
                return segments[index:]
            _append(saying, pcm)
        saying.clip.complete = True
        return ()

    async def go_on(
        self,
        saying: Saying,
        segments: tuple[Segment, ...],
        failed: Callable[[SpeechError], None],
    ) -> None:
        """Make what is missing of a phrase while its beginning already plays.

        Where no voice can make it, `failed` is told, and a busy tone stands in its place.
        """
        try:
            for segment in segments:
                await self._make(saying, segment)
        except SpeechError as error:
            saying.clip.append(busy(saying.clip.sample_rate))  # without a voice, still no silence
            failed(error)
        saying.clip.complete = True

    def has(self, segments: tuple[Segment, ...], sample_rate: int) -> bool:
        """Whether all `segments` are in memory."""
        return all(self._ready(segment, sample_rate) is not None for segment in segments)

    async def ahead(self, segments: tuple[Segment, ...], sample_rate: int) -> None:
        """Have `segments` in memory before they are said. Raises `SpeechError`."""
        for segment in segments:
            if isinstance(segment, Words) and self._ready(segment, sample_rate) is None:
                async for _ in self._voices.stream(segment.text, self._voice, sample_rate):
                    pass

    def _ready(self, segment: Segment, sample_rate: int) -> bytes | None:
        match segment:
            case Words(text):
                return self._voices.cached(text, self._voice, sample_rate)
            case Playback(name):
                recording = self._recordings[name]
                same = recording.sample_rate == sample_rate
                return bytes(recording.pcm) if same else None
            case Beep():
                return beep(sample_rate)

    async def _make(self, saying: Saying, segment: Segment) -> None:
        clip = saying.clip
        pcm = self._ready(segment, clip.sample_rate)
        if pcm is not None:
            clip.append(pcm)
        elif isinstance(segment, Words):
            async for chunk in self._voices.stream(segment.text, self._voice, clip.sample_rate):
                clip.append(chunk)
        elif isinstance(segment, Playback):
            recording = self._recordings[segment.recording]
            resampler = Resampler(recording.sample_rate, clip.sample_rate)
            clip.append(await asyncio.to_thread(resampler.convert, bytes(recording.pcm)))
        saying.ends.append(saying.cut + len(clip.pcm))


def _append(saying: Saying, pcm: bytes) -> None:
    saying.clip.append(pcm)
    saying.ends.append(saying.cut + len(saying.clip.pcm))
