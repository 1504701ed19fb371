"""Extensions that change while a visit is in progress: its resident still finds it."""

from dataclasses import replace

import pytest

from porteiro.dialogue.terms import Decision
from tests.fakes import FakeLine
from tests.house import EXTENSION, OTHER, House

pytestmark = pytest.mark.virtual_time

SENTENCE = "sou o Pedro, tenho uma entrega pra Renata do 501"


async def ringing(house: House) -> FakeLine:
    visitor = await house.visitor()
    await visitor.speaks(SENTENCE)
    await house.until(visitor, "ringing")
    return visitor


async def test_a_resident_on_the_new_port_of_a_moved_extension_is_taken_in() -> None:
    house = House()
    visitor = await ringing(house)
    moved = replace(EXTENSION, return_port=EXTENSION.return_port + 2)
    resident = await house.resident(visitor.call_id, moved)
    resident.keys("1")
    await house.over()
    assert house.visits.visits[0].decision is Decision.AUTHORIZED


async def test_a_resident_on_a_port_that_went_to_another_extension_is_taken_in() -> None:
    house = House()
    visitor = await ringing(house)
    heir = replace(OTHER, ip=EXTENSION.ip, return_port=EXTENSION.return_port)
    resident = await house.resident(visitor.call_id, heir)
    resident.keys("1")
    await house.over()
    assert house.visits.visits[0].decision is Decision.AUTHORIZED


async def test_a_resident_at_another_extensions_own_port_is_not() -> None:
    house = House()
    visitor = await ringing(house)
    stranger = await house.resident(visitor.call_id, replace(OTHER, return_port=9))
    stranger.keys("1")
    await house.over()
    assert stranger.hung_up
    assert house.visits.visits[0].decision is Decision.NO_DECISION


async def test_a_return_port_is_awaited_as_long_as_a_call_of_it_lives() -> None:
    house = House()
    assert not house.reception.awaits_resident(EXTENSION)
    await ringing(house)
    assert house.reception.awaits_resident(EXTENSION)
    assert not house.reception.awaits_resident(OTHER)
    await house.over()
    assert not house.reception.awaits_resident(EXTENSION)
