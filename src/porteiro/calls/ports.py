"""What a call needs of the world: the few protocols that every adapter is written to."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from porteiro.audio.clip import Clip
from porteiro.calls.visit import Visit
from porteiro.dialogue.events import RingResult
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Decision, Purpose, Question, Understood

# ---------------------------------------------------------------------------- lines


class LineListener(Protocol):
    """Who hears what comes in on a line; called on the event loop, must not block."""

    def audio(self, pcm: bytes) -> None:
        """Take sound: signed 16-bit little-endian mono at the line's sample rate, 10 to 60 ms."""
        ...

    def key(self, digit: str) -> None:
        """Take one telephone key: 0-9, `*`, `#`, A-D."""
        ...

    def held(self) -> None:
        """Learn that the person was put on hold: what comes in is not they, nor do they hear.

        `resumed` follows, or `closed`. Told twice, it means the same as once.
        """
        ...

    def resumed(self) -> None:
        """Learn that the person is back from hold; without a hold it means nothing."""
        ...

    def closed(self, cause: str) -> None:
        """Learn that the line is gone, whoever ended it; called once, last of all."""
        ...


class PlayoutObserver(Protocol):
    """Who is told how a clip's playing ended."""

    def __call__(self, played_s: float, *, finished: bool) -> None:
        """Take the seconds that left for the PBX, and whether that was the whole clip."""
        ...


class Line(Protocol):
    """One audio connection from a PBX, once its call id is known."""

    @property
    def call_id(self) -> str:
        """The call id it carries, in dashed lower-case form."""
        ...

    @property
    def peer(self) -> str:
        """The PBX's address and port, for the log."""
        ...

    @property
    def sample_rate(self) -> int:
        """The rate of its sound in Hz, both ways; known before a listener is attached."""
        ...

    @property
    def played_s(self) -> float:
        """How much of the clip that plays now has left for the PBX, in seconds; 0 without one."""
        ...

    def attach(self, listener: LineListener) -> None:
        """Give the line its listener; sound that came before it is not delivered."""
        ...

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        """Play `clip` (at the line's rate) from the next frame on, in place of what plays now.

        `ended` is called once: after the clip's last frame left for the PBX, or when it
        was stopped, replaced, or the line went away.
        """
        ...

    def stop(self) -> None:
        """Stop playing at once; silence follows."""
        ...

    def hang_up(self) -> None:
        """End the line as its protocol does it properly; `closed` follows. Idempotent."""
        ...

    def abort(self) -> None:
        """Remove the line by force; `closed` follows if it has not come yet. Idempotent."""
        ...


# --------------------------------------------------------------------------- speech


def unheeded(words: str) -> None:
    """Take the words so far, and do nothing with them."""


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What a transcriber is told of the turn it is to hear.

    `question` is what was asked. `vocabulary` are the expected words for it: apartments
    or residents' full names, empty where anything goes. `sample_rate` is in Hz.
    `partial` takes all the words so far whenever a transcriber that streams knows them
    better; called on the event loop, before `finish` returns, must not block or raise.
    """

    question: Question
    sample_rate: int
    vocabulary: tuple[str, ...] = ()
    partial: Callable[[str], None] = field(default=unheeded, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a person said in one turn; `text` is empty where nothing could be made of it.

    `confidence` is 0 to 1. `sure` is the transcriber's word that a yes in this text may
    count without being confirmed.
    """

    text: str
    confidence: float
    sure: bool


class Transcription(Protocol):
    """One turn being transcribed; fed while the person speaks."""

    def feed(self, pcm: bytes) -> None:
        """Take the next sound of the turn, 16-bit mono at the requested rate; never blocks."""
        ...

    async def finish(self) -> Transcript:
        """Say that the turn is over, and wait for its words.

        Raises `SpeechError` when the service fails. Cancelling it drops the turn.
        """
        ...

    def cancel(self) -> None:
        """Drop the turn: nobody wants its words any more. Idempotent."""
        ...


class Transcriber(Protocol):
    """A speech recognizer."""

    @property
    def closed_grammar(self) -> bool:
        """Whether it knows only what it was told to expect, and so is asked one thing at a time."""
        ...

    def open(self, request: TurnRequest) -> Transcription:
        """Begin a turn."""
        ...


class Voices(Protocol):
    """Spoken phrases, from the cache or made now."""

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        """Return the whole phrase as 16-bit mono at `sample_rate` Hz if it is in memory."""
        ...

    def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield the phrase in chunks as they come into being, and keep it for the next time.

        Raises `SpeechError` when no synthesizer can make it.
        """
        ...


class Understanding(Protocol):
    """Finds the facts in a visitor's words."""

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        """Return what `said` holds; the directory's names help to tell people apart.

        Raises `SpeechError` when the service fails.
        """
        ...


# -------------------------------------------------------------------------- dialers


@dataclass(frozen=True, slots=True)
class RingRequest:
    """One number to be rung so that its line comes to `host`:`port` with the call id.

    `attempt_id` is a UUID of this attempt's own; `attempt` counts from 1 over the call.
    """

    call_id: str
    attempt_id: str
    attempt: int
    number: str
    extension: str
    host: str
    port: int
    limit_s: float


class Dialer(Protocol):
    """Makes a resident's phone ring."""

    async def ring(self, request: RingRequest) -> RingResult:
        """Have the number rung and return as soon as the outcome is known.

        ACCEPTED where the way of dialing cannot tell more than that. Cancelling it stops
        the ringing, where that is possible. Raises `DialerError` when the request cannot
        be handed over.
        """
        ...


class Handover(Protocol):
    """Tells the PBX where a visitor goes after our hang-up."""

    async def hand_over(self, call_id: str, number: str) -> None:
        """Have the PBX send this call's visitor on to `number` once we hang up.

        Raises `DialerError` when the PBX cannot be told.
        """
        ...


# ---------------------------------------------------------------------------- gates


@dataclass(frozen=True, slots=True)
class GateOrder:
    """A decision as the building's systems are told it; only AUTHORIZED opens.

    `timestamp` is in Unix seconds.
    """

    call_id: str
    condominium_id: int
    decision: Decision
    apartment: str
    resident: str
    visitor: str
    purpose: Purpose | None
    timestamp: float


class Gate(Protocol):
    """Opens a gate, or tells the building's systems that it stays closed."""

    async def announce(self, order: GateOrder) -> None:
        """Hand the decision over and wait until it is confirmed; one try.

        The call retries, with the same order. Raises `GateError` when it was not confirmed.
        """
        ...


# --------------------------------------------------------------------------- record


class VisitLog(Protocol):
    """The lasting record of visits."""

    async def record(self, visit: Visit) -> None:
        """Keep an ended visit. Raises `StorageError` when it cannot be kept now."""
        ...
