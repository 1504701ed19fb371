"""The visitor's keys: the apartment's number and `#`, and `*` to hear the question again."""

from porteiro.dialogue import effects as do
from porteiro.dialogue.collecting import confirm, look_up, record
from porteiro.dialogue.conversation import Conversation
from porteiro.dialogue.events import KeyPressed, TimerFired
from porteiro.dialogue.guide import Finding
from porteiro.dialogue.states import State
from porteiro.dialogue.table import rule
from porteiro.dialogue.terms import Role

_KEYED_IN = (
    State.COLLECTING,
    State.CONFIRMING_APARTMENT,
    State.SETTLING,
    State.RECORDING,
)
"""Not while it rings: who is rung already must not answer for another apartment."""
_MOST_DIGITS = 8


@rule(
    *_KEYED_IN,
    on=KeyPressed,
    detail=Role.VISITOR,
    to=(*_KEYED_IN, State.RINGING, State.CLOSING),
)
def visitor_keyed(c: Conversation, e: KeyPressed) -> State:
    """A key of the visitor's: it interrupts what is being said, as people expect of keys."""
    if e.key == "#":
        return _complete(c)
    if e.key == "*":
        return put_again(c)
    if e.key.isdigit() and len(c.facts.keys) < _MOST_DIGITS:
        c.hush(Role.VISITOR)
        c.facts.keys += e.key
        c.do(do.StartTimer("keys", c.options.key_s))
    return c.state


@rule(*_KEYED_IN, on=TimerFired, detail="keys", to=(*_KEYED_IN, State.RINGING, State.CLOSING))
def keys_paused(c: Conversation, _: TimerFired) -> State:
    """A number that nobody finished with `#`: take it if it is an apartment."""
    if c.guide.find(c.facts.keys, None).finding is Finding.NOT_FOUND:
        c.facts.keys = ""
        return put_again(c)
    return _complete(c)


def put_again(c: Conversation) -> State:
    """Put the visitor's question again, with whatever was keyed so far forgotten."""
    c.facts.keys = ""
    c.do(do.StopTimer("keys"))
    c.hush(Role.VISITOR)
    if c.state is State.RECORDING:
        return record(c)
    c.ask_again(Role.VISITOR)
    return c.state


def _complete(c: Conversation) -> State:
    """Take the keyed number as the apartment; `#` alone confirms, or ends a recording."""
    facts = c.facts
    keys, facts.keys = facts.keys, ""
    c.do(do.StopTimer("keys"))
    if not keys:
        if c.state is State.CONFIRMING_APARTMENT:
            c.hush(Role.VISITOR)
            return confirm(c)
        if c.state is State.RECORDING:
            c.do(do.FinishRecording(Role.VISITOR))
        return c.state
    c.hush(Role.VISITOR)
    facts.apartment, facts.match, facts.misses = keys, None, 0
    facts.certain = facts.stands = facts.keyed = True
    return look_up(c)
