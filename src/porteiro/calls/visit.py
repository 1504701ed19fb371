"""The lasting record of a call, in a form that a file or a database can take."""

from dataclasses import dataclass, field
from datetime import datetime

from porteiro.dialogue.terms import Decision, Purpose, Role


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said on a leg; `at_s` is seconds since the call began.

    `speaker` is "porteiro" or the role of the person; `key` names our phrases, and a
    telephone key stands in `text` as "tecla 1". Of a phrase that was interrupted, `heard_s`
    seconds were heard.
    """

    at_s: float
    role: Role
    speaker: str
    text: str
    key: str = ""
    heard_s: float | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """How long the parts of answering one turn took, in milliseconds.

    `silence_ms` is the silence that had to pass (configured), the others what came on
    top of it: recognition, understanding, and from the decision to the first frame.
    """

    at_s: float
    role: Role
    speech_ms: float
    silence_ms: float
    transcription_ms: float
    understanding_ms: float
    first_frame_ms: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to reach a resident's phone."""

    at_s: float
    attempt_id: str
    number: str
    result: str


@dataclass(slots=True)
class Visit:
    """Who came, for whom, what was said and how it ended.

    Everything in `visitor`, `resident`, `transcript`, `decided_by` and the attempts'
    numbers is personal data (LGPD) and can be dropped without breaking the record.
    """

    call_id: str
    extension: str
    condominium_id: int
    started: datetime
    ended: datetime | None = None
    purpose: Purpose | None = None
    visitor: str = ""
    apartment: str = ""
    resident: str = ""
    decision: Decision = Decision.NO_DECISION
    decided_by: str = ""
    gate: str = ""
    end: str = ""
    transcript: list[Line] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    states: list[tuple[float, str]] = field(default_factory=list)
