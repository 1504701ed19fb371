"""People on hold: who cannot hear is not asked, told or waited for; back, they are asked again.

What is to be said meanwhile waits on their leg. The other person's side of the visit goes on.
"""

from porteiro.dialogue import effects as do
from porteiro.dialogue.asking import sign_of_life
from porteiro.dialogue.conversation import Conversation
from porteiro.dialogue.events import LegHeld, LegResumed
from porteiro.dialogue.keypad import put_again
from porteiro.dialogue.states import State
from porteiro.dialogue.table import rule
from porteiro.dialogue.terms import Role

_VISITOR, _RESIDENT = Role.VISITOR, Role.RESIDENT
_VISITOR_ASKED = (
    State.COLLECTING,
    State.CONFIRMING_APARTMENT,
    State.SETTLING,
    State.RECORDING,
)
_RESIDENT_ASKED = (State.ASKING, State.CONFIRMING_YES)
_VISITOR_WAITS = (State.RINGING, *_RESIDENT_ASKED)


@rule(State.WAITING, State.INTERRUPTED, on=LegHeld)
@rule(State.RINGING, on=LegHeld, detail=_RESIDENT)
def held_before_the_first_word(c: Conversation, e: LegHeld) -> State:
    """Somebody is on hold before they are spoken to."""
    c.facts.held.add(e.role)
    return c.state


@rule(State.WAITING, State.INTERRUPTED, on=LegResumed)
@rule(State.RINGING, on=LegResumed, detail=_RESIDENT)
def back_before_the_first_word(c: Conversation, e: LegResumed) -> State:
    """They can be spoken to."""
    c.facts.held.discard(e.role)
    return c.state


@rule(*_VISITOR_ASKED, on=LegHeld, detail=_VISITOR)
@rule(*_RESIDENT_ASKED, on=LegHeld, detail=_RESIDENT)
def held_while_asked(c: Conversation, e: LegHeld) -> State:
    """Whoever is being asked is on hold: question, answer and their times wait."""
    c.facts.held.add(e.role)
    c.hush(e.role)
    c.do(do.StopTimer("keys" if e.role is _VISITOR else "resident_silence"))
    return c.state


@rule(*_VISITOR_ASKED, on=LegResumed, detail=_VISITOR)
def visitor_back(c: Conversation, _: LegResumed) -> State:
    """The visitor hears the last question again, or what to say after the tone."""
    c.facts.held.discard(_VISITOR)
    return put_again(c)


@rule(*_RESIDENT_ASKED, on=LegResumed, detail=_RESIDENT)
def resident_back(c: Conversation, _: LegResumed) -> State:
    """The resident hears the last question again, with all the time there is for it."""
    c.facts.held.discard(_RESIDENT)
    sign_of_life(c)
    c.hush(_RESIDENT)
    c.ask_again(_RESIDENT)
    return c.state


@rule(*_VISITOR_WAITS, on=LegHeld, detail=_VISITOR)
def held_while_waiting(c: Conversation, _: LegHeld) -> State:
    """A visitor on hold needs no word of patience; the resident is rung and asked all the same."""
    c.facts.held.add(_VISITOR)
    c.do(do.StopTimer("patience"))
    return c.state


@rule(*_VISITOR_WAITS, on=LegResumed, detail=_VISITOR)
def back_while_waiting(c: Conversation, _: LegResumed) -> State:
    """The visitor hears at once that they are not forgotten: what was cut off, or patience."""
    c.facts.held.discard(_VISITOR)
    if _VISITOR not in c.facts.talking:
        c.say(_VISITOR, c.phrases.get("patience"))
    c.do(do.StartTimer("patience", c.options.patience_s))
    return c.state
