"""Sound files for phones: what they say, and what was heard."""

import wave
from pathlib import Path

import numpy as np
import soxr

from porteiro.errors import PorteiroError
from porteiro.phones.recording import Recording


class SoundFileError(PorteiroError):
    """A sound file cannot be used; the message says which and why."""


def read_wav(path: Path, sample_rate: int) -> bytes:
    """Return a WAV file as 16-bit mono at `sample_rate` Hz, whatever its own rate.

    Blocks: not for the event loop.

    Raises:
        SoundFileError: If it cannot be read, or is no 16-bit PCM.
    """
    try:
        with path.open("rb") as source, wave.open(source, "rb") as file:
            width, channels, own_rate = (
                file.getsampwidth(),
                file.getnchannels(),
                file.getframerate(),
            )
            frames = file.readframes(file.getnframes())
    except OSError as error:
        raise SoundFileError(f"{path} cannot be read: {error.strerror}") from error
    except (wave.Error, EOFError) as error:
        raise SoundFileError(f"{path} is no WAV file of PCM sound ({error})") from error
    if width != 2:
        raise SoundFileError(f"{path} has {8 * width} bits a sample; 16 are needed")
    whole = len(frames) // (2 * channels) * channels
    samples = np.frombuffer(frames, dtype="<i2", count=whole).reshape(-1, channels)
    mono = samples.mean(axis=1)
    if own_rate != sample_rate:
        mono = soxr.resample(mono, own_rate, sample_rate)
    return bytes(np.clip(mono, -32768, 32767).astype("<i2").tobytes())


def write_wav(path: Path, recording: Recording) -> None:
    """Write a phone's recording: left what was said, right what was heard. Blocks.

    Raises:
        SoundFileError: If it cannot be written.
    """
    sides = [track.samples() for track in (recording.said, recording.heard)]
    sound = np.zeros((max(side.size for side in sides), 2), dtype="<i2")
    for column, side in enumerate(sides):
        sound[: side.size, column] = side
    try:
        with path.open("wb") as out, wave.open(out, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(recording.sample_rate)
            file.writeframes(sound.tobytes())
    except OSError as error:
        raise SoundFileError(f"{path} cannot be written: {error.strerror}") from error
