"""The embedded transcriber: one closed grammar a question, heard once the turn is over."""

import sys
from typing import Final

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question
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

_NOTHING = Transcript("", 0.0, sure=False)


class EmbeddedTranscriber:
    """Hears short expected answers, without any service; its yes is never sure."""

    def __init__(self, pool: WorkerPool) -> None:
        """Transcribe in `pool`, made by `WORKERS` and started."""
        self._pool = pool

    @property
    def closed_grammar(self) -> bool:
        """True: it must be asked one thing at a time."""
        return True

    def open(self, request: TurnRequest) -> "EmbeddedTranscription":
        """Begin a turn."""
        return EmbeddedTranscription(self._pool, request)


class EmbeddedTranscription:
    """A turn being gathered, to be heard as a whole."""

    def __init__(self, pool: WorkerPool, request: TurnRequest) -> None:
        """Gather a turn for the workers of `pool`."""
        self._pool = pool
        self._request = request
        self._pcm = bytearray()
        self._room = int(MAX_TURN_S * request.sample_rate) * 2

    def feed(self, pcm: bytes) -> None:
        """Take the next sound of the turn; what exceeds `MAX_TURN_S` is dropped."""
        self._pcm += pcm[: self._room - len(self._pcm)]

    async def finish(self) -> Transcript:
        """Return what was said, empty where it fits no expected answer.

        A visitor's own name can be anything, which a closed grammar cannot hear: it is
        always empty. Raises `SpeechError` when recognition fails. Cancelling drops the turn.
        """
        if not self._pcm or self._request.question is Question.VISITOR:
            return _NOTHING
        job = Job(self._request, bytes(self._pcm))
        return decode_transcript(await self._pool.answer(encode_job(job)))

    def cancel(self) -> None:
        """Drop the turn."""
        self._pcm.clear()
        self._room = 0
