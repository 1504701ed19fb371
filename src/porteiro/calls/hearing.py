"""Making out the words of a turn: transcribed, and for a visitor understood."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from porteiro.calls.listening import TakenTurn
from porteiro.calls.ports import (
    Transcriber,
    Transcript,
    Transcription,
    TurnRequest,
    Understanding,
)
from porteiro.calls.visit import Turn
from porteiro.clock import Clock
from porteiro.dialogue.events import Event, FalseStart, Heard, SpeechStarted
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Question, Role, Understood
from porteiro.errors import SpeechError


@dataclass(frozen=True, slots=True)
class Hearing:
    """What making out words needs of the world and of the call.

    `vocabulary` tells the expected words of a question; `guide` is the directory, for its
    names. `trouble` is told the part that failed and why. Words that take longer than
    `limit_s` seconds after the end of the turn count as not understood.
    """

    call_id: str
    clock: Clock
    transcriber: Transcriber
    understanding: Understanding
    vocabulary: Callable[[Question], tuple[str, ...]]
    guide: Guide
    trouble: Callable[[str, str], None]
    limit_s: float = 6.0


class HeardTurn:
    """One turn that somebody was asked for; posts what becomes of it."""

    def __init__(
        self,
        role: Role,
        turn: int,
        request: TurnRequest,
        post: Callable[[Event], None],
        hearing: Hearing,
    ) -> None:
        """Be the answer number `turn` to the question in `request`."""
        self._role = role
        self._turn = turn
        self._request = request
        self._post = post
        self._hearing = hearing
        self.timing: Turn | None = None
        self.answered_at = 0.0

    def open(self) -> Transcription:
        """Begin a transcription."""
        return self._hearing.transcriber.open(self._request)

    def started(self) -> None:
        """Tell the conversation that somebody speaks."""
        self._post(SpeechStarted(self._role, self._turn))

    def dropped(self) -> None:
        """Tell the conversation that it was no speech."""
        self._post(FalseStart(self._role, self._turn))

    async def done(self, sink: Transcription, taken: TakenTurn) -> None:
        """Tell the conversation the words, and what they mean."""
        now = self._hearing.clock.now
        ended_at = now()
        transcript = await self._transcript(sink)
        transcribed_at = now()
        understood = await self._understood(transcript.text)
        self.answered_at = now()
        self.timing = Turn(
            at_s=taken.ended_at,
            role=self._role,
            speech_ms=round(taken.speech_s * 1000),
            silence_ms=round((ended_at - taken.ended_at) * 1000),
            transcription_ms=round((transcribed_at - ended_at) * 1000, 1),
            understanding_ms=round((self.answered_at - transcribed_at) * 1000, 1),
            first_frame_ms=0.0,
        )
        self._post(
            Heard(
                self._role,
                self._turn,
                transcript.text,
                transcript.confidence,
                transcript.sure,
                understood,
            )
        )

    def timed(self, first_frame_at: float) -> Turn | None:
        """Return the turn's timing once its answer's first frame has left; only once."""
        timing, self.timing = self.timing, None
        if timing is None:
            return None
        return replace(timing, first_frame_ms=round((first_frame_at - self.answered_at) * 1000, 1))

    async def _transcript(self, sink: Transcription) -> Transcript:
        """Wait for the words; of a service that fails or hangs, nothing was understood."""
        try:
            async with asyncio.timeout(self._hearing.limit_s):
                return await sink.finish()
        except (SpeechError, TimeoutError) as error:
            self._hearing.trouble("transcription", str(error) or "took too long")
            return Transcript("", 0.0, sure=False)

    async def _understood(self, text: str) -> Understood | None:
        if self._role is not Role.VISITOR or not text:
            return None
        hearing = self._hearing
        try:
            async with asyncio.timeout(hearing.limit_s):
                return await hearing.understanding.understand(
                    hearing.call_id, text, self._request.question, hearing.guide
                )
        except (SpeechError, TimeoutError) as error:
            hearing.trouble("understanding", str(error) or "took too long")
            return None
