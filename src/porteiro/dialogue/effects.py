"""What the dialogue wants done: its outputs, carried out by the call."""

from dataclasses import dataclass

from porteiro.dialogue.terms import Decision, Purpose, Question, Role


@dataclass(frozen=True, slots=True)
class Words:
    """Text to be spoken, in Portuguese."""

    text: str


@dataclass(frozen=True, slots=True)
class Playback:
    """A recording made in this call, by the name that `Recorded` gave it."""

    recording: str


@dataclass(frozen=True, slots=True)
class Beep:
    """The tone after which a person speaks."""


Segment = Words | Playback | Beep


@dataclass(frozen=True, slots=True)
class Say:
    """Say these segments on a leg, after whatever it is saying now.

    `key` names the phrase for logs and journals. A `Spoken` event follows once the
    leg has nothing left to say. An answer that interrupts it counts only once the first
    `answerable_after` segments were heard: nobody can agree to what they have not heard.
    """

    role: Role
    key: str
    segments: tuple[Segment, ...]
    answerable_after: int = 0


@dataclass(frozen=True, slots=True)
class Prepare:
    """Have these segments ready: they are likely to be said next on a leg still to come."""

    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class StopTalking:
    """Drop what the leg is saying and has still to say; no `Spoken` follows."""

    role: Role


@dataclass(frozen=True, slots=True)
class Listen:
    """Take one turn of speech on a leg, once it has nothing left to say.

    It replaces any earlier turn, whose late results carry an older `turn` number.
    """

    role: Role
    turn: int
    question: Question


@dataclass(frozen=True, slots=True)
class StopListening:
    """Drop the turn in progress, if any."""

    role: Role


@dataclass(frozen=True, slots=True)
class Record:
    """Once the leg has nothing left to say, record it until it falls silent or `limit_s`."""

    role: Role
    limit_s: float


@dataclass(frozen=True, slots=True)
class FinishRecording:
    """Take the recording for done as it is; `Recorded` follows."""

    role: Role


@dataclass(frozen=True, slots=True)
class Ring:
    """Have a number rung; `attempt` counts them from 1 over the whole call.

    Without a number nothing rings, and nothing comes back of it.
    """

    number: str
    attempt: int
    limit_s: float


@dataclass(frozen=True, slots=True)
class StopRinging:
    """Stop every attempt that is still ringing."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell the building's systems the decision; AUTHORIZED opens the gate, at most once."""

    decision: Decision
    apartment: str
    resident: str
    visitor: str
    purpose: Purpose | None


@dataclass(frozen=True, slots=True)
class HandOver:
    """Send the visitor on to a human's number when the line is hung up."""

    number: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang a leg up, as the wire protocol does it properly."""

    role: Role


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Have `TimerFired(name)` after `seconds`; a running timer of that name starts anew."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Forget the timer of that name."""

    name: str


@dataclass(frozen=True, slots=True)
class EndCall:
    """Nothing is left to do; the call ends and its visit is recorded."""


Effect = (
    Say
    | Prepare
    | StopTalking
    | Listen
    | StopListening
    | Record
    | FinishRecording
    | Ring
    | StopRinging
    | Announce
    | HandOver
    | HangUp
    | StartTimer
    | StopTimer
    | EndCall
)
