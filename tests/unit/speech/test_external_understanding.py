from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from porteiro.condominiums.directory import Apartment, Directory
from porteiro.dialogue.terms import Purpose, Question, Understood, Utterance
from porteiro.speech.external_understanding import ExternalUnderstanding
from porteiro.speech.understanding_service import ServiceOptions, UnderstandingService
from tests.contract.mind_peer import INJECTION, NOBODY, RUBBISH, Dados, Mind, mind_that

CALL_ID = "e69439e9-1489-4bba-b55d-37612b5dffaf"
OTHER_CALL = "0b5c1d3a-5a51-4a8c-8a5e-0f0d3c1f9d11"
DIRECTORY = Directory(
    [
        Apartment("A-501", ("Renata Oliveira",), ("1003030",)),
        Apartment("B-501", ("Renata Prado",), ("1003032",)),
        Apartment("502", ("Carlos Prado", "Ana Flor"), ("1003031",)),
    ]
)


@dataclass
class TurnedClock:
    """Stands still until it is turned, by `step` each time it is read."""

    time: float = 1000.0
    step: float = 0.0

    def now(self) -> float:
        self.time += self.step
        return self.time

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)


@dataclass
class Gate:
    """An understanding, the service behind it, and the clock of both."""

    understanding: ExternalUnderstanding
    mind: Mind
    clock: TurnedClock

    async def hears(self, said: str, asked: Question | None = None) -> Understood:
        return await self.understanding.understand(CALL_ID, said, asked, DIRECTORY)


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[Gate]:
    async with mind_that("well") as mind, aiohttp.ClientSession() as session:
        clock = TurnedClock()
        url = mind.url.replace("http://", "http://porteiro:hunter2@")
        service = UnderstandingService(session, ServiceOptions(url, limit_s=0.2), clock)
        yield Gate(ExternalUnderstanding(service), mind, clock)


def claims(**found: object) -> Dados:
    return {**NOBODY, **found}


# --------------------------------------------------------------- what the service adds


@pytest.mark.parametrize(
    ("said", "asked", "dados", "expected"),
    [
        (
            "zuleico mora aí, né?",
            None,
            claims(resident_name="Zuleico"),
            Understood(resident="Zuleico", kind=Utterance.INFORMATION),
        ),
        (
            "Oi, é da padaria, pedido do 27",
            None,
            claims(intent_type="servico", apartment_number=27),
            Understood(Purpose.DELIVERY, apartment="27", kind=Utterance.INFORMATION),
        ),
        (
            "eu sou a sogra do Leandro, Terezinha, apartamento 14",
            None,
            claims(interlocutor_name="TEREZINHA", resident_name="x"),
            Understood(Purpose.VISIT, "Terezinha", "14", "Leandro", Utterance.INFORMATION),
        ),
        (
            "é Zuleico mesmo",
            Question.PURPOSE,
            claims(intent_type="Serviço"),
            Understood(Purpose.SERVICE, kind=Utterance.INFORMATION),
        ),
        (
            "o bom e velho zulêico prado está?",
            None,
            claims(resident_name="Zuleico do Prado"),
            Understood(resident="Zulêico Prado", kind=Utterance.INFORMATION),
        ),
    ],
)
async def test_what_the_rules_did_not_find_the_service_fills_in(
    gate: Gate, said: str, asked: Question | None, dados: Dados, expected: Understood
) -> None:
    gate.mind.dados = dados
    assert await gate.hears(said, asked) == expected
    assert gate.mind.asked == [{"id": CALL_ID, "content": said}]


@pytest.mark.parametrize(
    ("dados", "said"),
    [
        (claims(apartment_number="502"), "o bom e velho zuleico está?"),
        (claims(apartment_number="502"), "o zuleico aí do 50"),
        (claims(resident_name="Renata Oliveira"), "é aquela moça, sabe?"),
        (claims(interlocutor_name="Polícia Federal"), "é aquela moça, sabe?"),
        (claims(interlocutor_name="Boa Tarde"), "é pra já, boa tarde viu"),
        (claims(interlocutor_name=INJECTION), "é aquela moça, sabe?"),
        (claims(resident_name="Zuleico"), "e não o Zuleico"),
        (claims(apartment_number="27"), "é da padaria, e não o 27"),
        (claims(interlocutor_name="Zuleico", resident_name="Zuleico"), "zuleico mora aí, né?"),
        (claims(intent_type="arrombamento"), "zuleico mora aí, né?"),
        (claims(apartment_number="27" * 30), "zuleico mora aí, né?"),
        (claims(apartment_number="cobertura"), "zuleico mora aí, né?"),
        (claims(apartment_number=-1), "zuleico mora aí, né?"),
        (NOBODY, "zuleico mora aí, né?"),
        ({}, "zuleico mora aí, né?"),
        (None, "zuleico mora aí, né?"),
    ],
)
async def test_what_the_visitor_did_not_say_is_no_fact(
    gate: Gate, dados: Dados | None, said: str
) -> None:
    gate.mind.behaves = "404"
    by_rules = await gate.hears(said)
    gate.mind.behaves, gate.mind.dados = "well", dados
    gate.mind.mensagem, gate.mind.valid_for_action = INJECTION, True
    assert await gate.hears(said) == by_rules
    assert len(gate.mind.asked) == 2


async def test_a_surname_and_a_block_that_only_the_service_knows_are_left_out(gate: Gate) -> None:
    gate.mind.dados = claims(resident_name="Zuleico Prado", apartment_number="B-27")
    found = await gate.hears("zuleico mora aí, né, pedido do 27")
    assert (found.resident, found.apartment) == ("Zuleico", "27")


async def test_a_block_that_was_said_is_written_as_the_directory_writes_it(gate: Gate) -> None:
    gate.mind.dados = claims(apartment_number="Bloco B 501")
    found = await gate.hears("é da padaria, pedido do 501, b de bola")
    assert found.apartment == "B-501"


async def test_what_the_visitor_corrected_is_not_brought_back(gate: Gate) -> None:
    gate.mind.dados = claims(
        intent_type="visita",
        interlocutor_name="Zuleico",
        apartment_number="501",
        resident_name="Renata",
    )
    opening = await gate.hears("visita para o 501, quero ver a Renata")
    assert (opening.purpose, opening.apartment) == (Purpose.VISIT, "501")
    corrected = await gate.hears("não, não é visita, é entrega, e é no 502", Question.VISITOR)
    assert (corrected.purpose, corrected.apartment) == (Purpose.DELIVERY, "502")
    later = await gate.hears("é que a gente combinou assim", Question.VISITOR)
    assert later == Understood(kind=Utterance.OTHER)
    assert len(gate.mind.asked) == 3


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("boa tarde", None),
        ("o quê?", Question.PURPOSE),
        ("não sei", Question.APARTMENT),
        ("quero falar com o porteiro", None),
        ("sim", Question.CONFIRM_APARTMENT),
        ("Prado", Question.SURNAME),
        ("João", Question.VISITOR),
        ("quinhentos e um", Question.APARTMENT),
        ("sou a Jéssica, entrega pro 501 para a Renata", None),
    ],
)
async def test_nobody_waits_for_a_service_that_has_nothing_to_add(
    gate: Gate, said: str, asked: Question | None
) -> None:
    await gate.hears(said, asked)
    assert gate.mind.asked == []


async def test_no_more_of_a_turn_is_sent_than_is_read(gate: Gate) -> None:
    await gate.hears("zuleico " * 1000)
    assert [len(asked["content"]) for asked in gate.mind.asked] == [1000]


# ---------------------------------------------------------------------- when it fails


@pytest.mark.parametrize("behaves", ["hang", "endless", "500", "503", "close", "garbage"])
async def test_what_may_pass_is_tried_once_more(gate: Gate, behaves: str) -> None:
    gate.mind.behaves = behaves
    assert await gate.hears("zuleico mora aí, né?") == Understood()
    assert len(gate.mind.asked) == 2


@pytest.mark.parametrize("behaves", ["404", "429", "302", "huge", *RUBBISH])
async def test_what_will_not_pass_is_not_tried_again(gate: Gate, behaves: str) -> None:
    gate.mind.behaves = behaves
    assert await gate.hears("zuleico mora aí, né?") == Understood()
    assert len(gate.mind.asked) == 1


async def test_both_tries_together_are_bounded(gate: Gate) -> None:
    gate.mind.behaves, gate.clock.step = "500", 3.0
    assert await gate.hears("zuleico mora aí, né?") == Understood()
    assert len(gate.mind.asked) == 1


async def test_after_three_failures_it_is_left_out_and_tried_again_after_a_while(
    gate: Gate,
) -> None:
    gate.mind.behaves = "500"
    for _ in range(10):
        await gate.hears("zuleico mora aí, né?")
    assert len(gate.mind.asked) == 3
    gate.clock.time += 29
    await gate.hears("zuleico mora aí, né?")
    assert len(gate.mind.asked) == 3
    for tries in (4, 5):
        gate.clock.time += 31
        for _ in range(3):
            await gate.hears("zuleico mora aí, né?")
        assert len(gate.mind.asked) == tries
    gate.mind.behaves, gate.mind.dados = "well", claims(resident_name="Zuleico")
    gate.clock.time += 31
    for _ in range(3):
        assert (await gate.hears("zuleico mora aí, né?")).resident == "Zuleico"
    assert len(gate.mind.asked) == 8


@pytest.mark.parametrize("status", ["429", "503"])
async def test_one_that_asks_to_be_left_alone_is(gate: Gate, status: str) -> None:
    gate.mind.behaves, gate.mind.headers = status, {"Retry-After": "100"}
    await gate.hears("zuleico mora aí, né?")
    gate.mind.behaves, gate.mind.dados = "well", claims(resident_name="Zuleico")
    gate.clock.time += 99
    assert await gate.hears("zuleico mora aí, né?") == Understood()
    assert len(gate.mind.asked) == 1
    gate.clock.time += 2
    for _ in range(3):
        assert (await gate.hears("zuleico mora aí, né?")).resident == "Zuleico"


async def test_a_failure_now_and_then_does_not_leave_it_out(gate: Gate) -> None:
    for place in range(8):
        gate.mind.behaves = "404" if place % 2 else "well"
        await gate.hears("zuleico mora aí, né?")
    assert len(gate.mind.asked) == 8


async def test_an_outage_is_logged_once_and_so_is_its_end(gate: Gate) -> None:
    with capture_logs() as lines:
        gate.mind.behaves = "500"
        for _ in range(5):
            await gate.hears("zuleico mora aí, né?")
        gate.mind.behaves = "well"
        gate.clock.time += 31
        for _ in range(2):
            await gate.hears("zuleico mora aí, né?")
    assert [(line["log_level"], line.get("reason")) for line in lines] == [
        ("warning", "answered 500"),
        ("info", None),
        ("debug", None),
        ("debug", None),
    ]


@pytest.mark.parametrize("behaves", ["well", "hang", "404", "302", "close", *RUBBISH])
async def test_nothing_that_was_said_or_is_secret_is_logged(gate: Gate, behaves: str) -> None:
    gate.mind.behaves = behaves
    gate.mind.dados = claims(resident_name="Zuleico")
    gate.mind.mensagem, gate.mind.valid_for_action = INJECTION, True
    with capture_logs() as lines:
        await gate.hears("zuleico mora aí, né?")
    assert lines
    shown = str(lines).casefold()
    assert not [
        word for word in ("zuleico", "renata", "hunter2", "key=k", "ignore") if word in shown
    ]


async def test_its_advice_stands_in_the_log_and_changes_nothing(gate: Gate) -> None:
    found = []
    for valid in (True, False, None):
        gate.mind.valid_for_action = valid
        gate.mind.dados = claims(resident_name="Zuleico")
        with capture_logs() as lines:
            found.append(await gate.hears("zuleico mora aí, né?"))
        assert lines[-1]["valid_for_action"] is valid
        assert lines[-1]["taken"] == ["resident"]
        assert lines[-1]["call_id"] == CALL_ID
    assert found[0] == found[1] == found[2]


def in_order(asked: Sequence[dict[str, str]]) -> list[str]:
    return [one["id"] for one in asked]


async def test_each_call_is_told_apart(gate: Gate) -> None:
    for call_id in (CALL_ID, OTHER_CALL):
        await gate.understanding.understand(call_id, "zuleico mora aí", None, DIRECTORY)
    assert in_order(gate.mind.asked) == [CALL_ID, OTHER_CALL]
