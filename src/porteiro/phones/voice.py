"""A voice for simulated people: the espeak-ng program, heard through a telephone."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from porteiro.errors import SpeechError

_LOW_HZ: Final = 250
_HIGH_HZ: Final = 3500
_PEAK: Final = 0.35
_SILENCE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Voice:
    """How a simulated person sounds.

    `name` is a voice of espeak-ng with its variant, `words_per_minute` its speed,
    `pitch` 0 to 99.
    """

    name: str = "pt-br"
    words_per_minute: int = 160
    pitch: int = 50


MAN: Final = Voice("pt-br", 150, 55)
WOMAN: Final = Voice("pt-br+f1", 150, 50)


async def speak(text: str, voice: Voice, sample_rate: int = 8_000) -> bytes:
    """Return `text` spoken over a telephone's band, as 16-bit mono at `sample_rate` Hz.

    Silence at both ends is cut off: when a person begins is the phone's business.

    Raises:
        SpeechError: If espeak-ng is missing or fails.
    """
    if not text.strip():
        return b""
    speed, pitch = str(voice.words_per_minute), str(voice.pitch)
    arguments = ("-v", voice.name, "-s", speed, "-p", pitch, "--stdin", "--stdout")
    try:
        program = await asyncio.create_subprocess_exec(
            "espeak-ng", *arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
    except FileNotFoundError as missing:
        message = "espeak-ng is not installed: apt-get install espeak-ng"
        raise SpeechError(message) from missing
    wav, _ = await program.communicate(text.encode())
    if program.returncode != 0 or b"data" not in wav[:64]:
        raise SpeechError(f"espeak-ng could not speak with the voice {voice.name!r}")
    return await asyncio.to_thread(_through_telephone, wav, sample_rate)


def _through_telephone(wav: bytes, sample_rate: int) -> bytes:
    """Resample, band-limit, trim and level what espeak-ng wrote (a WAV of unknown length)."""
    own_rate = int.from_bytes(wav[24:28], "little")
    begin = wav.index(b"data") + 8
    sound = np.frombuffer(wav[begin : begin + (len(wav) - begin) // 2 * 2], dtype="<i2") / 32768
    if not sound.size:
        return b""
    narrow = _trim(_band(soxr.resample(sound, own_rate, sample_rate), sample_rate))
    peak = float(np.max(np.abs(narrow), initial=0.0))
    levelled = narrow * (_PEAK / peak) if peak else narrow
    return (levelled * 32767).astype("<i2").tobytes()


def _band(sound: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """Weaken what a telephone line weakens, as gently as its filters do (12 dB an octave)."""
    spectrum = np.fft.rfft(sound)
    hertz = np.maximum(np.fft.rfftfreq(sound.size, 1 / sample_rate), 1)
    low, high = 1 + (_LOW_HZ / hertz) ** 4, 1 + (hertz / _HIGH_HZ) ** 4
    return np.fft.irfft(spectrum / np.sqrt(low * high), sound.size)


def _trim(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut off what is silent at both ends."""
    (loud,) = np.nonzero(np.abs(sound) > _SILENCE)
    return sound[loud[0] : loud[-1] + 1] if loud.size else sound[:0]
