"""What the API answers of calls and visits: the shapes, and how they come about."""

from datetime import datetime
from typing import Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict

from porteiro.calls.board import CallView
from porteiro.calls.visit import Line, Visit
from porteiro.dialogue.terms import Decision, Purpose, Role


class Shape(BaseModel):
    """What is described holds nothing that is not described."""

    model_config = ConfigDict(extra="forbid")


class Answer(Shape):
    """What every good answer says first."""

    status: Literal["success"] = "success"


class Failure(Shape):
    """What every other answer is."""

    status: Literal["error"] = "error"
    message: str


class Collected(Shape):
    """What the visitor has told so far; empty or null what is still missing."""

    purpose: Purpose | None
    visitor: str
    apartment: str
    resident: str


class Said(Shape):
    """One thing said on a leg, `at_s` seconds into the call.

    Of a phrase that a person interrupted, `heard_s` seconds were heard.
    """

    at_s: float
    speaker: str
    text: str
    heard_s: float | None


class Timing(Shape):
    """How long the parts of answering one turn took, in milliseconds."""

    at_s: float
    role: Role
    speech_ms: float
    silence_ms: float
    transcription_ms: float
    understanding_ms: float
    first_frame_ms: float


class Ringing(Shape):
    """One attempt to reach the resident."""

    at_s: float
    number: str
    result: str


class StateChange(Shape):
    """The state that the conversation came to, `at_s` seconds into the call."""

    at_s: float
    state: str


class Beginning(Shape):
    """What is known of a call from its start on."""

    call_id: str
    extension: str
    condominium_id: int
    started: datetime


class CallSummary(Beginning):
    """A call in the list of calls."""

    collected: Collected
    state: str
    legs: list[Role]
    on_hold: list[Role]

    @staticmethod
    def json_of(view: CallView) -> bytes:
        """Return the summary of a call as it stands now as JSON, in this shape."""
        return msgspec.json.encode(_standing(view))


class Story(Beginning):
    """How a call went."""

    ended: datetime | None
    end: str
    transcripts: dict[Role, list[Said]]
    decision: Decision
    decided_by: str
    gate: str
    attempts: list[Ringing]
    states: list[StateChange]
    timings: list[Timing]


class CallDetail(CallSummary, Story):
    """All that is known of one call."""

    @classmethod
    def of(cls, view: CallView) -> Self:
        """Return everything about a call, living or ended."""
        told = _standing(view) | _story(view.visit)
        return cls.model_validate(told)


class VisitRecord(Story, Collected):
    """A visit in the log."""

    @staticmethod
    def json_of(visit: Visit) -> bytes:
        """Return the whole record of a visit as JSON, in this shape."""
        return msgspec.json.encode(_beginning(visit) | _collected(visit) | _story(visit))


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


class Visits(Answer):
    """Visits, newest first; `next_cursor` asks for those after them, null at the end."""

    next_cursor: str | None
    visits: list[VisitRecord]


_TIMED = tuple(Timing.model_fields)


def _beginning(visit: Visit) -> dict[str, object]:
    return {
        "call_id": visit.call_id,
        "extension": visit.extension,
        "condominium_id": visit.condominium_id,
        "started": visit.started,
    }


def _collected(visit: Visit) -> dict[str, object]:
    return {
        "purpose": visit.purpose,
        "visitor": visit.visitor,
        "apartment": visit.apartment,
        "resident": visit.resident,
    }


def _standing(view: CallView) -> dict[str, object]:
    return {
        **_beginning(view.visit),
        "collected": _collected(view.visit),
        "state": view.state,
        "legs": list(view.legs),
        "on_hold": list(view.on_hold),
    }


def _story(visit: Visit) -> dict[str, object]:
    return {
        "ended": visit.ended,
        "end": visit.end,
        "transcripts": {role: _said(visit.transcript, role) for role in Role},
        "decision": visit.decision,
        "decided_by": visit.decided_by,
        "gate": visit.gate,
        "attempts": [
            {"at_s": attempt.at_s, "number": attempt.number, "result": attempt.result}
            for attempt in visit.attempts
        ],
        "states": [{"at_s": at_s, "state": state} for at_s, state in visit.states],
        "timings": [{name: getattr(turn, name) for name in _TIMED} for turn in visit.turns],
    }


def _said(transcript: list[Line], role: Role) -> list[dict[str, object]]:
    return [
        {"at_s": line.at_s, "speaker": line.speaker, "text": line.text, "heard_s": line.heard_s}
        for line in transcript
        if line.role is role
    ]
