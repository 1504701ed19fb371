"""Asking the resident: the announcement, the answer, and the confirmation of a doubtful yes.

Nothing but a key 1, or a yes that is sure or confirmed, leads to AUTHORIZED; a yes over our
own words is neither.
"""

from porteiro.dialogue import effects as do
from porteiro.dialogue.closing import close, decide
from porteiro.dialogue.conversation import Conversation
from porteiro.dialogue.events import (
    FalseStart,
    Heard,
    Interrupted,
    KeyPressed,
    SpeechStarted,
    Spoken,
    TimerFired,
)
from porteiro.dialogue.judge import Answer, Judgement, Kind, judge
from porteiro.dialogue.phrases import Phrase
from porteiro.dialogue.states import State
from porteiro.dialogue.table import rule
from porteiro.dialogue.terms import Decision, Question, Role

_RESIDENT = Role.RESIDENT


def put_question(c: Conversation) -> State:
    """Tell the resident who is at the gate and why, and ask."""
    sign_of_life(c)
    return _put_again(c, c.phrases.announcement(c.facts))


def sign_of_life(c: Conversation) -> None:
    """The resident is there: the silence is counted anew, but not while they are on hold."""
    if _RESIDENT not in c.facts.held:
        c.do(do.StartTimer("resident_silence", c.options.resident_silence_s))


def _put_again(c: Conversation, phrase: Phrase) -> State:
    if phrase.answerable_after:  # it tells who is there, and no yes counts before that
        c.facts.untold = False
    c.ask(_RESIDENT, Question.AUTHORIZE, phrase)
    return State.ASKING


def _unclear(c: Conversation) -> State:
    """Ask again, offering the keys, as often as it may be asked."""
    c.facts.unclear += 1
    if c.facts.unclear > c.options.unclear_limit:
        return no_decision(c, "no clear answer")
    return _put_again(c, c.phrases.get("authorize_keys"))


def no_decision(c: Conversation, end: str) -> State:
    """Give the question up; the gate stays closed."""
    return close(
        c,
        end,
        visitor=c.phrases.get("no_decision"),
        resident=c.phrases.get("no_decision_resident"),
    )


@rule(State.ASKING, on=Heard, detail=_RESIDENT, to=(State.CONFIRMING_YES, State.CLOSING))
def answered(c: Conversation, e: Heard) -> State:
    """The resident said something to the question."""
    if not c.is_current(e.turn):
        return State.ASKING
    sign_of_life(c)
    c.facts.untold = c.facts.untold or e.early
    judgement = judge(e.text)
    if judgement.answer is Answer.YES and c.facts.untold:
        return _put_again(c, c.phrases.announcement(c.facts))
    if judgement.answer is Answer.YES and e.sure and not e.over:
        return decide(c, Decision.AUTHORIZED, e.text)
    if judgement.answer is Answer.YES:
        c.ask(_RESIDENT, Question.CONFIRM_AUTHORIZE, c.phrases.confirm_authorize())
        return State.CONFIRMING_YES
    if judgement.answer is Answer.NO:
        return decide(c, Decision.DENIED, e.text)
    return _answer_question(c, judgement)


def _answer_question(c: Conversation, judgement: Judgement) -> State:
    """Answer "quem é?", "o quê?" and the like, within reason; all else is unclear."""
    c.facts.questions += 1
    if c.facts.questions <= 2 * c.options.unclear_limit:
        if judgement.kind is Kind.QUESTION:
            return _put_again(c, c.phrases.who(c.facts))
        if judgement.kind is Kind.REPEAT:
            return _put_again(c, c.phrases.announcement(c.facts))
        if judgement.kind is Kind.WAIT:
            return _put_again(c, c.phrases.get("take_your_time"))
    return _unclear(c)


@rule(State.CONFIRMING_YES, on=Heard, detail=_RESIDENT, to=(State.ASKING, State.CLOSING))
def confirmed(c: Conversation, e: Heard) -> State:
    """The resident said something to the confirmation; only a second yes counts."""
    if not c.is_current(e.turn):
        return State.CONFIRMING_YES
    sign_of_life(c)
    answer = judge(e.text, confirming=True).answer
    if answer is Answer.YES and not e.over:
        return decide(c, Decision.AUTHORIZED, e.text)
    if answer is Answer.NO:
        return decide(c, Decision.DENIED, e.text)
    if answer is Answer.YES:
        c.ask_again(_RESIDENT)
        return State.CONFIRMING_YES
    return _unclear(c)


@rule(State.ASKING, State.CONFIRMING_YES, on=KeyPressed, detail=_RESIDENT, to=(State.CLOSING,))
def resident_keyed(c: Conversation, e: KeyPressed) -> State:
    """A key decides alone."""
    sign_of_life(c)
    if e.key == "1":
        return decide(c, Decision.AUTHORIZED, "tecla 1")
    if e.key == "2":
        return decide(c, Decision.DENIED, "tecla 2")
    if e.key == "*":
        c.hush(_RESIDENT)
        c.ask_again(_RESIDENT)
    return c.state


@rule(State.ASKING, State.CONFIRMING_YES, on=SpeechStarted, detail=_RESIDENT)
def resident_speaks(c: Conversation, e: SpeechStarted) -> State:
    """The resident is answering: no hurry."""
    sign_of_life(c)
    if c.is_current(e.turn):
        c.do(do.StopTimer("answer"))
    return c.state


@rule(State.ASKING, State.CONFIRMING_YES, on=Spoken, detail=_RESIDENT)
def resident_asked(c: Conversation, _: Spoken) -> State:
    """The question is out: wait for the answer."""
    c.facts.talking.discard(_RESIDENT)
    c.do(do.StartTimer("answer", c.options.answer_s))
    return c.state


@rule(State.ASKING, State.CONFIRMING_YES, on=Interrupted, detail=_RESIDENT)
def resident_interrupts(c: Conversation, _: Interrupted) -> State:
    """The resident's words, which come next, made us fall silent."""
    c.facts.talking.discard(_RESIDENT)
    return c.state


@rule(State.ASKING, State.CONFIRMING_YES, on=FalseStart, detail=_RESIDENT)
def no_answer_after_all(c: Conversation, e: FalseStart) -> State:
    """What sounded like an answer was none: wait on."""
    if c.is_current(e.turn):
        c.do(do.StartTimer("answer", c.options.answer_s))
    return c.state


@rule(State.ASKING, State.CONFIRMING_YES, on=TimerFired, detail="answer")
def ask_silent_resident(c: Conversation, _: TimerFired) -> State:
    """Silence after the question: put it again; the silence as a whole has its own limit."""
    if c.state is State.CONFIRMING_YES:
        c.ask(_RESIDENT, Question.CONFIRM_AUTHORIZE, c.phrases.confirm_authorize())
        return State.CONFIRMING_YES
    if c.facts.untold:
        return _put_again(c, c.phrases.announcement(c.facts))
    return _put_again(c, c.phrases.get("authorize_question"))


@rule(
    State.ASKING,
    State.CONFIRMING_YES,
    on=TimerFired,
    detail="resident_silence",
    to=(State.CLOSING,),
)
def resident_silent(c: Conversation, _: TimerFired) -> State:
    """The resident has been silent for too long."""
    return no_decision(c, "resident silent")
