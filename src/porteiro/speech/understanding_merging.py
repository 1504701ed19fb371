"""What the rules found in a visitor's words, and what a service may add to it.

The rules read every sentence first, and what they find stays. A service fills in what they
did not find, and only with what the visitor said (see `understanding_evidence`).
"""

from dataclasses import replace

from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Question, Understood, Utterance
from porteiro.dialogue.understanding.likeness import name_words
from porteiro.dialogue.understanding.reading import read
from porteiro.speech.understanding_evidence import apartment_said, name_said, purpose_named
from porteiro.speech.understanding_service import Advice

_OPENING = frozenset({None, Question.PURPOSE})
"""What a visitor answers with as much as they like, and before the purpose is known."""
_FOLLOWING = frozenset({Question.VISITOR, Question.APARTMENT, Question.RESIDENT})


def leaves_open(ruled: Understood, asked: Question | None) -> bool:
    """Whether the rules left something that a service may have understood better.

    Not a yes or no, a surname, or "o quê?"; and not an answer to a single question, so that
    nobody waits for a service after "João".
    """
    if ruled.kind not in (Utterance.INFORMATION, Utterance.OTHER):
        return False
    if asked in _OPENING:
        return None in (ruled.purpose, ruled.visitor, ruled.apartment, ruled.resident)
    return asked in _FOLLOWING and getattr(ruled, asked.value) is None


def merged(
    ruled: Understood, advice: Advice, said: str, asked: Question | None, guide: Guide
) -> Understood:
    """Return the rules' facts, with the service's where they found none."""
    reading = read(said)
    visitor = ruled.visitor or name_said(reading, advice.interlocutor_name)
    resident = ruled.resident or name_said(reading, advice.resident_name)
    if _one_of_the_other(visitor, resident):
        visitor, resident = ruled.visitor, ruled.resident
    purpose = ruled.purpose
    if asked in _OPENING:  # Later on it is known: a service would bring an old one back.
        purpose = purpose or purpose_named(advice.intent_type)
    apartment = ruled.apartment or apartment_said(
        reading, advice.apartment_number, guide.apartments()
    )
    if all(fact is None for fact in (purpose, visitor, apartment, resident)):
        return ruled
    return replace(
        ruled,
        purpose=purpose,
        visitor=visitor,
        apartment=apartment,
        resident=resident,
        kind=Utterance.INFORMATION,
    )


def _one_of_the_other(visitor: str | None, resident: str | None) -> bool:
    """Whether one name was taken for both people, who are never the same."""
    one, other = set(name_words(visitor or "")), set(name_words(resident or ""))
    return bool(one and other) and (one <= other or other <= one)
