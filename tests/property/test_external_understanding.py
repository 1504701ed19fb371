"""Whatever a service claims, a visitor is understood by what they said."""

from unittest.mock import AsyncMock, create_autospec

from hypothesis import given
from hypothesis import strategies as st

from porteiro.condominiums.directory import Apartment, Directory
from porteiro.dialogue.terms import Question
from porteiro.dialogue.understanding import understand
from porteiro.dialogue.understanding.reading import read
from porteiro.dialogue.words import tokens
from porteiro.speech.external_understanding import ExternalUnderstanding
from porteiro.speech.understanding_service import Advice, Content, UnderstandingService

DIRECTORY = Directory(
    [
        Apartment("A-501", ("Renata Oliveira",), ("1003030",)),
        Apartment("B-501", ("Carlos Prado",), ("1003031",)),
    ]
)
WORDS = (
    *("sou", "o", "a", "é", "para", "do", "na verdade", "mora", "aí", "não", ",", "?", "moço"),
    *("Renata", "Zuleico", "Prado", "Terezinha", "entrega", "pizza", "às", "três"),
    *("apartamento", "bloco", "b", "501", "27", "quinhentos", "e", "um", "cinco", "zero"),
)
SAID = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
NAMES = st.none() | st.text(max_size=300) | SAID | st.sampled_from(DIRECTORY.residents())
NUMBERS = st.none() | st.integers() | st.text(max_size=300) | st.sampled_from(["501", "B 501", 27])
INTENTS = st.none() | st.text(max_size=20) | st.sampled_from(["visita", "entrega", "serviço"])
ADVICE = st.builds(Advice, INTENTS, NAMES, NUMBERS, NAMES)


@given(SAID, st.none() | st.sampled_from(Question), ADVICE, st.booleans())
async def test_the_rules_facts_stand_and_nothing_is_added_that_was_not_said(
    said: str, asked: Question | None, advice: Advice, valid: bool
) -> None:
    service = create_autospec(UnderstandingService, instance=True)
    service.advice = AsyncMock(return_value=Content(advice, valid))
    understanding = ExternalUnderstanding(service)
    ruled = understand(said, asked, DIRECTORY.residents(), DIRECTORY.apartments())
    found = await understanding.understand("id", said, asked, DIRECTORY)
    for slot in ("purpose", "visitor", "apartment", "resident"):
        fact = getattr(ruled, slot)
        assert fact is None or getattr(found, slot) == fact
    words = set(tokens(said))
    assert set(tokens(f"{found.visitor or ''} {found.resident or ''}")) <= words
    if found.apartment is not None:
        digits = "".join(number.digits for number in read(said).numbers)
        assert found.apartment.rpartition("-")[2] in digits
