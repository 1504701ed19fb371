"""The gate is told at most once a call, whatever becomes of its line, its log and its process."""

import asyncio
from collections.abc import Sequence

import pytest

from porteiro.calls.keeping import RECORD_S
from porteiro.calls.replay import replay
from porteiro.calls.saved import Announced, Happened, Record, SavedCall, Written
from porteiro.calls.visit import Visit
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Decision
from tests.fakes import FakeLine
from tests.house import House
from tests.kept_logs import Kept, KeptLogs, back, restarted, written

pytestmark = pytest.mark.virtual_time


async def authorized(house: House) -> FakeLine:
    """Have a resident say yes, and the gate told."""
    visitor, resident = await house.asking()
    resident.keys("1")
    await asyncio.sleep(0.1)
    return visitor


async def told(house: House, line: FakeLine) -> list[str]:
    """Let a visitor's line come back that is told something and hung up; return the words."""
    house.voices.texts.clear()
    line = await back(house, line)
    await line.hears_out()
    assert line.hung_up
    assert not house.reception.living()
    return house.voices.texts


async def test_a_visitor_who_is_back_after_the_gate_opened_is_told_so_and_asked_nothing() -> None:
    house = House()
    visitor = await authorized(house)
    visitor.leave("reset")
    await house.over()
    words = await told(house, visitor)
    assert words == ["A entrada foi autorizada e o portão já foi aberto. Até logo."]
    assert len(house.gate.orders) == len(house.dialer.requests) == 1
    await house.reception.close()


async def test_a_visitor_who_was_denied_is_not_asked_about_again() -> None:
    house = House()
    visitor, resident = await house.asking()
    resident.keys("2")
    await asyncio.sleep(0.1)
    visitor.leave("reset")
    await house.over()
    assert await told(house, visitor) == ["Sinto muito, a entrada não foi autorizada. Até logo."]
    assert [order.decision for order in house.gate.orders] == [Decision.DENIED]
    await house.reception.close()


async def test_after_a_visit_nobody_decided_about_the_same_id_begins_anew() -> None:
    house = House()
    visitor = await house.ringing()
    visitor.leave("reset")
    await house.over()
    await back(house, visitor)
    assert house.said(visitor, "porteiro") == ["greeting"]
    await house.reception.close()


async def test_a_call_whose_log_is_damaged_is_not_begun_again_under_its_id() -> None:
    house = House()
    logs = KeptLogs(broken=frozenset({"e69439e9-1489-4bba-b55d-37612b5dffaf"}))
    written(house, logs)
    words = await told(house, house.line("e69439e9-1489-4bba-b55d-37612b5dffaf"))
    assert words[0].startswith("Desculpe, tivemos um problema técnico.")
    other = await house.visitor()
    assert house.said(other, "porteiro") == ["greeting"]
    await house.reception.close()


async def test_a_call_that_told_the_gate_and_was_given_up_is_not_begun_again() -> None:
    house = House()
    logs = written(house)
    visitor = await authorized(house)
    house = await restarted(logs, house)
    await asyncio.sleep(31)
    (visit,) = house.visits.visits
    assert visit.decision is Decision.AUTHORIZED
    await told(house, visitor)
    assert len(house.gate.orders) == 1
    await house.reception.close()


async def test_a_call_that_was_taken_up_after_the_gate_opened_tells_that_for_ever() -> None:
    house = House()
    logs = written(house)
    visitor = await authorized(house)
    house = await restarted(logs, house)
    visitor = await back(house, visitor)
    visitor.leave("reset")
    await house.over()
    assert await told(house, visitor) == [
        "A entrada foi autorizada e o portão já foi aberto. Até logo."
    ]
    assert len(house.gate.orders) == 1
    await house.reception.close()


async def test_a_gate_is_not_told_where_a_restart_might_tell_it_again() -> None:
    house = House()
    logs = written(house)
    visitor, resident = await house.asking()
    logs.logs[visitor.call_id].standing = Written.UNKNOWN
    resident.keys("1")
    await house.over()
    assert not house.gate.orders
    (visit,) = house.visits.visits
    assert (visit.decision, visit.gate) == (Decision.AUTHORIZED, "failed")
    assert "gate_failed" in house.said(visitor, "porteiro")


async def test_a_gate_is_told_where_no_restart_can_know_of_the_call() -> None:
    house = House()
    logs = written(house)
    visitor, resident = await house.asking()
    logs.logs[visitor.call_id].standing = Written.NOTHING
    resident.keys("1")
    await house.over()
    assert len(house.gate.orders) == 1


async def test_that_a_gate_stays_closed_is_told_however_the_disk_is() -> None:
    house = House()
    logs = written(house)
    visitor, resident = await house.asking()
    logs.logs[visitor.call_id].standing = Written.UNKNOWN
    resident.keys("2")
    await house.over()
    assert [order.decision for order in house.gate.orders] == [Decision.DENIED]


class Hanging:
    """A record of visits that never answers."""

    async def record(self, visit: Visit) -> None:
        await asyncio.Event().wait()


async def test_storage_that_hangs_does_not_keep_a_call_alive() -> None:
    house = House(visits=Hanging())  # type: ignore[arg-type]
    logs = written(house)
    visitor = await house.visitor()
    visitor.leave()
    began = asyncio.get_running_loop().time()
    await house.over()
    assert asyncio.get_running_loop().time() - began < RECORD_S + 3
    assert not logs.logs[visitor.call_id].gone  # the next process records it


async def taken_up(call_id: str, records: Sequence[Record]) -> House:
    """Live to its end a call of which so much was written, with both people willing."""
    past = replay(SavedCall(call_id, tuple(records)))
    assert past is not None
    house = House()
    written(house, KeptLogs({call_id: Kept(list(records))}, [past]))
    await house.visitor(call_id)
    resident = await house.resident(call_id)
    for _ in range(3):
        await resident.hears_out()
        resident.keys("1")
    await house.over()
    await house.reception.close()
    return house


async def test_whatever_of_a_call_survives_a_crash_its_gate_is_told_at_most_once() -> None:
    house = House()
    logs = written(house)
    visitor = await authorized(house)
    await house.over()
    records = logs.logs[visitor.call_id].records
    asked = next(
        at
        for at, record in enumerate(records, start=1)
        if isinstance(record, Happened) and record.state is State.ASKING
    )
    told = next(at for at, one in enumerate(records, start=1) if isinstance(one, Announced))
    for length in range(asked, len(records)):
        again = await taken_up(visitor.call_id, records[:length])
        # Before it was written that the gate is about to be told, it was not.
        assert len(again.gate.orders) == (length < told), records[length - 1]
        (visit,) = again.visits.visits
        assert visit.decision is Decision.AUTHORIZED
