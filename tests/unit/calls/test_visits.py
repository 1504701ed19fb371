"""Whole visits through the call engine, with sound on fake lines and a clock that leaps."""

import asyncio

import pytest

from porteiro.audio.tones import busy
from porteiro.calls.board import LegEnd
from porteiro.dialogue.events import RingResult
from porteiro.dialogue.terms import Decision, Purpose, Role
from tests.fakes import RATE, FakeLine
from tests.house import OTHER, House

pytestmark = pytest.mark.virtual_time

SENTENCE = "sou o Pedro, tenho uma entrega pra Renata do 501"


async def ringing(house: House) -> FakeLine:
    visitor = await house.visitor()
    await visitor.speaks(SENTENCE)
    await house.until(visitor, "ringing")
    return visitor


async def asking(house: House) -> tuple[FakeLine, FakeLine]:
    visitor = await ringing(house)
    return visitor, await house.resident(visitor.call_id)


async def test_a_visit_authorized_by_voice() -> None:
    house = House()
    visitor, resident = await asking(house)
    await resident.speaks("sim, pode entrar")
    await house.over()
    visit = house.visits.visits[0]
    assert visit.decision is Decision.AUTHORIZED
    assert (visit.visitor, visit.apartment, visit.purpose) == ("Pedro", "501", Purpose.DELIVERY)
    assert visit.decided_by == "sim, pode entrar"
    assert [order.decision for order in house.gate.orders] == [Decision.AUTHORIZED]
    assert visitor.hung_up
    assert resident.hung_up
    assert not visitor.aborted or visitor.hung_up
    assert [turn.role for turn in visit.turns] == [Role.VISITOR, Role.RESIDENT]


async def test_a_visit_denied_by_key() -> None:
    house = House()
    _, resident = await asking(house)
    resident.keys("2")
    await house.over()
    assert house.visits.visits[0].decision is Decision.DENIED
    assert house.gate.orders[0].decision is Decision.DENIED


async def test_an_unsure_ear_confirms_a_yes() -> None:
    house = House()
    house.transcriber.sure = False
    visitor = await house.visitor()
    await visitor.hears_out()
    visitor.keys("501#")
    await house.until(visitor, "ringing")
    resident = await house.resident(visitor.call_id)
    await resident.speaks("sim")
    await house.until(visitor, "confirming_yes")
    assert house.gate.orders == []
    await resident.speaks("sim")
    await house.over()
    assert len(house.gate.orders) == 1


async def test_a_hash_ends_the_recording_before_it_began_or_after() -> None:
    house = House()
    hasty = await house.visitor()
    hasty.keys("501##")
    await house.until(hasty, "ringing", limit_s=0.5)
    patient = await house.visitor()
    patient.keys("501#")
    await patient.hears_out()
    patient.keys("#")
    await house.until(patient, "ringing", limit_s=0.5)
    for line in (hasty, patient):
        line.leave()
    await house.over()


async def test_a_resident_who_never_answers() -> None:
    house = House()
    await ringing(house)
    await house.over()
    visit = house.visits.visits[0]
    assert visit.decision is Decision.NO_DECISION
    assert visit.end == "resident not reached"
    assert [request.attempt for request in house.dialer.requests] == [1, 2]
    assert len({request.attempt_id for request in house.dialer.requests}) == 2
    assert house.gate.orders == []


async def test_a_visitor_who_hangs_up_stops_the_ringing() -> None:
    house = House()
    house.dialer.result = None
    visitor = await ringing(house)
    visitor.leave()
    await house.over()
    assert house.dialer.stopped == 1
    assert [attempt.result for attempt in house.visits.visits[0].attempts] == ["no_answer"]
    assert house.visits.visits[0].end == "visitor left"


async def test_a_dialer_that_fails_is_a_resident_not_reached() -> None:
    house = House()
    house.dialer.fails = True
    await ringing(house)
    await house.over()
    assert [attempt.result for attempt in house.visits.visits[0].attempts] == ["failed", "failed"]


async def test_a_busy_resident_is_tried_again() -> None:
    house = House()
    house.dialer.result = RingResult.BUSY
    await ringing(house)
    await house.over()
    assert len(house.dialer.requests) == 2


async def test_a_stranger_on_the_return_port_joins_nothing() -> None:
    house = House()
    visitor = await ringing(house)
    for line in (
        await house.resident("e69439e9-1489-4bba-b55d-37612b5dffaf"),
        await house.resident(visitor.call_id, OTHER),
    ):
        await asyncio.sleep(5)
        assert line.hung_up
    assert house.state(visitor) == "ringing"
    assert len(house.reception.living()) == 1


async def test_a_second_resident_is_told_and_hung_up() -> None:
    house = House()
    visitor, resident = await asking(house)
    second = await house.resident(visitor.call_id)
    second.keys("1")
    await asyncio.sleep(5)
    assert second.hung_up
    assert house.gate.orders == []
    assert not resident.hung_up


async def test_a_living_call_cannot_be_taken_over() -> None:
    house = House()
    visitor = await ringing(house)
    thief = await house.visitor(visitor.call_id)
    await asyncio.sleep(5)
    assert thief.hung_up
    assert not visitor.hung_up
    assert len(house.reception.living()) == 1


async def test_a_call_beyond_capacity_is_told_and_hung_up_within_four_seconds() -> None:
    house = House(max_calls=1)
    first = await house.visitor()
    second = await house.visitor()
    await asyncio.sleep(4)
    assert second.hung_up
    assert not first.hung_up


async def test_a_failing_gate_is_retried_and_then_told() -> None:
    house = House()
    house.gate.failures = 1
    _, resident = await asking(house)
    resident.keys("1")
    await house.over()
    assert house.gate.tries == 2
    assert len(house.gate.orders) == 1
    broken = House()
    broken.gate.failures = 99
    _, resident = await asking(broken)
    resident.keys("1")
    await broken.over()
    assert broken.visits.visits[0].gate == "failed"
    assert any("portão não respondeu" in text for text in broken.voices.texts)


@pytest.mark.parametrize(("fault", "takes_s"), [("fails", 0.0), ("hangs", 6.0)])
async def test_ears_that_fail_or_hang_lead_to_keys(fault: str, takes_s: float) -> None:
    house = House()
    setattr(house.transcriber, fault, True)
    visitor = await house.visitor()
    for _ in range(2):
        await visitor.speaks("entrega")
        await asyncio.sleep(takes_s)
    await visitor.hears_out()
    assert any("tecle o número" in text for text in house.voices.texts)
    visitor.keys("501#")
    await house.until(visitor, "ringing")
    visitor.leave()
    await house.over()


async def test_a_voice_that_fails_ends_the_call_and_not_the_house() -> None:
    house = House()
    house.voices.broken = True
    visitor = await house.visitor()
    await house.over()
    assert visitor.hung_up
    assert busy(RATE) in bytes(visitor.played)
    assert house.visits.visits[0].end.startswith("broken")


async def test_a_bug_in_one_call_is_told_to_its_people_and_disturbs_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    good, bad = await ringing(house), await ringing(house)

    async def bug(order: object) -> None:
        raise ZeroDivisionError

    resident = await house.resident(bad.call_id)
    with monkeypatch.context() as patch:
        patch.setattr(house.gate, "announce", bug)
        resident.keys("1")
        await asyncio.sleep(5)
    assert bad.hung_up
    assert resident.hung_up
    assert house.state(good) == "ringing"
    other = await house.resident(good.call_id)
    other.keys("1")
    await house.over()
    assert [order.call_id for order in house.gate.orders] == [good.call_id]


async def test_a_pbx_that_never_closes_is_left_by_force() -> None:
    house = House()
    visitor, resident = await asking(house)
    visitor.closes_when_hung_up = resident.closes_when_hung_up = False
    resident.keys("1")
    await house.over()
    assert visitor.aborted
    assert resident.aborted


async def test_no_call_is_longer_than_three_hundred_seconds() -> None:
    house = House()
    house.condominium = house.condominium.__class__(
        15, "", "Oi", house.condominium.guide, attempts=10, ring_s=120
    )
    began = asyncio.get_running_loop().time()
    await ringing(house)
    await house.over()
    assert asyncio.get_running_loop().time() - began <= 300.5
    assert house.visits.visits[0].end == "time over"


async def test_hanging_a_leg_up_from_outside() -> None:
    house = House()
    visitor, resident = await asking(house)
    board = house.reception
    assert board.hang_up(visitor.call_id, Role.RESIDENT) is LegEnd.HUNG_UP
    await asyncio.sleep(0.1)
    assert board.hang_up(visitor.call_id, Role.RESIDENT) is LegEnd.NO_SUCH_LEG
    assert board.hang_up("e69439e9-1489-4bba-b55d-37612b5dffaf", Role.VISITOR) is (
        LegEnd.NO_SUCH_CALL
    )
    await house.over()
    assert resident.hung_up
    assert house.visits.visits[0].end == "resident left"


async def test_many_visits_at_once_keep_apart() -> None:
    house = House()

    async def visit(index: int) -> tuple[str, str, bool]:
        visitor = await house.visitor()
        name = f"Pedro {chr(65 + index)}ntônio"
        await visitor.speaks(f"sou o {name}, entrega pra Renata do 501")
        await house.until(visitor, "ringing")
        resident = await house.resident(visitor.call_id)
        await resident.speaks("sim" if index % 2 else "não")
        return visitor.call_id, name, bool(index % 2)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(visit(index)) for index in range(12)]
    await house.over()
    opened = {o.call_id: o.visitor for o in house.gate.orders if o.decision == "authorized"}
    assert opened == {task.result()[0]: task.result()[1] for task in tasks if task.result()[2]}


async def test_stopping_the_house_hangs_every_line_up_and_records_the_visit() -> None:
    house = House()
    visitor, resident = await asking(house)
    await house.reception.close()
    assert visitor.hung_up
    assert resident.hung_up
    assert house.visits.visits[0].end == "stopped from outside"
    assert house.gate.orders == []
