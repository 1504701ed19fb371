"""Processes that die, and sockets that break, beneath real visits on a real server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from porteiro.phones.telephone import Ending
from tests.faults.real_page import ROWS
from tests.faults.real_world import Account, RealWorld, real_world
from tests.postgres import PostgresServer, postgres
from tests.rabbitmq import RabbitMQ, one_rabbitmq

__all__ = ["one_rabbitmq", "postgres"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST, LAST = "nothing", "disk is full"
"""By themselves: this opens what is opened once, and that would reach all the others."""
FAULTS = {
    "visitor's socket is reset": RealWorld.visitor_reset,
    "resident's socket is reset": RealWorld.resident_reset,
    "visitor's PBX reads nothing": RealWorld.stalled_visitor,
    "recognition worker is killed in a turn": RealWorld.recognizer_killed,
    "gate takes the connection and never answers": RealWorld.stuck_gate,
    "broker before the gate is killed": RealWorld.broker_killed,
    "PostgreSQL is frozen": RealWorld.database_frozen,
    "Asterisk's manager is reset as it rings": RealWorld.manager_reset,
}
"""All at once."""


@dataclass
class Day:
    """All visits of this module, by what broke, and what was left after them."""

    world: RealWorld
    accounts: dict[str, Account]
    living: list[str]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def day(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, one_rabbitmq: RabbitMQ
) -> AsyncIterator[Day]:
    one_rabbitmq.start()
    folder = tmp_path_factory.mktemp("faults") / "live"
    async with real_world(folder, postgres, one_rabbitmq) as world:
        server = world.site.server
        first = await world.nothing()
        world.pbx.rung.clear()
        before = server.descriptors()
        try:
            accounts = await asyncio.gather(*(visit(world) for visit in FAULTS.values()))
        finally:
            postgres.thaw()
        full = await world.disk_full()
        await server.left_with()
        living = await server.calls()
        await server.holds_no_more_than(before, 40)
        yield Day(world, dict(zip(ROWS, [first, *accounts, full], strict=True)), living)


@pytest.mark.parametrize("fault", [*ROWS])
async def test_people_hear_what_the_page_tells(day: Day, fault: str) -> None:
    assert day.accounts[fault].row == ROWS[fault]


@pytest.mark.parametrize("fault", [*ROWS])
async def test_the_visit_is_in_the_database_once(day: Day, fault: str) -> None:
    async with asyncio.timeout(40):
        while not day.world.kept(day.accounts[fault].call_id):  # noqa: ASYNC110  another's
            await asyncio.sleep(0.1)
    assert day.world.kept(day.accounts[fault].call_id) == 1


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        ("visitor's socket is reset", ("resident",)),
        ("resident's socket is reset", ("visitor",)),
        ("recognition worker is killed in a turn", ("visitor",)),
        ("gate takes the connection and never answers", ("visitor",)),
        ("broker before the gate is killed", ("visitor", "resident")),
        ("PostgreSQL is frozen", ("visitor", "resident")),
        ("Asterisk's manager is reset as it rings", ("visitor",)),
        (LAST, ("visitor", "resident")),
    ],
)
async def test_whoever_is_left_hears_words_and_is_hung_up(
    day: Day, fault: str, heard: tuple[str, ...]
) -> None:
    account = day.accounts[fault]
    assert account.heard_after == heard
    assert account.endings.count(Ending.PORTEIRO_HUNG_UP) == len(heard)


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ("gate takes the connection and never answers", "gate: try 1: the gate's HTTP service"),
        ("broker before the gate is killed", "gate: try 1:"),
        ("Asterisk's manager is reset as it rings", "dialer: the connection to Asterisk's manager"),
    ],
)
async def test_the_log_says_what_broke(day: Day, fault: str, part: str) -> None:
    assert any(trouble.startswith(part) for trouble in day.accounts[fault].troubles)


async def test_the_log_says_in_words_what_is_away(day: Day) -> None:
    for event in ("The message broker is away", "Asterisk's manager is away"):
        reasons = {line["reason"] for line in day.world.site.server.logged(event)}
        assert reasons
        assert not [reason for reason in reasons if "Errno" in reason or "Error(" in reason]


async def test_the_gate_hears_of_each_visit_once_at_most_and_only_after_a_yes(day: Day) -> None:
    for fault, account in day.accounts.items():
        orders = day.world.building.orders_of(account.call_id)
        authorized = account.story["decision"] == "authorized"
        assert len(orders) == (1 if authorized and account.story["gate"] == "opened" else 0), fault


async def test_every_fault_of_the_page_was_played(day: Day) -> None:
    assert [*day.accounts] == [FIRST, *FAULTS, LAST]


async def test_nothing_is_left_of_any_visit(day: Day) -> None:
    assert day.living == []
