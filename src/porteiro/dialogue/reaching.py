"""Reaching the resident: ringing every number in turn while the visitor waits."""

from porteiro.dialogue import effects as do
from porteiro.dialogue.asking import put_question
from porteiro.dialogue.closing import close
from porteiro.dialogue.conversation import Conversation
from porteiro.dialogue.events import LegArrived, RingEnded, RingResult, Spoken, TimerFired
from porteiro.dialogue.states import State
from porteiro.dialogue.table import rule
from porteiro.dialogue.terms import Role

_RING_AGAIN_LATER = {RingResult.BUSY, RingResult.UNREACHABLE, RingResult.FAILED}


def start_ringing(c: Conversation) -> State:
    """Ask the visitor to wait and ring the first number.

    An apartment without a number is waited for just as long: how long a stranger waits
    must not tell whether anybody lives there.
    """
    numbers = c.facts.match.numbers if c.facts.match else ()
    c.facts.plan = list(numbers or ("",)) * c.options.attempts
    c.hush(Role.VISITOR)
    c.do(do.StopTimer("keys"), do.StartTimer("patience", c.options.patience_s))
    c.say(Role.VISITOR, c.phrases.get("please_wait"))
    c.do(do.Prepare(c.phrases.announcement(c.facts).segments))
    return ring_next(c)


def ring_next(c: Conversation) -> State:
    """Ring the next number of the plan, or give the resident up."""
    if not c.facts.plan:
        return close(c, "resident not reached", visitor=c.phrases.get("unreachable"))
    c.facts.number = c.facts.plan.pop(0)
    c.facts.attempt += 1
    c.do(do.Ring(c.facts.number, c.facts.attempt, c.options.ring_s))
    c.do(do.StartTimer("ring", c.options.ring_s))
    return State.RINGING


@rule(State.RINGING, on=RingEnded, to=(State.CLOSING,))
def ring_ended(c: Conversation, e: RingEnded) -> State:
    """An attempt came to something: wait for the line, or go on to the next number."""
    if e.attempt != c.facts.attempt:
        return State.RINGING
    match e.result:
        case RingResult.ANSWERED:
            c.do(do.StartTimer("ring", c.options.pickup_s))
        case RingResult.ACCEPTED:
            c.do(do.StartTimer("ring", c.options.ring_s))
        case result if result in _RING_AGAIN_LATER and c.facts.plan:
            c.do(do.StartTimer("redial", c.options.redial_s), do.StopTimer("ring"))
        case _:
            c.do(do.StopTimer("ring"))
            return ring_next(c)
    return State.RINGING


@rule(State.RINGING, on=TimerFired, detail="ring", to=(State.CLOSING,))
def rang_long_enough(c: Conversation, _: TimerFired) -> State:
    """Nobody answered this number."""
    c.do(do.StopRinging())
    return ring_next(c)


@rule(State.RINGING, on=TimerFired, detail="redial", to=(State.CLOSING,))
def redial(c: Conversation, _: TimerFired) -> State:
    """The pause after a busy or failed number is over."""
    return ring_next(c)


@rule(State.RINGING, State.ASKING, State.CONFIRMING_YES, on=TimerFired, detail="patience")
def word_of_patience(c: Conversation, _: TimerFired) -> State:
    """A waiting visitor must not think that the line is dead."""
    c.say(Role.VISITOR, c.phrases.get("patience"))
    c.do(do.StartTimer("patience", c.options.patience_s))
    return c.state


@rule(State.RINGING, State.RECORDING, on=Spoken, detail=Role.VISITOR)
@rule(State.ASKING, State.CONFIRMING_YES, on=Spoken, detail=Role.VISITOR)
def visitor_told(c: Conversation, _: Spoken) -> State:
    """The visitor has heard a phrase that asks nothing."""
    c.facts.talking.discard(Role.VISITOR)
    return c.state


@rule(State.RINGING, on=LegArrived, detail=Role.RESIDENT, to=(State.ASKING,))
def resident_arrived(c: Conversation, _: LegArrived) -> State:
    """The resident's phone was picked up and its line is here."""
    c.facts.present.add(Role.RESIDENT)
    c.facts.plan = []
    c.do(do.StopTimer("ring"), do.StopTimer("redial"))
    return put_question(c)
