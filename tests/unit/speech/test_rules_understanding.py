"""The rules, behind the port of an understanding service."""

from porteiro.condominiums.directory import Apartment, Directory
from porteiro.dialogue.terms import Purpose, Question
from porteiro.speech.rules_understanding import RulesUnderstanding

GUIDE = Directory([Apartment("501", ("Renata Albuquerque",), ("1003030",))])


async def test_the_facts_of_a_sentence_are_found() -> None:
    understood = await RulesUnderstanding().understand(
        "call", "tenho uma entrega para o apartamento 501", None, GUIDE
    )

    assert (understood.purpose, understood.apartment) == (Purpose.DELIVERY, "501")


async def test_a_short_answer_is_taken_for_what_was_asked() -> None:
    understood = await RulesUnderstanding().understand(
        "call", "Renata Albuquerque", Question.RESIDENT, GUIDE
    )

    assert understood.resident == "Renata Albuquerque"
