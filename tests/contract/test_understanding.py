"""What everything that understands visitors owes a call; a new one joins `UNDERSTANDINGS`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import pytest

from porteiro.calls.ports import Understanding
from porteiro.clock import LoopClock
from porteiro.condominiums.directory import Apartment, Directory
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Purpose, Question, Understood, Utterance
from porteiro.dialogue.words import tokens
from porteiro.errors import SpeechError
from porteiro.speech.external_understanding import ExternalUnderstanding
from porteiro.speech.openai.client import OpenAIOptions, server_at
from porteiro.speech.openai.understanding import ChatOptions, OpenAIUnderstanding
from porteiro.speech.preference import Choice, Preference
from porteiro.speech.preference_understanding import PreferredUnderstanding
from porteiro.speech.rules_understanding import RulesUnderstanding
from porteiro.speech.understanding_service import ServiceOptions, UnderstandingService
from tests.contract.mind_peer import FAILING, RUBBISH, mind_that
from tests.providers.openai_server import KEY, openai_server

CALL_ID = "e69439e9-1489-4bba-b55d-37612b5dffaf"
DIRECTORY = Directory(
    [
        Apartment("501", ("Renata Oliveira",), ("1003030",)),
        Apartment("502", ("Carlos Prado", "Ana Prado"), ("1003031",)),
    ]
)
KNOWS_THE_DIRECTORY = {
    "intent_type": "servico",
    "interlocutor_name": "Carlos Prado",
    "apartment_number": "501",
    "resident_name": "Renata Oliveira",
}

Opened = Callable[[], AbstractAsyncContextManager[Understanding]]


@asynccontextmanager
async def rules() -> AsyncIterator[Understanding]:
    yield RulesUnderstanding()


def service_that(behaves: str) -> Opened:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Understanding]:
        async with mind_that(behaves) as mind, aiohttp.ClientSession() as session:
            mind.dados = KNOWS_THE_DIRECTORY
            mind.valid_for_action = True
            options = ServiceOptions(mind.url, limit_s=0.2)
            yield ExternalUnderstanding(UnderstandingService(session, options, LoopClock()))

    return opened


@asynccontextmanager
async def nowhere() -> AsyncIterator[Understanding]:
    async with aiohttp.ClientSession() as session:
        options = ServiceOptions("http://127.0.0.1:1/understand", limit_s=0.2)
        yield ExternalUnderstanding(UnderstandingService(session, options, LoopClock()))


class Speechless:
    """Fails whatever is said."""

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        raise SpeechError("no mind today")


@asynccontextmanager
async def preferred() -> AsyncIterator[Understanding]:
    choices: list[Choice[Understanding]] = [
        Choice("speechless", Speechless()),
        Choice("rules", RulesUnderstanding()),
    ]
    yield PreferredUnderstanding(Preference("understanding", choices, LoopClock()))


def openai_that(behaves: str) -> Opened:
    """A model that knows the directory, and the rules where it fails."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Understanding]:
        async with openai_server(behaves) as peer, server_at(OpenAIOptions(peer.url, KEY)) as model:
            peer.form = {
                "purpose": "servico",
                "visitor": "Carlos Prado",
                "apartment": "501",
                "resident": "Renata Oliveira",
                "kind": "information",
            }
            choices: list[Choice[Understanding]] = [
                Choice("openai", OpenAIUnderstanding(model, ChatOptions(limit_s=1.0))),
                Choice("rules", RulesUnderstanding()),
            ]
            yield PreferredUnderstanding(Preference("understanding", choices, LoopClock()))

    return opened


UNDERSTANDINGS: dict[str, Opened] = {
    "rules": rules,
    "nowhere": nowhere,
    "preferred": preferred,
    **{f"openai {behaves}": openai_that(behaves) for behaves in ("well", "html", "close")},
    **{behaves: service_that(behaves) for behaves in ("well", *FAILING, *RUBBISH)},
}


@pytest.fixture(params=UNDERSTANDINGS)
def opened(request: pytest.FixtureRequest) -> Opened:
    return UNDERSTANDINGS[request.param]


@pytest.mark.parametrize(
    ("said", "asked", "expected"),
    [
        (
            "boa tarde, sou a Jéssica, é uma entrega para a Renata do 501",
            None,
            Understood(Purpose.DELIVERY, "Jéssica", "501", "Renata", Utterance.INFORMATION),
        ),
        (
            "não, é o quinhentos e dois",
            Question.APARTMENT,
            Understood(apartment="502", kind=Utterance.INFORMATION),
        ),
        (
            "não, é no 502",
            Question.CONFIRM_APARTMENT,
            Understood(apartment="502", kind=Utterance.INFORMATION),
        ),
        ("João", Question.VISITOR, Understood(visitor="João", kind=Utterance.INFORMATION)),
        ("Ana", Question.RESIDENT, Understood(resident="Ana", kind=Utterance.INFORMATION)),
        ("o quê?", Question.PURPOSE, Understood(kind=Utterance.REPEAT)),
        ("não sei", Question.APARTMENT, Understood(kind=Utterance.UNKNOWN)),
        ("quero falar com o porteiro", None, Understood(kind=Utterance.HUMAN)),
        ("boa tarde", None, Understood(kind=Utterance.GREETING)),
        ("sim", Question.CONFIRM_APARTMENT, Understood(kind=Utterance.OTHER)),
    ],
)
async def test_what_the_rules_find_is_found_whatever_the_service_does(
    opened: Opened, said: str, asked: Question | None, expected: Understood
) -> None:
    async with opened() as understanding:
        assert await understanding.understand(CALL_ID, said, asked, DIRECTORY) == expected


@pytest.mark.parametrize("asked", [None, *Question])
async def test_no_name_and_no_number_comes_up_that_the_visitor_did_not_say(
    opened: Opened, asked: Question | None
) -> None:
    said = "rapaz, é aquele negócio lá que o pessoal combinou ontem"
    async with opened() as understanding:
        found = await understanding.understand(CALL_ID, said, asked, DIRECTORY)
    words = set(tokens(said))
    assert set(tokens(f"{found.visitor or ''} {found.resident or ''}")) <= words
    assert found.apartment is None


async def test_many_calls_are_understood_at_once(opened: Opened) -> None:
    async with opened() as understanding:
        found = await asyncio.gather(
            *(
                understanding.understand(CALL_ID, f"entrega para o {number}", None, DIRECTORY)
                for number in range(501, 531)
            )
        )
    assert [understood.apartment for understood in found] == [str(n) for n in range(501, 531)]


async def test_an_empty_and_an_endless_sentence_do_no_harm(opened: Opened) -> None:
    async with opened() as understanding:
        for said in ("", "é " * 50_000, "\0\x1b[2J'; drop table visits; --"):
            found = await understanding.understand(CALL_ID, said, None, DIRECTORY)
            assert found.apartment is None


@pytest.mark.parametrize("behaves", ["hang", "endless"])
async def test_understanding_can_be_cancelled(behaves: str) -> None:
    async with service_that(behaves)() as understanding:
        task = asyncio.create_task(
            understanding.understand(CALL_ID, "entrega para o 501", None, DIRECTORY)
        )
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
