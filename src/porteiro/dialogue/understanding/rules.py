"""The entry point: one utterance of a visitor in, the facts in it out."""

from porteiro.dialogue.terms import Question, Understood, Utterance
from porteiro.dialogue.understanding.apartments import find_apartment
from porteiro.dialogue.understanding.manners import manner
from porteiro.dialogue.understanding.names import find_names
from porteiro.dialogue.understanding.purposes import find_purpose
from porteiro.dialogue.understanding.reading import read


def understand(
    said: str,
    asked: Question | None,
    residents: tuple[str, ...] = (),
    apartments: tuple[str, ...] = (),
) -> Understood:
    """Return the facts in what a visitor said; what was not said stays None.

    `asked` is the question it answers, if any, and decides what a short answer means.
    `residents` and `apartments` are the directory's spellings: evidence for telling
    facts apart, never a source of words that were not said. Never raises.
    """
    reading = read(said)
    purpose = find_purpose(reading, asked)
    names = find_names(reading, asked, residents)
    found = find_apartment(reading, apartments, asked=asked is Question.APARTMENT)
    apartment = found.label if found else None
    facts = (purpose, names.visitor, names.resident, apartment)
    kind = manner(reading)
    if any(fact is not None for fact in facts):
        kind = Utterance.INFORMATION
    return Understood(purpose, names.visitor, apartment, names.resident, kind)
