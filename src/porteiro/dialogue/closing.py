"""The end of a conversation: telling people, the gate, and hanging up when all is said."""

from porteiro.dialogue import effects as do
from porteiro.dialogue.conversation import Conversation
from porteiro.dialogue.events import (
    Broken,
    GateAnswered,
    LegHeld,
    LegLeft,
    LegResumed,
    Spoken,
    TimerFired,
)
from porteiro.dialogue.phrases import Phrase
from porteiro.dialogue.states import State
from porteiro.dialogue.table import rule
from porteiro.dialogue.terms import Decision, Role

_UNDER_WAY = (
    State.COLLECTING,
    State.CONFIRMING_APARTMENT,
    State.SETTLING,
    State.RECORDING,
    State.RINGING,
    State.ASKING,
    State.CONFIRMING_YES,
)
ON_THE_LINE = (*_UNDER_WAY, State.INTERRUPTED)
"""The states of a conversation under way: after the first word, before the last."""

_TIMERS = (
    "answer",
    "keys",
    "patience",
    "ring",
    "redial",
    "resident_silence",
    "return",
    "resident_return",
)
"""All but "call", which also ends the waiting for somebody on hold, and those of the end."""


def close(
    c: Conversation, end: str, *, visitor: Phrase | None = None, resident: Phrase | None = None
) -> State:
    """Tell both people how it ended; `end` is the reason, for the record.

    Whatever was being said, heard or rung stops. The hang-up follows when the last
    farewell has been played.
    """
    c.facts.end = end
    if c.facts.decision is None:
        c.facts.decision = Decision.NO_DECISION
    for timer in _TIMERS:
        c.do(do.StopTimer(timer))
    c.do(do.StopRinging())
    for role, farewell in ((Role.VISITOR, visitor), (Role.RESIDENT, resident)):
        if farewell is not None:
            c.farewells[role] = farewell
        if role in c.facts.present:
            c.hush(role)
            if farewell is not None:
                c.say(role, farewell)
    return _settle(c)


def to_human(c: Conversation, end: str, *, otherwise: str) -> State:
    """Pass the visitor on to a human porter, or say the phrase `otherwise` where there is none."""
    if not c.options.fallback_number:
        return close(c, end, visitor=c.phrases.get(otherwise))
    hand_over(c)
    return close(c, f"{end}, passed to a human", visitor=c.phrases.get("transfer"))


def hand_over(c: Conversation) -> None:
    """Have the PBX send the visitor on to the human porter."""
    c.facts.handed_over = True
    c.do(do.HandOver(c.options.fallback_number))


def announce(c: Conversation, decision: Decision) -> None:
    """Tell the building's systems the decision; only an open gate is waited for."""
    facts = c.facts
    facts.gate_pending = decision is Decision.AUTHORIZED
    apartment = facts.match.apartment if facts.match else facts.apartment
    resident = facts.match.resident if facts.match else ""
    c.do(do.Announce(decision, apartment, resident or facts.resident, facts.visitor, facts.purpose))


def decide(c: Conversation, decision: Decision, words: str) -> State:
    """Take the resident's decision, once and for good, and act on it."""
    facts = c.facts
    if facts.decision is not None:
        raise AssertionError("a decision is taken once a call")
    facts.decision, facts.decided_by = decision, words
    announce(c, decision)
    return close(
        c,
        str(decision),
        visitor=c.phrases.farewell(decision, facts.purpose),
        resident=c.phrases.get(f"thanks_{decision}"),
    )


def _settle(c: Conversation) -> State:
    """End the call if nobody is left, or hang up soon."""
    if not c.facts.present and not c.facts.gate_pending:
        c.do(do.StopTimer("grace"), do.EndCall())
        return State.ENDED
    return _hang_up_soon(c)


def _hang_up_soon(c: Conversation) -> State:
    """Hang up after the grace period if nobody is being told anything any more."""
    if c.facts.present and not _being_told(c):
        c.do(do.StartTimer("grace", c.options.grace_s))
    return State.CLOSING


def _being_told(c: Conversation) -> set[Role]:
    """Return who hears a farewell now; one for somebody on hold waits for them."""
    return c.facts.talking - c.facts.held


def _kept(c: Conversation) -> set[Role]:
    """Return who is not hung up yet: who is on hold, and a visitor whose gate is pending."""
    kept = set() if c.facts.late else c.facts.present & c.facts.held
    if c.facts.gate_pending:
        kept |= c.facts.present & {Role.VISITOR}
    return kept


def _leave(c: Conversation, role: Role) -> None:
    c.facts.present.discard(role)
    c.facts.talking.discard(role)
    c.facts.held.discard(role)


@rule(State.CLOSING, on=Spoken)
def farewell_played(c: Conversation, e: Spoken) -> State:
    """One more farewell has left for its phone to the last frame."""
    c.facts.talking.discard(e.role)
    return _settle(c)


@rule(State.CLOSING, on=GateAnswered, to=(State.ENDED,))
def gate_answered(c: Conversation, e: GateAnswered) -> State:
    """The opener confirmed, or failed for good: then the visitor is told."""
    c.facts.gate_pending = False
    c.facts.gate_opened = e.opened and c.facts.decision is Decision.AUTHORIZED
    if not e.opened and c.facts.decision is Decision.AUTHORIZED:
        c.facts.end = f"{c.facts.end}, the gate failed"
        c.farewells[Role.VISITOR] = c.phrases.get("gate_failed")
        c.say(Role.VISITOR, c.phrases.get("gate_failed"))
        if c.options.fallback_number and Role.VISITOR in c.facts.present:
            hand_over(c)
            c.say(Role.VISITOR, c.phrases.get("transfer"))
    return _settle(c)


@rule(State.CLOSING, on=TimerFired, detail="grace", to=(State.HANGING_UP,))
def hang_up(c: Conversation, _: TimerFired) -> State:
    """Send the hang-ups, to all but those who are still to be told something."""
    if _being_told(c):
        return State.CLOSING
    kept = _kept(c)
    for role in (Role.VISITOR, Role.RESIDENT):
        if role in c.facts.present - kept:
            c.do(do.HangUp(role))
    if kept:
        return State.CLOSING
    c.do(do.StartTimer("closing", c.options.closing_s))
    return State.HANGING_UP


@rule(State.CLOSING, on=LegHeld)
def held_while_closing(c: Conversation, e: LegHeld) -> State:
    """The farewell waits for who is on hold; the other one need not wait for them."""
    c.facts.held.add(e.role)
    return _hang_up_soon(c)


@rule(State.CLOSING, on=LegResumed)
def back_for_the_farewell(c: Conversation, e: LegResumed) -> State:
    """Now it can be heard; where it was heard already, the hang-up follows."""
    c.facts.held.discard(e.role)
    return _hang_up_soon(c)


@rule(State.CLOSING, on=TimerFired, detail="call")
def held_for_too_long(c: Conversation, _: TimerFired) -> State:
    """The call has lasted as long as a call may: nobody on hold is waited for any more."""
    c.facts.late = True
    return _hang_up_soon(c)


@rule(State.CLOSING, on=LegLeft, to=(State.ENDED,))
def left_while_closing(c: Conversation, e: LegLeft) -> State:
    """Somebody does not wait for the end of the farewell."""
    _leave(c, e.role)
    return _settle(c)


@rule(State.HANGING_UP, on=LegLeft, to=(State.ENDED,))
def closed_by_pbx(c: Conversation, e: LegLeft) -> State:
    """The PBX closed its side; with the last one the call ends."""
    _leave(c, e.role)
    if c.facts.present:
        return State.HANGING_UP
    c.do(do.StopTimer("closing"), do.EndCall())
    return State.ENDED


@rule(State.HANGING_UP, on=TimerFired, detail="closing", to=(State.ENDED,))
def pbx_does_not_close(c: Conversation, _: TimerFired) -> State:
    """The PBX had its second; what is left is removed by force."""
    c.do(do.EndCall())
    return State.ENDED


@rule(State.HANGING_UP, on=GateAnswered)
def gate_answered_late(c: Conversation, _: GateAnswered) -> State:
    """Nobody is left to be told; the record has it."""
    c.facts.gate_pending = False
    return State.HANGING_UP


@rule(*ON_THE_LINE, on=LegLeft, detail=Role.VISITOR, to=(State.CLOSING, State.ENDED))
def visitor_left(c: Conversation, _: LegLeft) -> State:
    """The visitor hung up: ringing stops, a resident on the line is told."""
    _leave(c, Role.VISITOR)
    return close(c, "visitor left", resident=c.phrases.get("visitor_left"))


@rule(State.ASKING, State.CONFIRMING_YES, on=LegLeft, detail=Role.RESIDENT, to=(State.CLOSING,))
def resident_left(c: Conversation, _: LegLeft) -> State:
    """The resident hung up without a decision."""
    _leave(c, Role.RESIDENT)
    return close(c, "resident left", visitor=c.phrases.get("no_decision"))


@rule(*_UNDER_WAY, on=TimerFired, detail="call", to=(State.CLOSING,))
@rule(State.INTERRUPTED, on=TimerFired, detail="call", to=(State.CLOSING, State.ENDED))
def time_over(c: Conversation, _: TimerFired) -> State:
    """The call has lasted as long as a call may."""
    c.facts.late = True
    phrase = c.phrases.get("time_over")
    return close(c, "time over", visitor=phrase, resident=phrase)


@rule(*ON_THE_LINE, on=Broken, to=(State.CLOSING, State.ENDED))
def broken(c: Conversation, e: Broken) -> State:
    """Something failed beyond repair: both people are told, and a human takes over if one can."""
    phrase = c.phrases.get("broken")
    if c.options.fallback_number and Role.VISITOR in c.facts.present:
        hand_over(c)
    return close(c, f"broken: {e.reason}", visitor=phrase, resident=phrase)
