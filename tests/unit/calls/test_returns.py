"""Calls taken up in virtual time: who may come back, to what, and what of them is recorded."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest

from porteiro.calls.board import Change
from porteiro.calls.returns import RETURN_S
from porteiro.calls.saved import Announced, Kept, Record, Rung
from porteiro.dialogue.terms import Decision, Role
from tests.fakes import FakeLine
from tests.house import EXTENSION, OTHER, House
from tests.kept_logs import KeptLogs, back, restarted, written

pytestmark = pytest.mark.virtual_time

STORY = {"started", "resumed", "ended"}


async def test_a_visit_is_taken_up_and_goes_on_to_its_end() -> None:
    house = House()
    logs = written(house)
    visitor = await house.ringing()
    house = await restarted(logs, house)
    visitor = await back(house, visitor)
    assert house.said(visitor, "porteiro")[-2:] == ["line_lost", "patience"]
    resident = await house.resident(visitor.call_id)
    await resident.speaks("sim, pode entrar")
    await house.over()
    assert len(house.gate.orders) == len(house.dialer.requests) == 1
    (visit,) = house.visits.visits
    assert visit.visitor == "Pedro"
    assert [attempt.number for attempt in visit.attempts] == ["1003030"]
    assert visit.states == sorted(visit.states)


async def test_a_call_that_ended_is_not_taken_up() -> None:
    house = House()
    logs = written(house)
    visitor = await house.visitor()
    visitor.leave()
    await house.over()
    assert all(log.gone for log in logs.logs.values())
    house = await restarted(logs, house)
    await back(house, visitor)
    assert house.said(visitor, "porteiro") == ["greeting"]
    await house.reception.close()


async def test_a_line_on_another_extension_takes_no_call_up() -> None:
    house = House()
    logs = written(house)
    visitor = await house.ringing()
    house = await restarted(logs, house)
    stranger = await house.resident(visitor.call_id, OTHER)
    await stranger.hears_out()
    assert stranger.hung_up
    assert not house.reception.living()
    await back(house, visitor)
    assert house.state(visitor) == "ringing"
    await house.reception.close()


async def test_a_resident_whom_no_interrupted_call_expects_is_told_so() -> None:
    house = House()
    logs = written(house)
    visitor = await house.visitor()
    await visitor.speaks("tenho uma entrega")
    house = await restarted(logs, house)
    resident = await house.resident(visitor.call_id)
    await resident.hears_out()
    assert resident.hung_up
    assert not house.reception.living()
    await back(house, visitor)
    assert house.said(visitor, "porteiro")[-2:] == ["line_lost", "ask_visitor"]
    await house.reception.close()


async def test_a_call_cannot_be_taken_up_twice() -> None:
    house = House()
    logs = written(house)
    visitor = await house.ringing()
    house = await restarted(logs, house)
    await back(house, visitor)
    second = await house.visitor(visitor.call_id)
    await second.hears_out()
    assert second.hung_up
    assert house.state(visitor) == "ringing"
    await house.reception.close()


async def test_what_nobody_comes_back_to_is_recorded_after_a_while_and_then_forgotten() -> None:
    house = House()
    logs = written(house)
    visitor = await house.ringing()
    house = await restarted(logs, house)
    await asyncio.sleep(RETURN_S + 1)
    (visit,) = house.visits.visits
    assert (visit.end, visit.visitor) == ("Porteiro was restarted", "Pedro")
    assert visit.ended is not None
    await back(house, visitor)
    assert house.said(visitor, "porteiro") == ["greeting"]
    await house.reception.close()


async def test_an_old_call_is_recorded_at_once() -> None:
    house = House()
    logs = written(house)
    await house.ringing()
    house = await restarted(logs, house, later_s=3600)
    await asyncio.sleep(0.1)
    assert [visit.end for visit in house.visits.visits] == ["Porteiro was restarted"]


async def test_a_call_that_another_process_has_is_not_recorded_here() -> None:
    house = House()
    logs = written(house)
    await house.ringing()
    house = await restarted(logs, house)
    house.reception._services.logs.claimed = False  # type: ignore[attr-defined]
    await asyncio.sleep(RETURN_S + 1)
    assert not house.visits.visits


async def test_a_restart_does_not_make_a_call_live_longer() -> None:
    house = House()
    logs = written(house)
    visitor = await house.ringing()
    house = await restarted(logs, house)
    past = house.reception._returns.take(visitor.call_id, EXTENSION, Role.VISITOR)
    assert past is not None
    past.visit.started -= timedelta(seconds=280)
    house.reception._returns._waiting[visitor.call_id] = past
    began = asyncio.get_running_loop().time()
    await back(house, visitor)
    await house.over()
    assert asyncio.get_running_loop().time() - began < 40
    assert house.visits.visits[0].end == "time over"


async def test_a_visitor_who_is_back_before_their_broken_call_is_over_tries_again() -> None:
    house = House()
    visitor, resident = await house.asking()
    visitor.leave("reset")
    await asyncio.sleep(0.1)
    early = await house.visitor(visitor.call_id)
    assert early.aborted
    assert not early.played
    await resident.hears_out()
    await house.over()
    await house.visitor(visitor.call_id)
    assert house.said(visitor, "porteiro") == ["greeting"]
    await house.reception.close()


def forget(logs: KeptLogs, kind: type[Record]) -> None:
    """Have written nothing from the first record of a kind on: the process died just before."""
    for log in logs.logs.values():
        place = next(at for at, record in enumerate(log.records) if isinstance(record, kind))
        del log.records[place:]


async def test_a_gate_that_was_not_told_yet_is_told_when_somebody_is_back() -> None:
    house = House()
    logs = written(house)
    visitor, resident = await house.asking()
    resident.keys("1")
    await asyncio.sleep(0.1)
    forget(logs, Announced)
    house.gate.orders.clear()
    house = await restarted(logs, house)
    await back(house, visitor)
    assert house.said(visitor, "porteiro")[-2:] == ["line_lost", "authorized_entrega"]
    await house.over()
    assert [order.decision for order in house.gate.orders] == [Decision.AUTHORIZED]
    assert house.visits.visits[0].gate == "opened"


async def test_a_phone_that_was_not_rung_yet_is_rung_when_the_visitor_is_back() -> None:
    house = House()
    logs = written(house)
    visitor = await house.ringing()
    forget(logs, Rung)
    house.dialer.requests.clear()
    house = await restarted(logs, house)
    assert not house.dialer.requests
    await back(house, visitor)
    assert [(one.number, one.attempt) for one in house.dialer.requests] == [("1003030", 1)]
    await house.reception.close()


async def recorded(house: House) -> FakeLine:
    """Have a visitor say after the tone who they are, so that a phone rings."""
    visitor = await house.visitor()
    visitor.keys("501#")
    await house.until(visitor, "recording")
    await visitor.speaks("sou o Pedro da farmácia")
    await house.until(visitor, "ringing")
    return visitor


async def test_what_the_visitor_said_after_the_tone_is_kept_for_the_resident() -> None:
    house = House()
    logs = written(house)
    visitor = await recorded(house)
    for _ in range(2):  # however often Porteiro dies
        house = await restarted(logs, house)
        logs = house.reception._services.logs  # type: ignore[assignment]
        visitor = await back(house, visitor)
    resident = await house.resident(visitor.call_id)
    await resident.hears_out()
    assert house.utterances.text_of(bytes(resident.played)) == "sou o Pedro da farmácia"
    await resident.speaks("sim, pode entrar")
    await house.over()
    (visit,) = house.visits.visits
    said = [line.text for line in visit.transcript if line.speaker == "visitor"]
    assert said == ["tecla 5", "tecla 0", "tecla 1", "tecla #", "[gravação]"]


async def test_words_that_were_not_kept_are_not_told_of_as_if_there_were_none() -> None:
    house = House()
    logs = written(house)
    visitor = await recorded(house)
    for log in logs.logs.values():
        log.records = [one for one in log.records if not isinstance(one, Kept)]
    house = await restarted(logs, house)
    visitor = await back(house, visitor)
    resident = await house.resident(visitor.call_id)
    await resident.hears_out()
    announced = house.view(visitor).visit.transcript[-1].text
    assert "Uma pessoa está no portão" in announced
    assert "não se identificou" not in announced
    await house.reception.close()


async def test_a_visitor_who_was_interrupted_while_speaking_is_asked_to_say_it_again() -> None:
    house = House()
    logs = written(house)
    visitor = await house.visitor()
    visitor.keys("501#")
    await house.until(visitor, "recording")
    await visitor.hears_out()
    await visitor.sounds(house.utterances.frames("sou o"))
    house = await restarted(logs, house)
    visitor = await back(house, visitor)
    assert house.said(visitor, "porteiro")[-2:] == ["line_lost", "record_both"]
    await house.reception.close()


@contextmanager
def following(house: House) -> Iterator[list[Change]]:
    """Follow the calls of a house as an integrator does."""
    seen: list[Change] = []

    def publish(change: Change) -> None:
        seen.append(change)

    changes = house.reception._services.changes
    with patch.object(changes, "publish", publish):
        yield seen


async def test_an_integrator_sees_one_end_however_often_a_call_is_taken_up() -> None:
    house = House()
    logs = written(house)
    with following(house) as first:
        visitor = await house.ringing()
    house = await restarted(logs, house)
    with following(house) as second:
        visitor = await back(house, visitor)
        visitor.leave()
        await house.over()
    story = [one.kind for one in (*first, *second) if one.kind in STORY]
    assert story == ["started", "resumed", "ended"]


async def test_an_integrator_sees_the_end_of_a_call_that_nobody_comes_back_to() -> None:
    house = House()
    logs = written(house)
    visitor = await house.ringing()
    house = await restarted(logs, house)
    with following(house) as seen:
        await asyncio.sleep(RETURN_S + 1)
    (end,) = seen
    assert (end.kind, end.call_id) == ("ended", visitor.call_id)
    assert (end.data["decision"], end.data["end"]) == ("no_decision", "Porteiro was restarted")
