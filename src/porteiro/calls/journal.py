"""What happened in a call, in order: for the visit's record, the change stream and the log."""

import logging
from dataclasses import replace

import structlog

from porteiro.calls.board import Change, ChangeStream, JsonValue
from porteiro.calls.visit import Attempt, Line, Turn, Visit
from porteiro.clock import Clock
from porteiro.dialogue.effects import (
    Announce,
    Beep,
    Effect,
    Listen,
    Playback,
    Say,
    Segment,
    Words,
)
from porteiro.dialogue.events import (
    Broken,
    Event,
    GateAnswered,
    Heard,
    Interrupted,
    KeyPressed,
    LegHeld,
    LegLeft,
    LegResumed,
    Recorded,
    RingEnded,
)
from porteiro.dialogue.facts import Facts
from porteiro.dialogue.terms import Decision, Question, Role

_log = structlog.get_logger()


class Journal:
    """Writes one call down as it happens."""

    def __init__(
        self, visit: Visit, clock: Clock, changes: ChangeStream | None, lasted_s: float = 0.0
    ) -> None:
        """Begin the journal of `visit`, or go on with it after `lasted_s` seconds.

        Without `changes` nobody is told, nor is anything logged.
        """
        self.visit = visit
        self._clock = clock
        self._changes = changes
        self._began = clock.now() - lasted_s
        self._log = _log.bind(call_id=visit.call_id)
        where: dict[str, JsonValue] = {
            "extension": visit.extension,
            "condominium_id": visit.condominium_id,
        }
        if lasted_s:
            self._note("resumed", **where)
        else:
            self._note("started", **where)

    def happened(self, event: Event) -> None:
        """Note an event of the conversation."""
        match event:
            case Heard():
                self.heard(event)
            case Interrupted():
                self.interrupted(event)
            case KeyPressed(role, key):
                self.key(role, key)
            case Recorded(role, _, seconds):
                self.recorded(role, seconds)
            case RingEnded():
                self.ring_ended(event)
            case LegLeft(role, cause):
                self.leg_left(role, cause)
            case LegHeld(role):
                self.leg_held(role)
            case LegResumed(role):
                self.leg_resumed(role)
            case Broken(reason):
                self.trouble("call", reason)
            case _:
                pass

    def carried_out(self, effect: Effect, facts: Facts) -> None:
        """Note what is done."""
        match effect:
            case Say():
                self.said(effect)
            case Listen(role, _, question):
                self.listening(role, question)
            case Announce():
                self.decision(effect, facts.decided_by)
            case _:
                pass

    def leg_arrived(self, role: Role, peer: str) -> None:
        """Note that a person's line was taken in."""
        self._note("leg_arrived", role=role, peer=peer)

    def leg_left(self, role: Role, cause: str) -> None:
        """Note that a person's line is gone."""
        self._note("leg_left", role=role, cause=cause)

    def leg_held(self, role: Role) -> None:
        """Note that a person was put on hold."""
        self._note("leg_held", role=role)

    def leg_resumed(self, role: Role) -> None:
        """Note that a person is back from hold."""
        self._note("leg_resumed", role=role)

    def state(self, state: str) -> None:
        """Note a change of state."""
        self.visit.states.append((self._at(), state))
        self._note("state", state=state)

    def said(self, effect: Say) -> None:
        """Note what Porteiro says."""
        text = " ".join(_text(segment) for segment in effect.segments)
        self._line(effect.role, "porteiro", text, effect.key)
        self._note("say", role=effect.role, key=effect.key, pd_text=text)

    def listening(self, role: Role, question: Question) -> None:
        """Note which answer is waited for."""
        self._note("listen", role=role, question=question)

    def heard(self, event: Heard) -> None:
        """Note what a person said and what was understood of it."""
        self._line(event.role, event.role, event.text)
        understood = event.understood
        self._note(
            "heard",
            role=event.role,
            pd_text=event.text,
            confidence=round(event.confidence, 3),
            sure=event.sure,
            purpose=understood.purpose if understood else None,
            pd_visitor=understood.visitor if understood else None,
            pd_apartment=understood.apartment if understood else None,
            pd_resident=understood.resident if understood else None,
        )

    def interrupted(self, event: Interrupted) -> None:
        """Note that a phrase was given up for what a person says, and how much was heard."""
        for at in reversed(range(len(self.visit.transcript))):
            line = self.visit.transcript[at]
            if line.role is event.role and line.key == event.key:
                self.visit.transcript[at] = replace(line, heard_s=event.played_s)
                break
        self._note(
            "interrupted",
            role=event.role,
            key=event.key,
            played_s=event.played_s,
            length_s=event.length_s,
        )

    def key(self, role: Role, key: str) -> None:
        """Note a telephone key."""
        self._line(role, role, f"tecla {key}")
        self._note("key", role=role, key=key)

    def recorded(self, role: Role, seconds: float) -> None:
        """Note that a person's words were recorded for the other one to hear, or that none came."""
        if seconds:
            self._line(role, role, _text(Playback("")))
        self._note("recorded", role=role, seconds=round(seconds, 2))

    def turn(self, turn: Turn) -> None:
        """Note how long the parts of a turn took."""
        self.visit.turns.append(turn)
        self._note(
            "turn",
            role=turn.role,
            speech_ms=turn.speech_ms,
            silence_ms=turn.silence_ms,
            transcription_ms=turn.transcription_ms,
            understanding_ms=turn.understanding_ms,
            first_frame_ms=turn.first_frame_ms,
        )

    def ringing(self, attempt: int, attempt_id: str, number: str) -> None:
        """Note that a number begins to be rung."""
        self.visit.attempts.append(Attempt(self._at(), attempt_id, number, "ringing"))
        self._note("ring", attempt=attempt, attempt_id=attempt_id, pd_number=number)

    def ring_ended(self, event: RingEnded) -> None:
        """Note how an attempt ended."""
        if event.attempt <= len(self.visit.attempts):
            last = self.visit.attempts[event.attempt - 1]
            self.visit.attempts[event.attempt - 1] = Attempt(
                last.at_s, last.attempt_id, last.number, event.result
            )
        self._note("ring_ended", attempt=event.attempt, result=event.result, reason=event.reason)

    def decision(self, effect: Announce, decided_by: str) -> None:
        """Note the decision and the words or the key that decided."""
        self.visit.decision = effect.decision
        self.visit.decided_by = decided_by
        self._note("decision", decision=effect.decision, pd_decided_by=decided_by)

    def gate_answered(self, event: GateAnswered) -> None:
        """Note what became of the order to the gate."""
        opened = self.visit.decision is Decision.AUTHORIZED
        result = ("opened" if opened else "kept closed") if event.opened else "failed"
        self.gate(result, event.reason)

    def gate(self, result: str, reason: str = "") -> None:
        """Note how it is with the gate."""
        self.visit.gate = result
        self._note("gate", result=result, reason=reason)

    def trouble(self, part: str, reason: str) -> None:
        """Note that something of this call failed, as a warning."""
        self._note("trouble", logging.WARNING, part=part, reason=reason)

    def ended(self, facts: Facts) -> None:
        """Complete the record with what the conversation came to know."""
        visit = self.visit
        visit.ended = self._clock.wall()
        self.collect(facts)
        visit.end = facts.end
        self._note("ended", decision=visit.decision, end=visit.end, seconds=self._at())

    def collect(self, facts: Facts) -> None:
        """Bring the record up to what has been collected so far."""
        visit = self.visit
        visit.purpose = facts.purpose
        visit.visitor = facts.visitor
        visit.apartment = facts.match.apartment if facts.match else facts.apartment
        visit.resident = (facts.match.resident if facts.match else "") or facts.resident

    def at(self, moment: float) -> float:
        """Return a moment of the clock as seconds since the call began."""
        return round(moment - self._began, 3)

    def _at(self) -> float:
        return self.at(self._clock.now())

    def _line(self, role: Role, speaker: str, text: str, key: str = "") -> None:
        self.visit.transcript.append(Line(self._at(), role, speaker, text, key))

    def _note(self, kind: str, level: int = logging.INFO, /, **data: JsonValue) -> None:
        if self._changes is None:
            return
        plain = {name.removeprefix("pd_"): value for name, value in data.items()}
        plain["at_s"] = self._at()
        self._changes.publish(Change(self._clock.wall(), self.visit.call_id, kind, plain))
        self._log.log(level, kind, **data)


def _text(segment: Segment) -> str:
    match segment:
        case Words(text):
            return text
        case Playback():
            return "[gravação]"
        case Beep():
            return "[sinal]"
