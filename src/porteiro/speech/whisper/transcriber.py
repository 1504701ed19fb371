"""Transcription by Whisper on this machine: a turn is heard whole, as it ends."""

import audioop
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.speech.openai.heard import Heard, believed
from porteiro.speech.whisper.messages import Turn, decode_words, encode
from porteiro.speech.worker_pool import WorkerOptions, WorkerPool

MAX_TURN_S: Final = 28.0
"""Whisper hears 30 s at once; what is said after that is not listened to."""

_SHORTEST_S: Final = 0.1
_QUIET: Final = 100  # -50 dBFS: of what nobody said, models make thanks and subtitles
_LONGEST_HINTS: Final = 500  # characters; Whisper reads the last 223 tokens before the sound
_NOTHING: Final = Transcript("", 0.0, sure=False)


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """What Whisper is told: its language, and with `hints` the names that are expected.

    A yes counts unconfirmed from a confidence of `sure_from` on; over 1 it never does.
    """

    language: str = "pt"
    hints: bool = True
    sure_from: float = 0.85


def whisper_workers(folder: Path, count: int, threads: int) -> WorkerOptions:
    """Return the pool that it needs: `count` processes of `threads` threads each."""
    return WorkerOptions(
        (sys.executable, "-m", "porteiro.speech.whisper.worker", str(folder), str(threads)),
        "whisper",
        "MAX_CONCURRENT_TRANSCRIPTIONS",
        count,
        limit_s=10.0,
        start_limit_s=120.0,
        abandoned_s=10.0,
    )


class WhisperTranscriber:
    """Hears anything that is said, in one language; nothing leaves the machine."""

    def __init__(self, pool: WorkerPool, options: WhisperOptions | None = None) -> None:
        """Transcribe in `pool`, made by `whisper_workers` and started."""
        self._pool = pool
        self._options = options or WhisperOptions()

    @property
    def closed_grammar(self) -> bool:
        """False: whole sentences are heard."""
        return False

    def open(self, request: TurnRequest) -> "WhisperTranscription":
        """Begin a turn."""
        return WhisperTranscription(self._pool, self._options, request)


class WhisperTranscription:
    """A turn being gathered, to be heard as a whole."""

    def __init__(self, pool: WorkerPool, options: WhisperOptions, request: TurnRequest) -> None:
        """Gather a turn for the workers of `pool`."""
        self._pool = pool
        self._options = options
        self._request = request
        self._pcm = bytearray()
        self._room = int(MAX_TURN_S * request.sample_rate) * 2

    def feed(self, pcm: bytes) -> None:
        """Take the next sound of the turn; what exceeds `MAX_TURN_S` is dropped."""
        self._pcm += pcm[: self._room - len(self._pcm)]

    async def finish(self) -> Transcript:
        """Return what was said, empty where that cannot be believed.

        Raises `SpeechError` when Whisper fails or takes too long. Cancelling drops the turn.
        """
        rate, options = self._request.sample_rate, self._options
        pcm = bytes(self._pcm[: len(self._pcm) // 2 * 2])
        if len(pcm) < 2 * rate * _SHORTEST_S or audioop.max(pcm, 2) < _QUIET:
            return _NOTHING
        hints = self._request.vocabulary if options.hints else ()
        turn = Turn(pcm, rate, options.language, ", ".join(hints)[:_LONGEST_HINTS])
        words = decode_words(await self._pool.answer(encode(turn)))
        heard = Heard(words.text, words.confidence, words.silence)
        text = believed("whisper", heard, options.language, hints)
        if not text:
            return _NOTHING
        return Transcript(text, words.confidence, sure=words.confidence >= options.sure_from)

    def cancel(self) -> None:
        """Drop the turn."""
        self._pcm.clear()
        self._room = 0
