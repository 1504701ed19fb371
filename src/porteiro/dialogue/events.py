"""What can happen to a conversation: the inputs of the dialogue, in plain facts."""

from dataclasses import dataclass
from enum import StrEnum

from porteiro.dialogue.terms import Role, Understood


@dataclass(frozen=True, slots=True)
class LegArrived:
    """A person's line is connected and can hear us."""

    role: Role


@dataclass(frozen=True, slots=True)
class LegLeft:
    """A person's line is gone; `cause` is in the PBX's words where it gave one."""

    role: Role
    cause: str = ""


@dataclass(frozen=True, slots=True)
class LegHeld:
    """A person on the line was put on hold: they neither hear nor can be heard."""

    role: Role


@dataclass(frozen=True, slots=True)
class LegResumed:
    """A person who was on hold is back."""

    role: Role


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """A person began to speak in the listening turn `turn`."""

    role: Role
    turn: int


@dataclass(frozen=True, slots=True)
class FalseStart:
    """What began as speech in turn `turn` was none: a noise, or our own echo."""

    role: Role
    turn: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A person's turn is over and transcribed.

    `text` is empty where nothing could be made of it. `sure` says whether the
    transcriber vouches for its words enough for a yes to count without being
    confirmed. `understood` is there for the visitor's words only. `over` says that they
    spoke over Porteiro's words, `early` that they had not yet heard what they are to decide.
    """

    role: Role
    turn: int
    text: str
    confidence: float = 0.0
    sure: bool = False
    understood: Understood | None = None
    over: bool = False
    early: bool = False


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A person's words, which follow, made Porteiro give up the phrase `key` where it was.

    They heard `played_s` seconds of it; `length_s` is None where it was not all made yet.
    """

    role: Role
    key: str
    played_s: float
    length_s: float | None = None


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A telephone key: one of 0-9, `*`, `#`, A-D."""

    role: Role
    key: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """Everything that Porteiro had to say on this leg has been played to its last frame."""

    role: Role


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording asked for is done; `recording` names it, empty where nobody spoke."""

    role: Role
    recording: str
    seconds: float


class RingResult(StrEnum):
    """How an attempt to reach a resident's phone ended, as the dialogue needs to know it."""

    ANSWERED = "answered"
    """The phone was picked up; its line is on its way to us."""
    ACCEPTED = "accepted"
    """The request was taken; nothing more will be said until the line comes."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    """Switched off, unknown number, no route."""
    FAILED = "failed"
    """The dialer itself failed: PBX, broker or service away."""


@dataclass(frozen=True, slots=True)
class RingEnded:
    """Attempt number `attempt` (from 1) came to `result`; `reason` is for the log."""

    attempt: int
    result: RingResult
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GateAnswered:
    """The gate's opener confirmed, or failed for good after its retries."""

    opened: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer that the dialogue started ran out."""

    name: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Something of this call failed beyond repair; people are told and the call ends."""

    reason: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """Porteiro was restarted in the middle of the call: every line is gone, and may come back.

    `rung` says whether the present attempt had been handed to the dialer, `announced` whether
    the decision had been handed to the gate; what became of either is not known. `words` says
    whether what the visitor said after the tone is still there.
    """

    rung: bool
    announced: bool
    words: bool = False


Event = (
    LegArrived
    | LegLeft
    | LegHeld
    | LegResumed
    | SpeechStarted
    | FalseStart
    | Heard
    | Interrupted
    | KeyPressed
    | Spoken
    | Recorded
    | RingEnded
    | GateAnswered
    | TimerFired
    | Broken
    | Restarted
)
