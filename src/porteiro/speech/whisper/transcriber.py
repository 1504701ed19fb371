"""Transcription by Whisper on this machine: a turn is heard whole, as it ends."""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.speech.gathered_turn import NOTHING, GatheredTurn, is_speech
from porteiro.speech.openai.heard import Heard, believed
from porteiro.speech.whisper.messages import Turn, decode_words, encode
from porteiro.speech.worker_pool import WorkerOptions, WorkerPool

MAX_TURN_S: Final = 28.0
"""Whisper hears 30 s at once; what is said after that is not listened to."""

_LONGEST_HINTS: Final = 500  # characters; Whisper reads the last 223 tokens before the sound


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

    def open(self, request: TurnRequest) -> GatheredTurn:
        """Begin a turn."""
        return GatheredTurn(request.sample_rate, MAX_TURN_S, partial(self._hear, request))

    async def _hear(self, request: TurnRequest, pcm: bytes) -> Transcript:
        """Return what was said. Raises `SpeechError` when Whisper fails or takes too long."""
        rate, options = request.sample_rate, self._options
        if not is_speech(pcm, rate):
            return NOTHING
        hints = request.vocabulary if options.hints else ()
        turn = Turn(pcm, rate, options.language, ", ".join(hints)[:_LONGEST_HINTS])
        words = decode_words(await self._pool.answer(encode(turn)))
        heard = Heard(words.text, words.confidence, words.silence)
        text = believed("whisper", heard, options.language, hints)
        if not text:
            return NOTHING
        return Transcript(text, words.confidence, sure=words.confidence >= options.sure_from)
