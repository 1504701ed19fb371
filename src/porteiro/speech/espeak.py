"""Synthesis in the box: the espeak-ng program, kept outside our process."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from porteiro.errors import SpeechError
from porteiro.speech.processes import answer_of

_VOICE = re.compile(r"[a-z0-9][A-Za-z0-9+-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_PHONEMES = re.compile(r"\[(?=\[)")
_HEADER_BYTES = 44
_ACTIVE = 100.0
"""Samples below this (-50 dBFS) are pauses, and say nothing about how loud a voice is."""
_LEAD_MS = 5
"""Silence left before the first word, so that its onset is not cut."""
_PEAK = 32767 * 10 ** (-1 / 20)


@dataclass(frozen=True, slots=True)
class EspeakOptions:
    """How espeak-ng is run.

    `words_per_minute` and `pitch` (0 to 99) are its own scales; the defaults are what is
    understood best over a telephone. `level_dbfs` is the loudness of the voice while it
    speaks. `concurrency` programs at most run at once, each for `limit_s` seconds at most.
    """

    program: str = "espeak-ng"
    words_per_minute: int = 170
    pitch: int = 45
    level_dbfs: float = -16.0
    concurrency: int = 4
    limit_s: float = 10.0

    @property
    def fingerprint(self) -> str:
        """What makes a phrase sound as it does, besides its words, voice and rate."""
        return f"espeak-ng trimmed {self.words_per_minute} {self.pitch} {self.level_dbfs}"


class EspeakSynthesizer:
    """Speaks Portuguese with espeak-ng; a phrase takes it tens of milliseconds."""

    def __init__(self, options: EspeakOptions | None = None) -> None:
        """Make a synthesizer; nothing runs until a phrase is asked for."""
        self._options = options or EspeakOptions()
        self._running = asyncio.Semaphore(self._options.concurrency)
        self._asked = 0

    @property
    def fingerprint(self) -> str:
        """What tells the sound of these phrases from another synthesizer's."""
        return self._options.fingerprint

    @property
    def busy(self) -> int:
        """How many phrases are being made."""
        return min(self._asked, self._options.concurrency)

    @property
    def queued(self) -> int:
        """How many phrases wait until another is made."""
        return self._asked - self.busy

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield `text` as 16-bit mono at `sample_rate` Hz; whole, being made so fast.

        Raises `SpeechError` when the program is missing, fails or takes too long.
        Cancelling it ends the program.
        """
        self._asked += 1
        try:
            async with self._running:
                wav = await self._run(text, voice)
                pcm = await asyncio.to_thread(_telephone_sound, wav, sample_rate, self._options)
        finally:
            self._asked -= 1
        yield pcm

    async def _run(self, text: str, voice: str) -> bytes:
        if not _VOICE.fullmatch(voice):
            raise SpeechError(f"espeak-ng has no voice {voice!r}; try pt-br")
        options = self._options
        speed, pitch = str(options.words_per_minute), str(options.pitch)
        command = (
            *(options.program, "-b", "1", "-v", voice, "-s", speed, "-p", pitch),
            *("-z", "--stdin", "--stdout"),
        )
        try:
            answer = await answer_of(command, _plain(text).encode(), options.limit_s)
        except TimeoutError as error:
            raise SpeechError(f"espeak-ng took over {options.limit_s:g} s") from error
        except OSError as error:
            raise SpeechError(
                f"{options.program} cannot be run ({error.strerror}): "
                "install the Debian package espeak-ng"
            ) from error
        if answer.returncode != 0 or len(answer.stdout) <= _HEADER_BYTES:
            words = answer.stderr.decode(errors="replace").strip() or "it said nothing"
            raise SpeechError(f"espeak-ng failed with status {answer.returncode}: {words}")
        return answer.stdout


def _plain(text: str) -> str:
    """Take out what espeak-ng would read as orders: control codes and `[[phonemes]]`."""
    return _PHONEMES.sub("[ ", _CONTROL.sub(" ", text))


def _telephone_sound(wav: bytes, sample_rate: int, options: EspeakOptions) -> bytes:
    """Return the sound of a WAV file at another rate and an even loudness."""
    made_at = int.from_bytes(wav[24:28], "little")
    usable = len(wav) - (len(wav) - _HEADER_BYTES) % 2
    samples = np.frombuffer(wav[_HEADER_BYTES:usable], "<i2").astype(np.float32)
    spoken = np.flatnonzero(np.abs(samples) > _ACTIVE)
    if spoken.size:  # its leading silence would be heard as a slow answer
        samples = samples[max(0, int(spoken[0]) - made_at * _LEAD_MS // 1000) :]
    resampled: NDArray[np.float32] = soxr.resample(samples, made_at, sample_rate)
    return np.rint(_levelled(resampled, options.level_dbfs)).astype("<i2").tobytes()


def _levelled(samples: NDArray[np.float32], level_dbfs: float) -> NDArray[np.float32]:
    """Bring the spoken parts to `level_dbfs` RMS, as far as the peaks leave room."""
    spoken = samples[np.abs(samples) > _ACTIVE]
    if not spoken.size:
        return samples
    wanted = 32768 * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(spoken**2))
    return samples * np.float32(min(wanted, _PEAK / np.abs(spoken).max()))
