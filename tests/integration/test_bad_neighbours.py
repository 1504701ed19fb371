"""A dialer and a gate's relay that fail: the visitor is told, the gate opens at most once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
import pytest_asyncio

from porteiro.phones.audiosocket import dial
from porteiro.phones.telephone import Ending
from tests.integration.building import DIRECTORY
from tests.integration.neighbours import (
    Json,
    Neighbours,
    hears_something,
    key_in,
    neighbours,
    over,
)
from tests.integration.server import Server, Site, eventually, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Account:
    """What came of one visit."""

    call_id: str
    ending: Ending
    said: list[str]
    visit: Json
    troubles: list[str]


@dataclass
class Day:
    """All visits of this module, by apartment; they were paid at once."""

    building: Neighbours
    accounts: dict[str, Account]
    left_over: list[str]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def day(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Day]:
    async with neighbours() as building:
        settings = building.settings | {"PORTEIRO_RING_SECONDS": "7"}
        site = Site(settings, DIRECTORY)
        async with serving(tmp_path_factory.mktemp("neighbours"), site) as server:
            await settled(server)
            before = server.descriptors()
            apartments = [str(entry["apartment_number"]) for entry in DIRECTORY]
            accounts = await asyncio.gather(*(visit(server, one) for one in apartments))
            await server.left_with()
            left_over = await server.calls()
            await server.holds_no_more_than(before)
            yield Day(building, dict(zip(apartments, accounts, strict=True)), left_over)


async def settled(server: Server) -> None:
    """Let the server open what it opens once, at the first call and the first request."""
    async with dial("127.0.0.1", server.port, str(uuid4())) as phone:
        await hears_something(phone, since=float("-inf"))
    await server.left_with()


async def visit(server: Server, apartment: str) -> Account:
    """Come for somebody, by keys, and stay on the line to the end."""
    call_id = str(uuid4())
    async with dial("127.0.0.1", server.port, call_id) as phone:
        await key_in(phone, apartment)
        ending = await over(phone)
    await eventually(lambda: server.visits(call_id))
    (record,) = server.visits(call_id)
    said = [line["key"] for line in record["transcript"] if line["role"] == "visitor"]
    troubles = server.logged("trouble", call_id=call_id, level="warning")
    return Account(call_id, ending, said, record, [f"{t['part']}: {t['reason']}" for t in troubles])


@pytest.mark.parametrize(
    ("apartment", "reason"),
    [
        pytest.param("504", "the dialer's webhook answered 404, not 2xx", id="404"),
        pytest.param("505", "the dialer's webhook answered 500, not 2xx", id="500"),
        pytest.param("506", "the dialer's webhook did not answer within 5 s", id="never"),
        pytest.param("507", "no number that can be dialed", id="no number"),
    ],
)
async def test_a_resident_who_cannot_be_rung_is_told_to_the_visitor_and_the_log(
    day: Day, apartment: str, reason: str
) -> None:
    account = day.accounts[apartment]
    assert account.ending is Ending.PORTEIRO_HUNG_UP
    assert account.said[-1] == "unreachable"
    assert account.visit["decision"] == "no_decision"
    assert any(reason in trouble for trouble in account.troubles), account.troubles
    assert not day.building.orders_of(account.call_id)


async def test_a_resident_who_never_answers_is_told_to_the_visitor(day: Day) -> None:
    account = day.accounts["503"]
    assert account.ending is Ending.PORTEIRO_HUNG_UP
    assert account.said[-1] == "unreachable"
    assert len(day.building.rings_of(account.call_id)) == 1


@pytest.mark.parametrize(
    ("apartment", "reason"),
    [
        pytest.param("5001", "the gate's HTTP service answered 500, not 2xx", id="500"),
        pytest.param("6001", "the gate's HTTP service did not confirm within 3 s", id="never"),
    ],
)
async def test_a_gate_that_fails_is_tried_again_under_one_key_and_told_to_the_visitor(
    day: Day, apartment: str, reason: str
) -> None:
    account = day.accounts[apartment]
    orders = day.building.orders_of(account.call_id)
    assert len(orders) == 3
    assert all(order == orders[0] for order in orders)
    assert day.building.keys_of(account.call_id) == {account.call_id}
    assert account.said[-1] == "gate_failed"
    assert account.ending is Ending.PORTEIRO_HUNG_UP
    assert account.visit["gate"] == "failed"
    assert account.visit["end"] == "authorized, the gate failed"
    assert any(reason in trouble for trouble in account.troubles), account.troubles


@pytest.mark.parametrize(("apartment", "gate"), [("501", "opened"), ("502", "kept closed")])
async def test_visits_beside_those_that_fail_come_to_their_good_end(
    day: Day, apartment: str, gate: str
) -> None:
    account = day.accounts[apartment]
    assert account.visit["gate"] == gate
    assert len(day.building.orders_of(account.call_id)) == 1
    assert not account.troubles


async def test_nothing_is_left_of_visits_that_failed(day: Day) -> None:
    assert day.left_over == []
