"""Speech by Piper on this machine, played from its first sentence on."""

import re
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Final

from porteiro.errors import SpeechError
from porteiro.speech.piper.messages import Phrase, encode_phrase
from porteiro.speech.worker_pool import WorkerOptions, WorkerPool

_LONGEST_TEXT: Final = 4096
_LANGUAGE: Final = re.compile(r"[a-z]{2}(-[a-z]{2})?(\+\w+)?", re.IGNORECASE)
"""A language, as espeak-ng names its voices: spoken by the one voice that is loaded."""
_ORDERS: Final = re.compile(r"\[\[|[\x00-\x1f\x7f]")
"""Raw phonemes, and control codes: a name is data."""


def piper_workers(voice_file: Path, count: int, threads: int) -> WorkerOptions:
    """Return the pool that it needs: `count` processes of `threads` threads each."""
    return WorkerOptions(
        (sys.executable, "-m", "porteiro.speech.piper.worker", str(voice_file), str(threads)),
        "piper",
        "MAX_CONCURRENT_SYNTHESIS",
        count,
        limit_s=10.0,
        start_limit_s=60.0,
        abandoned_s=10.0,
    )


class PiperSynthesizer:
    """Speaks with one voice; nothing leaves the machine."""

    def __init__(self, pool: WorkerPool, voice_file: Path) -> None:
        """Speak in `pool`, made by `piper_workers` for `voice_file` and started."""
        self._pool = pool
        self._name = voice_file.stem
        found = voice_file.stat()
        self._fingerprint = f"piper {voice_file.name} {found.st_size} {found.st_mtime_ns}"

    @property
    def fingerprint(self) -> str:
        """What tells the sound of these phrases from another synthesizer's."""
        return self._fingerprint

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield `text` as 16-bit mono at `sample_rate` Hz, each sentence as it is made.

        Raises `SpeechError` when there is no such voice, or Piper fails or takes too long.
        """
        if voice and voice != self._name and not _LANGUAGE.fullmatch(voice):
            raise SpeechError(
                f"piper has the voice {self._name} and no {voice!r}: see PORTEIRO_PIPER_VOICE",
                retryable=False,
            )
        if len(text) > _LONGEST_TEXT:
            raise SpeechError(
                f"a phrase of over {_LONGEST_TEXT} characters cannot be spoken: shorten it",
                retryable=False,
            )
        phrase = Phrase(_ORDERS.sub(" ", text), sample_rate)
        async with aclosing(self._pool.answers(encode_phrase(phrase))) as parts:
            async for pcm in parts:
                yield pcm
