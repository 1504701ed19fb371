"""What the API answers: the shapes, and how they come from a call."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel

from porteiro.calls.board import CallView
from porteiro.calls.visit import Line
from porteiro.dialogue.terms import Decision, Purpose, Role


class Answer(BaseModel):
    """What every good answer says first."""

    status: Literal["success"] = "success"


class Failure(BaseModel):
    """What every other answer is."""

    status: Literal["error"] = "error"
    message: str


class Collected(BaseModel):
    """What the visitor has told so far; empty or null what is still missing."""

    purpose: Purpose | None
    visitor: str
    apartment: str
    resident: str


class Said(BaseModel):
    """One thing said on a leg, `at_s` seconds into the call."""

    at_s: float
    speaker: str
    text: str


class Timing(BaseModel):
    """How long the parts of answering one turn took, in milliseconds."""

    at_s: float
    role: Role
    speech_ms: float
    silence_ms: float
    transcription_ms: float
    understanding_ms: float
    first_frame_ms: float


class Ringing(BaseModel):
    """One attempt to reach the resident."""

    at_s: float
    number: str
    result: str


class StateChange(BaseModel):
    """The state that the conversation came to, `at_s` seconds into the call."""

    at_s: float
    state: str


class CallSummary(BaseModel):
    """A call in the list of calls."""

    call_id: str
    state: str
    extension: str
    condominium_id: int
    started: datetime
    legs: list[Role]
    collected: Collected

    @classmethod
    def of(cls, view: CallView) -> Self:
        """Return the summary of a call as it stands now."""
        return cls.model_validate(_summary(view), from_attributes=True)


class CallDetail(CallSummary):
    """All that is known of one call."""

    ended: datetime | None
    end: str
    transcripts: dict[Role, list[Said]]
    decision: Decision
    decided_by: str
    gate: str
    attempts: list[Ringing]
    states: list[StateChange]
    timings: list[Timing]

    @classmethod
    def of(cls, view: CallView) -> Self:
        """Return everything about a call, living or ended."""
        visit = view.visit
        more = {
            "ended": visit.ended,
            "end": visit.end,
            "transcripts": {role: _said(visit.transcript, role) for role in Role},
            "decision": visit.decision,
            "decided_by": visit.decided_by,
            "gate": visit.gate,
            "attempts": visit.attempts,
            "states": [StateChange(at_s=at_s, state=state) for at_s, state in visit.states],
            "timings": visit.turns,
        }
        return cls.model_validate(_summary(view) | more, from_attributes=True)


class Calls(Answer):
    """Every call in progress, oldest first."""

    calls: list[CallSummary]


class OneCall(Answer):
    """One call."""

    call: CallDetail


class HungUp(Answer):
    """What a hang-up did."""

    message: str
    call_id: str
    role: Role


class Health(Answer):
    """The process lives and its event loop answers."""

    version: str


def _summary(view: CallView) -> dict[str, object]:
    visit = view.visit
    return {
        "call_id": visit.call_id,
        "state": view.state,
        "extension": visit.extension,
        "condominium_id": visit.condominium_id,
        "started": visit.started,
        "legs": list(view.legs),
        "collected": visit,
    }


def _said(transcript: list[Line], role: Role) -> list[Said]:
    return [
        Said(at_s=line.at_s, speaker=line.speaker, text=line.text)
        for line in transcript
        if line.role is role
    ]
