"""The embedded transcriber: one closed grammar a question, heard once the turn is over."""

import sys
from functools import partial
from typing import Final

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question
from porteiro.speech.gathered_turn import NOTHING, GatheredTurn
from porteiro.speech.pocketsphinx.messages import Job, decode_transcript, encode_job
from porteiro.speech.worker_pool import WorkerOptions, WorkerPool

WORKERS: Final = WorkerOptions(
    (sys.executable, "-m", "porteiro.speech.pocketsphinx.worker"),
    "the embedded recognizer",
    "MAX_CONCURRENT_TRANSCRIPTIONS",
)
"""The pool that it needs, for two turns at once unless told otherwise."""
MAX_TURN_S = 8.0
"""No answer in any grammar lasts longer; what is said after that is not listened to."""


class EmbeddedTranscriber:
    """Hears short expected answers, without any service; its yes is never sure."""

    def __init__(self, pool: WorkerPool) -> None:
        """Transcribe in `pool`, made by `WORKERS` and started."""
        self._pool = pool

    @property
    def closed_grammar(self) -> bool:
        """True: it must be asked one thing at a time."""
        return True

    def open(self, request: TurnRequest) -> GatheredTurn:
        """Begin a turn."""
        return GatheredTurn(request.sample_rate, MAX_TURN_S, partial(self._hear, request))

    async def _hear(self, request: TurnRequest, pcm: bytes) -> Transcript:
        """Return what was said, empty where it fits no expected answer.

        A visitor's own name can be anything, which a closed grammar cannot hear: it is
        always empty. Raises `SpeechError` when recognition fails.
        """
        if not pcm or request.question is Question.VISITOR:
            return NOTHING
        return decode_transcript(await self._pool.answer(encode_job(Job(request, pcm))))
