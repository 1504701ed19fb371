"""Whether a visit ended as it should for what its resident did."""

from dataclasses import dataclass
from typing import Final

from porteiro.demo.story import PhoneTrace, Story
from porteiro.dialogue.terms import Decision
from porteiro.phones.reactions import Behaviour
from porteiro.phones.telephone import Ending

_AUTHORIZING: Final = {Behaviour.AUTHORIZES, Behaviour.VAGUE, Behaviour.ASKS, Behaviour.KEY}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so at a visit's end: what it is, what it was, whether right."""

    what: str
    found: str
    right: bool


def expected(behaviour: Behaviour) -> Decision:
    """Return the decision that a resident's behaviour must lead to."""
    if behaviour in _AUTHORIZING:
        return Decision.AUTHORIZED
    return Decision.DENIED if behaviour is Behaviour.DENIES else Decision.NO_DECISION


def checks(story: Story, behaviour: Behaviour) -> list[Check]:
    """Return everything that must be so, in the order in which it is shown."""
    decision = story.last("ended", "decision")
    opened = [news.text("result") for news in story.of_kind("gate")].count("opened")
    should = expected(behaviour)
    return [
        Check("decision", decision or "none: the call did not end", decision == should),
        Check(
            "gate",
            {0: "stayed closed", 1: "opened"}.get(opened, f"opened {opened} times"),
            opened == (should is Decision.AUTHORIZED),
        ),
        Check("visitor", _end_of(story.visitor), _ended(story.visitor, Ending.PORTEIRO_HUNG_UP)),
        Check("resident", _end_of(story.resident), _resident_right(story, behaviour)),
    ]


def _resident_right(story: Story, behaviour: Behaviour) -> bool:
    if behaviour is Behaviour.NEVER_ANSWERS:
        return story.resident is None
    if behaviour is Behaviour.HANGS_UP:
        return _ended(story.resident, Ending.WE_HUNG_UP)
    return _ended(story.resident, Ending.PORTEIRO_HUNG_UP)


def _ended(phone: PhoneTrace | None, ending: Ending) -> bool:
    return phone is not None and phone.ending is ending


def _end_of(phone: PhoneTrace | None) -> str:
    """Return how a phone's call ended, in words from outside."""
    if phone is None:
        return "never on the line"
    if phone.ending is Ending.WE_HUNG_UP:
        return "hung up"
    if phone.ending is Ending.PORTEIRO_HUNG_UP:
        return "hung up by Porteiro"
    return str(phone.ending or "still on the line")
