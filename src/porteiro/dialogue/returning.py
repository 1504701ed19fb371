"""After a restart of Porteiro: lines that come back are told so, and it goes on where it was.

Nothing is done twice: a phone that was rung is waited for, a decision stands, and a gate that
was told to open is never told again, not even where nobody knows what came of it. While the
visitor's line is away nobody is asked to decide: the gate would open for nobody.
"""

from porteiro.dialogue import effects as do
from porteiro.dialogue.asking import put_question, sign_of_life
from porteiro.dialogue.closing import ON_THE_LINE, announce, close, hand_over
from porteiro.dialogue.collecting import greet, record
from porteiro.dialogue.conversation import Conversation
from porteiro.dialogue.events import LegArrived, LegLeft, Restarted, Spoken, TimerFired
from porteiro.dialogue.phrases import Phrase
from porteiro.dialogue.reaching import ring_next
from porteiro.dialogue.states import State
from porteiro.dialogue.table import rule
from porteiro.dialogue.terms import Decision, Role

_VISITOR, _RESIDENT = Role.VISITOR, Role.RESIDENT
_RESIDENT_ASKED = (State.ASKING, State.CONFIRMING_YES)
_PARTING = (State.CLOSING, State.HANGING_UP)
END = "Porteiro was restarted"
"""How a call ended whose visitor did not come back."""


@rule(State.WAITING, *ON_THE_LINE, *_PARTING, on=Restarted, to=(State.INTERRUPTED,))
def restarted(c: Conversation, e: Restarted) -> State:
    """Everybody's line is gone, and every errand's end unknown."""
    facts = c.facts
    if c.state is not State.INTERRUPTED:
        facts.before = c.state
        facts.unrung = c.state is State.RINGING and not e.rung
    facts.lost |= facts.present
    for role_set in (facts.present, facts.talking, facts.held):
        role_set.clear()
    facts.keys = ""
    if facts.recording and not e.words:
        facts.recording, facts.words_lost = "", True
    _settle_order(c, announced=e.announced)
    c.do(do.StartTimer("return", c.options.return_s))
    c.do(do.StartTimer("call", max(1.0, c.options.call_s - c.options.farewell_s)))
    return State.INTERRUPTED


def _settle_order(c: Conversation, *, announced: bool) -> None:
    """See whether the gate has still to be told the decision, or must not be told again."""
    facts = c.facts
    decided = facts.decision in (Decision.AUTHORIZED, Decision.DENIED)
    facts.order_due = decided and not announced
    if facts.gate_pending and announced:
        facts.gate_unknown = True
        facts.end = f"{facts.end}, the gate did not confirm"
    facts.gate_pending = False


# --------------------------------------------------------------------- lines come back


@rule(
    State.INTERRUPTED,
    on=LegArrived,
    detail=_VISITOR,
    to=(
        State.COLLECTING,
        State.CONFIRMING_APARTMENT,
        State.SETTLING,
        State.RECORDING,
        State.RINGING,
        State.ASKING,
        State.CONFIRMING_YES,
        State.CLOSING,
    ),
)
def visitor_returned(c: Conversation, e: LegArrived) -> State:
    """The visitor hears an apology, and what was asked or told last."""
    before = c.facts.before
    if _VISITOR in c.facts.present:
        return State.INTERRUPTED
    if before is State.WAITING:
        return greet(c, e)
    _is_back(c, _VISITOR)
    apology = c.phrases.get("line_lost")
    if before in _PARTING:
        return _tell_again(c, _VISITOR)
    if before is State.RECORDING:
        c.do(do.StopTimer("return"))
        return record(c, apology)
    if before is State.RINGING or before in _RESIDENT_ASKED:
        return _wait_on(c)
    c.do(do.StopTimer("return"))
    c.ask_again(_VISITOR, apology)
    return before


@rule(
    State.INTERRUPTED,
    on=LegArrived,
    detail=_RESIDENT,
    to=(State.ASKING, State.CONFIRMING_YES, State.CLOSING),
)
def resident_returned(c: Conversation, _: LegArrived) -> State:
    """The resident is asked once the visitor is there."""
    returns = _RESIDENT in c.facts.lost
    if not returns and c.facts.before is not State.RINGING:
        return State.INTERRUPTED
    _is_back(c, _RESIDENT)
    if c.facts.before in _PARTING:
        return _tell_again(c, _RESIDENT)
    if c.facts.before is State.RINGING:
        c.facts.plan = []
    if _VISITOR in c.facts.present:
        return _ask_resident(c, c.phrases.get("line_lost"))
    if returns:
        c.say(_RESIDENT, c.phrases.get("line_lost"))
    c.say(_RESIDENT, c.phrases.get("one_moment"))
    return State.INTERRUPTED


@rule(State.CLOSING, on=LegArrived)
def returned_while_closing(c: Conversation, e: LegArrived) -> State:
    """The other one is told as well how it ended."""
    if e.role not in c.facts.lost:
        return State.CLOSING
    _is_back(c, e.role)
    return _tell_again(c, e.role)


def _is_back(c: Conversation, role: Role) -> None:
    c.facts.present.add(role)
    c.facts.lost.discard(role)


def _wait_on(c: Conversation) -> State:
    """Have the visitor wait for a resident who is rung, is being asked, or was."""
    c.do(do.StopTimer("return"), do.StartTimer("patience", c.options.patience_s))
    c.say(_VISITOR, c.phrases.get("line_lost"))
    c.say(_VISITOR, c.phrases.get("patience"))
    facts = c.facts
    if _RESIDENT in facts.present:
        return _ask_resident(c)
    c.do(do.Prepare(c.phrases.announcement(facts).segments))
    if facts.before in _RESIDENT_ASKED:
        c.do(do.StartTimer("resident_return", c.options.resident_return_s))
        return State.INTERRUPTED
    if facts.unrung:
        facts.attempt -= 1
        return _ring_again(c)
    c.do(do.StartTimer("ring", c.options.ring_s))
    return State.RINGING


def _ring_again(c: Conversation) -> State:
    """Ring the last number once more, and then those that are still to be rung."""
    c.facts.plan.insert(0, c.facts.number)
    return ring_next(c)


def _ask_resident(c: Conversation, *before: Phrase) -> State:
    """Put the question to a resident who is there; as a whole, if it was not a confirmation."""
    c.do(do.StopTimer("resident_return"))
    if c.facts.before is State.CONFIRMING_YES:
        sign_of_life(c)
        c.ask_again(_RESIDENT, *before)
        return State.CONFIRMING_YES
    for phrase in before:
        c.say(_RESIDENT, phrase)
    return put_question(c)


def _tell_again(c: Conversation, role: Role) -> State:
    """Tell somebody who is back how it ended, and the gate what it was not told."""
    facts = c.facts
    c.do(do.StopTimer("return"), do.StopTimer("grace"))
    if facts.order_due and facts.decision is not None:
        facts.order_due = False
        announce(c, facts.decision)
    c.say(role, c.phrases.get("line_lost"))
    farewell = c.farewells.get(role)
    if role is _VISITOR:
        if facts.handed_over and c.options.fallback_number:
            hand_over(c)
        if facts.gate_unknown:
            farewell = c.phrases.get("gate_unknown")
        elif facts.gate_opened:
            farewell = c.phrases.get("gate_was_opened")
    if farewell is not None:
        c.say(role, farewell)
    return State.CLOSING


@rule(State.INTERRUPTED, on=Spoken)
def told_to_wait(c: Conversation, e: Spoken) -> State:
    """They have heard that the other one is waited for."""
    c.facts.talking.discard(e.role)
    return State.INTERRUPTED


# ------------------------------------------------------------------- and some do not


@rule(State.INTERRUPTED, on=LegLeft, detail=_RESIDENT)
def resident_left_again(c: Conversation, _: LegLeft) -> State:
    """A resident who would not wait for the visitor's line."""
    c.facts.present.discard(_RESIDENT)
    c.facts.talking.discard(_RESIDENT)
    return State.INTERRUPTED


@rule(State.INTERRUPTED, on=TimerFired, detail="return", to=(State.CLOSING, State.ENDED))
def visitor_lost(c: Conversation, _: TimerFired) -> State:
    """The visitor's line does not come back; a resident who waits is told."""
    return close(c, c.facts.end or END, resident=c.phrases.get("visitor_left"))


@rule(
    State.INTERRUPTED,
    on=TimerFired,
    detail="resident_return",
    to=(State.RINGING, State.CLOSING),
)
def resident_lost(c: Conversation, _: TimerFired) -> State:
    """The resident's line does not come back by itself: their phone is rung, as they expect."""
    c.facts.lost.discard(_RESIDENT)
    return _ring_again(c)


@rule(State.INTERRUPTED, on=TimerFired, detail="patience")
def patience_for_the_returned(c: Conversation, _: TimerFired) -> State:
    """The visitor is back, and waits."""
    c.say(_VISITOR, c.phrases.get("patience"))
    c.do(do.StartTimer("patience", c.options.patience_s))
    return State.INTERRUPTED
