"""The visit as sound: left the visitor's line, right the resident's, Porteiro on both."""

import wave
from pathlib import Path

import numpy as np

from porteiro.demo.story import PhoneTrace, Story
from porteiro.phones.recording import Samples, Track

SAMPLE_RATE = 8_000


def stereo(story: Story) -> Samples:
    """Return the visit as samples of shape (n, 2) at 8 kHz, from the visitor's pick-up on."""
    sides = [_mixed(story.visitor, story.began), _mixed(story.resident, story.began)]
    sound = np.zeros((max(side.size for side in sides), 2), dtype=np.int16)
    for column, side in enumerate(sides):
        sound[: side.size, column] = side
    return sound


def write_wav(path: Path, sound: Samples) -> None:
    """Write samples of shape (n, channels) at 8 kHz as a 16-bit WAV file."""
    with path.open("wb") as out, wave.open(out, "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(sound.astype("<i2").tobytes())


def _mixed(phone: PhoneTrace | None, began: float) -> Samples:
    """Return both directions of a phone on the visit's clock, added without overflow."""
    if phone is None:
        return np.zeros(0, dtype=np.int16)
    both = [_on_clock(track, began) for track in (phone.recording.said, phone.recording.heard)]
    total = np.zeros(max(sound.size for sound in both), dtype=np.int32)
    for sound in both:
        total[: sound.size] += sound
    return np.clip(total, -32768, 32767).astype(np.int16)


def _on_clock(track: Track, began: float) -> Samples:
    """Return a track with the silence before it."""
    before = max(0, round((track.origin - began) * track.sample_rate))
    return np.concatenate((np.zeros(before, dtype=np.int16), track.samples()))
