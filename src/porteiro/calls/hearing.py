"""Making out the words of a turn: transcribed, and for a visitor understood."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from porteiro.calls.foresight import Foresight
from porteiro.calls.listening import TakenTurn
from porteiro.calls.ports import (
    Transcriber,
    Transcript,
    Transcription,
    TurnRequest,
    Understanding,
)
from porteiro.calls.talking import Spawn
from porteiro.calls.visit import Turn
from porteiro.clock import Clock
from porteiro.dialogue.events import Event, FalseStart, Heard, SpeechStarted
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.interruptions import interrupts
from porteiro.dialogue.terms import Question, Role, Understood
from porteiro.errors import SpeechError


@dataclass(frozen=True, slots=True)
class Hearing:
    """What making out words needs of the world and of the call.

    `vocabulary` tells the expected words of a question; `guide` is the directory, for its
    names. `silence` tells the seconds of silence that end a turn of these words to that
    question; of no words, before any are known. `trouble` is told the part that failed and
    why. Words that take longer than `limit_s` seconds after the end of the turn count as not
    understood.
    """

    call_id: str
    clock: Clock
    spawn: Spawn
    transcriber: Transcriber
    understanding: Understanding
    vocabulary: Callable[[Question], tuple[str, ...]]
    silence: Callable[[str, Question], float]
    guide: Guide
    trouble: Callable[[str, str], None]
    limit_s: float = 6.0


class TurnOwner(Protocol):
    """The leg that a turn is taken on."""

    @property
    def role(self) -> Role:
        """Whose leg it is."""
        ...

    @property
    def answerable(self) -> bool:
        """Whether enough was said for an answer to count."""
        ...

    def tell(self, event: Event) -> None:
        """Hand an event to the conversation."""
        ...

    def awaits_words(self, since: float) -> None:
        """Learn that the person fell silent at `since` (s, of the clock): an answer is due."""
        ...

    def taken(self, turn: "HeardTurn") -> None:
        """Learn that the turn's words are on their way to the conversation."""
        ...


class _Partials:
    """Passes partial words on to `heed` until the turn is over: what is told late is of no turn.

    A transcription holds this, and not its own owner: it is freed as soon as that drops it.
    """

    def __init__(self, heed: Callable[[str], None]) -> None:
        self._heed: Callable[[str], None] | None = heed

    def take(self, words: str) -> None:
        if self._heed is not None:
            self._heed(words)

    def end(self) -> None:
        self._heed = None


class _Foreseen:
    """A transcription, and what was understood ahead of it: one is dropped with the other.

    `heed` takes its partial words until it is over.
    """

    def __init__(
        self,
        transcriber: Transcriber,
        request: TurnRequest,
        foresight: Foresight,
        heed: Callable[[str], None],
    ) -> None:
        self._partials = _Partials(heed)
        self._foresight = foresight
        self._transcription = transcriber.open(replace(request, partial=self._partials.take))
        self.feed = self._transcription.feed  # as it is: it takes every frame

    async def finish(self) -> Transcript:
        """Wait for the whole turn's words. Raises `SpeechError`."""
        try:
            return await self._transcription.finish()
        finally:
            self._partials.end()

    def cancel(self) -> None:
        """Drop both. Idempotent."""
        self._partials.end()
        self._foresight.drop()
        self._transcription.cancel()


class HeardTurn:
    """One turn that somebody was asked for; posts what becomes of it."""

    def __init__(
        self,
        turn: int,
        request: TurnRequest,
        hearing: Hearing,
        owner: TurnOwner,
    ) -> None:
        """Be the answer number `turn` to the question in `request`."""
        self._role = owner.role
        self._turn = turn
        self._request = request
        self._hearing = hearing
        self._owner = owner
        understand = partial(_understood, hearing, request.question)
        self._foresight = Foresight(understand, hearing.spawn)
        self._expect: Callable[[float], None] = lambda _: None
        self._early = False
        self._timing: Turn | None = None
        self._answered_at = 0.0

    def open(self, expect: Callable[[float], None]) -> Transcription:
        """Begin a transcription; its partial words tell how much silence ends the turn."""
        self._early = not self._owner.answerable
        self._expect = expect
        expect(self._hearing.silence("", self._request.question))
        return _Foreseen(self._hearing.transcriber, self._request, self._foresight, self._partial)

    def started(self) -> None:
        """Tell the conversation that somebody speaks."""
        self._owner.tell(SpeechStarted(self._role, self._turn))

    def dropped(self) -> None:
        """Tell the conversation that it was no speech."""
        self._foresight.drop()
        self._owner.tell(FalseStart(self._role, self._turn))

    async def done(self, sink: Transcription, taken: TakenTurn) -> Callable[[], None] | None:
        """Make out the words and what they mean; return what tells the conversation.

        Returns None for words spoken over ours that were not meant for us.
        """
        now = self._hearing.clock.now
        ended_at = now()
        self._owner.awaits_words(taken.ended_at)
        try:
            transcript = await self._transcript(sink)
            transcribed_at = now()
            understood = await self._understood(transcript.text)
        finally:
            self._foresight.drop()
        heard = Heard(
            self._role,
            self._turn,
            transcript.text,
            transcript.confidence,
            transcript.sure,
            understood,
            over=taken.over,
            early=self._early,
        )
        if taken.over and not interrupts(heard, self._request.question):
            return None
        understood_at = now()
        timing = Turn(
            at_s=taken.ended_at,
            role=self._role,
            speech_ms=round(taken.speech_s * 1000),
            silence_ms=round((ended_at - taken.ended_at) * 1000),
            transcription_ms=round((transcribed_at - ended_at) * 1000, 1),
            understanding_ms=round((understood_at - transcribed_at) * 1000, 1),
            first_frame_ms=0.0,
        )

        def hand_over() -> None:
            self._timing, self._answered_at = timing, understood_at
            self._owner.taken(self)
            self._owner.tell(heard)

        return hand_over

    def timed(self, first_frame_at: float) -> Turn | None:
        """Return the turn's timing once its answer's first frame has left; only once."""
        timing, self._timing = self._timing, None
        if timing is None:
            return None
        first_frame_ms = (first_frame_at - self._answered_at) * 1000
        return replace(timing, first_frame_ms=round(first_frame_ms, 1))

    def _partial(self, words: str) -> None:
        """Take the words so far: they tell how long to wait, and perhaps what is meant."""
        self._expect(self._hearing.silence(words, self._request.question))
        if self._role is Role.VISITOR:
            self._foresight.heard(words)

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
        return await self._foresight.meaning(text)


async def _understood(hearing: Hearing, question: Question, text: str) -> Understood | None:
    """Return what words hold; None of a service that fails or hangs."""
    try:
        async with asyncio.timeout(hearing.limit_s):
            return await hearing.understanding.understand(
                hearing.call_id, text, question, hearing.guide
            )
    except (SpeechError, TimeoutError) as error:
        hearing.trouble("understanding", str(error) or "took too long")
        return None
