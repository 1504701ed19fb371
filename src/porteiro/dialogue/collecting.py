"""Collecting from the visitor who is there, why, and for whom; asking only what is missing."""

from porteiro.dialogue import effects as do
from porteiro.dialogue.closing import to_human
from porteiro.dialogue.conversation import Conversation
from porteiro.dialogue.events import (
    FalseStart,
    Heard,
    Interrupted,
    LegArrived,
    Recorded,
    SpeechStarted,
    Spoken,
    TimerFired,
)
from porteiro.dialogue.guide import Finding
from porteiro.dialogue.judge import Answer, judge
from porteiro.dialogue.phrases import Phrase
from porteiro.dialogue.reaching import start_ringing
from porteiro.dialogue.states import State
from porteiro.dialogue.table import rule
from porteiro.dialogue.terms import Question, Role, Understood, Utterance

_VISITOR = Role.VISITOR
_ASKING_VISITOR = (State.COLLECTING, State.CONFIRMING_APARTMENT, State.SETTLING)
_NEXT = (
    State.COLLECTING,
    State.CONFIRMING_APARTMENT,
    State.SETTLING,
    State.RECORDING,
    State.RINGING,
    State.CLOSING,
)
"""Where an answer of the visitor may lead."""


@rule(State.WAITING, on=LegArrived, detail=_VISITOR, to=(State.COLLECTING,))
def greet(c: Conversation, _: LegArrived) -> State:
    """The visitor's line is here: greet, in the condominium's words."""
    c.facts.present.add(_VISITOR)
    c.do(do.StartTimer("call", c.options.call_s - c.options.farewell_s))
    greeting = [c.phrases.get("greeting")]
    if c.options.one_thing_at_a_time:
        greeting.append(c.phrases.get("ask_purpose"))
    c.ask(_VISITOR, Question.PURPOSE, *greeting)
    return State.COLLECTING


# ------------------------------------------------------------------ what comes next


def advance(c: Conversation, *before: Phrase) -> State:
    """Ask for the first thing that is missing, or go on to the resident."""
    facts = c.facts
    if facts.apartment and facts.match is None:
        return look_up(c)
    for question in _missing(c):
        phrases = [*before, c.phrases.question(question)]
        c.ask(_VISITOR, question, *phrases)
        return State.COLLECTING
    if not (facts.visitor and facts.purpose) and not facts.recorded:
        return record(c, *before)
    return start_ringing(c)


def _missing(c: Conversation) -> list[Question]:
    """Return the questions still open, in the order in which they are asked."""
    facts = c.facts
    known = {
        Question.PURPOSE: facts.purpose is not None,
        # A closed grammar cannot hear a free name: it is recorded at the end instead.
        Question.VISITOR: bool(facts.visitor) or c.options.one_thing_at_a_time,
        Question.APARTMENT: facts.match is not None,
        Question.RESIDENT: bool(facts.resident),
    }
    if facts.keyed:  # Somebody who keys has given up on talking: the rest is recorded.
        known |= dict.fromkeys(known.keys() - {Question.APARTMENT}, True)
    return [
        question
        for question, is_known in known.items()
        if not is_known and question not in facts.given_up
    ]


def look_up(c: Conversation) -> State:
    """Check apartment and resident against the directory."""
    facts = c.facts
    match = c.guide.find(facts.apartment or None, facts.resident or None)
    if match.finding is Finding.NOT_FOUND and facts.stands and facts.resident:
        # A keyed or confirmed apartment stands; whom it is for, the resident will say.
        match = c.guide.find(facts.apartment, None)
    if match.finding is Finding.NOT_FOUND:
        return _not_found(c)
    if match.finding is Finding.AMBIGUOUS:
        return _settle(c)
    if not facts.certain:
        c.ask(_VISITOR, Question.CONFIRM_APARTMENT, c.phrases.read_back(facts.apartment))
        return State.CONFIRMING_APARTMENT
    facts.match = match
    return advance(c)


def _not_found(c: Conversation) -> State:
    """Ask for the apartment anew, without a word on which part was wrong."""
    facts = c.facts
    keyed = facts.keyed
    facts.apartment = facts.resident = ""
    facts.certain = facts.stands = facts.keyed = False
    facts.lookups += 1
    if facts.lookups > c.options.lookup_limit:
        return to_human(c, "nobody found in the directory", otherwise="not_located")
    if not keyed:
        return advance(c, c.phrases.get("not_found"))
    keys = c.phrases.get("ask_keys")
    c.ask(_VISITOR, Question.APARTMENT, c.phrases.get("not_found"), keys)
    return State.COLLECTING


def _settle(c: Conversation) -> State:
    """Tell two close candidates apart with a question that names nobody."""
    question = "ask_block" if _needs_block(c) else "ask_surname"
    c.ask(_VISITOR, Question.SURNAME, c.phrases.get(question))
    return State.SETTLING


def _needs_block(c: Conversation) -> bool:
    """Whether the apartment itself is what is ambiguous: two blocks have that number."""
    apartment = c.facts.apartment
    return bool(apartment) and c.guide.find(apartment, None).finding is Finding.AMBIGUOUS


def record(c: Conversation, *before: Phrase) -> State:
    """Have the visitor say after the tone what is still unknown of name and purpose."""
    c.facts.recorded = True
    c.do(do.StopTimer("answer"), do.StopListening(_VISITOR))
    for phrase in (*before, c.phrases.record(c.facts)):
        c.say(_VISITOR, phrase)
    c.do(do.Record(_VISITOR, c.options.record_s))
    return State.RECORDING


@rule(State.RECORDING, on=Recorded, to=_NEXT)
def recorded(c: Conversation, e: Recorded) -> State:
    """The visitor has spoken after the tone, or has not; either way it goes on."""
    c.facts.recording = e.recording
    return advance(c)


# ---------------------------------------------------------------- what the visitor says


@rule(State.COLLECTING, on=Heard, detail=_VISITOR, to=_NEXT)
def heard(c: Conversation, e: Heard) -> State:
    """A turn of the visitor, with the facts found in it."""
    if not c.is_current(e.turn):
        return State.COLLECTING
    understood = e.understood or Understood()
    if merge(c, understood, sure=e.sure):
        return advance(c)
    return _nothing_new(c, understood.kind)


def _nothing_new(c: Conversation, kind: Utterance) -> State:
    """Words without a new fact: what kind they are decides how it goes on."""
    match kind:
        case Utterance.HUMAN:
            return _wants_human(c)
        case Utterance.UNKNOWN if c.facts.asked is not Question.APARTMENT:
            c.facts.given_up.add(c.facts.asked)
            return advance(c)
        case Utterance.UNKNOWN if c.facts.resident:
            return _by_name_alone(c)
        case Utterance.REPEAT | Utterance.GREETING if c.facts.repeats < c.options.miss_limit:
            c.facts.repeats += 1
            c.ask_again(_VISITOR)
            return State.COLLECTING
        case _:
            return missed(c)


def merge(c: Conversation, understood: Understood, *, sure: bool) -> bool:
    """Take what was understood, the later word replacing the earlier; False if nothing is new."""
    facts = c.facts
    before = (facts.purpose, facts.visitor, facts.apartment, facts.resident)
    facts.purpose = understood.purpose or facts.purpose
    facts.visitor = understood.visitor or facts.visitor
    facts.resident = understood.resident or facts.resident
    if understood.apartment and understood.apartment != facts.apartment:
        facts.apartment, facts.certain = understood.apartment, sure
        facts.stands = facts.keyed = False
    if before == (facts.purpose, facts.visitor, facts.apartment, facts.resident):
        return False
    if before[2:] != (facts.apartment, facts.resident):
        facts.match = None
    facts.misses = 0
    return True


def missed(c: Conversation) -> State:
    """A turn that was not understood: ask again, then for keys, then give up."""
    facts = c.facts
    facts.misses += 1
    if facts.misses >= c.options.miss_limit:
        return to_human(c, "visitor not understood", otherwise="give_up")
    if facts.misses < c.options.miss_limit - 1:
        c.ask_again(_VISITOR, c.phrases.get("sorry"))
        return State.COLLECTING
    if facts.match is None:
        facts.given_up |= {Question.PURPOSE, Question.VISITOR, Question.RESIDENT}
        c.ask(_VISITOR, Question.APARTMENT, c.phrases.get("ask_keys"))
        return State.COLLECTING
    facts.misses = 0
    facts.given_up.add(facts.asked)
    return advance(c)


def _wants_human(c: Conversation) -> State:
    if c.options.fallback_number:
        return to_human(c, "visitor asked for a human", otherwise="give_up")
    c.facts.misses += 1
    if c.facts.misses >= c.options.miss_limit:
        return to_human(c, "visitor asked for a human", otherwise="give_up")
    c.ask_again(_VISITOR, c.phrases.get("no_human"))
    return State.COLLECTING


def _by_name_alone(c: Conversation) -> State:
    """The visitor knows whom they want but not where: one clear name in the directory will do."""
    match = c.guide.find(None, c.facts.resident)
    if match.finding is Finding.FOUND:
        c.facts.match, c.facts.certain = match, True
        return advance(c)
    return _settle(c) if match.finding is Finding.AMBIGUOUS else _not_found(c)


@rule(State.CONFIRMING_APARTMENT, on=Heard, detail=_VISITOR, to=_NEXT)
def apartment_confirmed(c: Conversation, e: Heard) -> State:
    """The visitor says whether the apartment was heard right, perhaps with the right one."""
    if not c.is_current(e.turn):
        return State.CONFIRMING_APARTMENT
    facts, understood = c.facts, e.understood or Understood()
    if understood.apartment and understood.apartment != facts.apartment:
        merge(c, understood, sure=e.sure)
        return advance(c)
    answer = judge(e.text, confirming=True).answer
    if answer is Answer.YES or understood.apartment:
        return confirm(c)
    facts.misses += 1
    if facts.misses >= c.options.miss_limit:
        return to_human(c, "apartment not understood", otherwise="give_up")
    if answer is Answer.UNCLEAR and facts.misses == 1:
        c.ask_again(_VISITOR)
        return State.CONFIRMING_APARTMENT
    facts.apartment = ""
    phrase = "ask_apartment" if facts.misses == 1 else "ask_keys"
    c.ask(_VISITOR, Question.APARTMENT, c.phrases.get(phrase))
    return State.COLLECTING


def confirm(c: Conversation) -> State:
    """The apartment is what the visitor meant."""
    c.facts.certain = c.facts.stands = True
    c.facts.misses = 0
    return look_up(c)


@rule(State.SETTLING, on=Heard, detail=_VISITOR, to=_NEXT)
def settled(c: Conversation, e: Heard) -> State:
    """The visitor gives the surname, or the block, that tells two candidates apart."""
    if not c.is_current(e.turn):
        return State.SETTLING
    facts = c.facts
    if _needs_block(c):
        match = c.guide.find(f"{e.text} {facts.apartment}", facts.resident or None)
    else:
        match = c.guide.find(facts.apartment or None, f"{facts.resident} {e.text}")
    if match.finding is Finding.FOUND:
        facts.match, facts.certain, facts.misses = match, True, 0
        return advance(c)
    return settle_without(c)


def settle_without(c: Conversation) -> State:
    """One more try; then an apartment that is clear is rung as a whole, or a human takes over."""
    facts = c.facts
    facts.misses += 1
    if facts.misses == 1:
        c.ask_again(_VISITOR, c.phrases.get("sorry"))
        return State.SETTLING
    match = c.guide.find(facts.apartment, None) if facts.apartment else None
    if match and match.finding is Finding.FOUND:
        facts.match, facts.certain, facts.misses = match, True, 0
        return advance(c)
    return to_human(c, "several people of one name", otherwise="not_located")


# ------------------------------------------------------------------- silence and sound


@rule(*_ASKING_VISITOR, on=SpeechStarted, detail=_VISITOR)
def visitor_speaks(c: Conversation, e: SpeechStarted) -> State:
    """The visitor is answering: no hurry."""
    if c.is_current(e.turn):
        c.do(do.StopTimer("answer"))
    return c.state


@rule(*_ASKING_VISITOR, on=Spoken, detail=_VISITOR)
def visitor_asked(c: Conversation, _: Spoken) -> State:
    """The question is out: wait for the answer."""
    c.facts.talking.discard(_VISITOR)
    c.do(do.StartTimer("answer", c.options.answer_s))
    return c.state


@rule(*_ASKING_VISITOR, on=Interrupted, detail=_VISITOR)
def visitor_interrupts(c: Conversation, _: Interrupted) -> State:
    """The visitor's words, which come next, made us fall silent."""
    c.facts.talking.discard(_VISITOR)
    return c.state


@rule(*_ASKING_VISITOR, on=FalseStart, detail=_VISITOR)
def nothing_said_after_all(c: Conversation, e: FalseStart) -> State:
    """What sounded like an answer was none: wait on."""
    if c.is_current(e.turn):
        c.do(do.StartTimer("answer", c.options.answer_s))
    return c.state


@rule(*_ASKING_VISITOR, on=TimerFired, detail="answer", to=_NEXT)
def silence(c: Conversation, _: TimerFired) -> State:
    """Silence after a question is a turn that was not understood."""
    if c.state is State.COLLECTING:
        return missed(c)
    if c.state is State.SETTLING:
        return settle_without(c)
    c.facts.misses += 1
    if c.facts.misses >= c.options.miss_limit:
        return to_human(c, "apartment not confirmed", otherwise="give_up")
    c.ask_again(_VISITOR)
    return State.CONFIRMING_APARTMENT
