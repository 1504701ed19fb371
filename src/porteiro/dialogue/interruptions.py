"""Whether words spoken over Porteiro's own were meant for it, so that it gives up its phrase.

What was not meant for it is forgotten and the phrase goes on: a listener's "aham", a
greeting into our greeting, talk with somebody else. So is a resident's answer to a question
that they have not heard yet, and a yes to the last question before the gate: it might be
the echo of our own "diga sim".
"""

from porteiro.dialogue.back_channels import is_back_channel
from porteiro.dialogue.events import Heard
from porteiro.dialogue.judge import Answer, Kind, judge
from porteiro.dialogue.terms import Question, Role, Utterance

_AIMLESS = frozenset({Utterance.GREETING, Utterance.OTHER})
_UNASKED = frozenset({Kind.EMPTY, Kind.OTHER})
_RAW = frozenset({Question.SURNAME, Question.CONFIRM_APARTMENT})
"""Questions of which the answer is in the words themselves, not in what they were understood as."""


def interrupts(heard: Heard, asked: Question) -> bool:
    """Return whether `heard`, spoken while `asked` was being asked, is an answer or a demand."""
    if not heard.text or is_back_channel(heard.text, asked):
        return False
    if heard.role is Role.RESIDENT:
        return _resident_interrupts(heard, asked)
    if heard.understood is None or asked in _RAW:
        return True
    return heard.understood.kind not in _AIMLESS


def _resident_interrupts(heard: Heard, asked: Question) -> bool:
    last = asked is Question.CONFIRM_AUTHORIZE
    judgement = judge(heard.text, confirming=last)
    if heard.early or (last and judgement.answer is Answer.YES):
        return judgement.answer is Answer.NO or judgement.kind is Kind.WAIT
    return judgement.kind not in _UNASKED
