"""What stand-ins of providers hear of simulated people, and a voice of their own."""

import asyncio
import re
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Self

import numpy as np
import soxr
from numpy.typing import NDArray

from porteiro.phones.voice import Voice, speak
from tests.telephone_speech import to_pcm, to_samples

_ESPEAK: Final = ("espeak-ng", "-v", "pt-br+m7", "-s", "170", "--stdin", "--stdout")
_RATE: Final = 2000
"""A voice's fundamentals are all that is needed to know sentences apart, and quick to compare."""
_WHOLE: Final = 0.85
_PART: Final = 0.9
_LEAST_S: Final = 0.3
_LOOK_S: Final = 0.1


@dataclass(frozen=True)
class _Sentence:
    text: str
    sound: NDArray[np.float64]
    _spectra: dict[int, NDArray[np.complex128]] = field(default_factory=dict)

    def spectrum(self, size: int) -> NDArray[np.complex128]:
        """Return what finds the sound in another, for transforms of `size`."""
        if size not in self._spectra:
            self._spectra[size] = np.conj(np.fft.rfft(self.sound, size))
        return self._spectra[size]


class PhoneEars:
    """Knows what simulated people may say, by its sound, whole or from its beginning on."""

    def __init__(self, sentences: Iterable[_Sentence]) -> None:
        self._sentences = tuple(sentences)
        self._longest = max(len(each.sound) for each in self._sentences)
        self._looked, self._told = float("-inf"), ""

    @classmethod
    async def of(cls, texts: Iterable[str], voices: Iterable[Voice]) -> Self:
        """Learn every text in every voice."""
        spoken = [
            _Sentence(text, _slow(await speak(text, voice), 8000))
            for voice in voices
            for text in dict.fromkeys(texts)
        ]
        return cls(spoken)

    def words(self, pcm: bytes, rate: int) -> str:
        """Return what was said, once it is all there; else nothing."""
        return self._best(_slow(pcm, rate), _WHOLE, whole=True)[0]

    def so_far(self, pcm: bytes, rate: int) -> str:
        """Return the words that are already there; looks again each 0.1 s."""
        if time.monotonic() - self._looked > _LOOK_S:
            text, share = self._best(_slow(pcm, rate), _PART, whole=False)
            words = text.split()
            self._told = " ".join(words[: int(share * len(words) + 0.05)])
            self._looked = time.monotonic()
        return self._told

    def _best(self, heard: NDArray[np.float64], least: float, *, whole: bool) -> tuple[str, float]:
        """Return the likeliest sentence, and how much of it is there."""
        power = float(np.linalg.norm(heard))
        size = 1 << (len(heard) + self._longest).bit_length()
        spectrum = np.fft.rfft(heard, size)
        best, found = least, ("", 0.0)
        for sentence in self._sentences if power else ():
            product = np.fft.irfft(spectrum * sentence.spectrum(size), size)[: len(heard)]
            begin = int(np.argmax(product))
            there = sentence.sound if whole else sentence.sound[: len(heard) - begin]
            if not whole and len(there) < _LEAST_S * _RATE:
                continue
            score = float(product[begin]) / (power * float(np.linalg.norm(there)))
            if score > best:
                share = min(1.0, (len(heard) - begin) / len(sentence.sound))
                best, found = score, (sentence.text, share)
        return found


def _slow(pcm: bytes, rate: int) -> NDArray[np.float64]:
    """Return sound of which only what is below 1 kHz is left."""
    samples = to_samples(pcm[: len(pcm) // 2 * 2])
    step = rate // _RATE
    blocks = samples[: len(samples) // step * step].reshape(-1, step)
    slow: NDArray[np.float64] = blocks.mean(axis=1)
    return slow


def spoken(text: str, rate: int) -> bytes:
    """Return `text` in the stand-ins' own voice: lower than the one in the box."""
    made = _made(text)
    begin = made.index(b"data") + 8
    sound = to_samples(made[begin : begin + (len(made) - begin) // 2 * 2])
    heard = soxr.resample(sound, int.from_bytes(made[24:28], "little"), rate)
    loudest = float(np.abs(heard).max(initial=1.0))
    return to_pcm(heard * min(1.0, 16_000 / loudest))


async def rehearse(texts: Iterable[str]) -> None:
    """Have texts ready, so that no voice of a stand-in holds up the loop that all share."""
    for text in texts:
        await asyncio.to_thread(_made, text)


@cache
def _made(text: str) -> bytes:
    return subprocess.run(  # noqa: S603  a fixed program
        _ESPEAK, input=text.encode(), capture_output=True, check=True
    ).stdout


def plain(text: str) -> str:
    """Return words as recognizers write them: small, without punctuation."""
    return " ".join(re.findall(r"\w+", text.lower()))
