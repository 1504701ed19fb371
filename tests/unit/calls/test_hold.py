"""People on hold, through the call engine: not spoken to, not heard, asked again when back."""

import asyncio

import pytest

from porteiro.dialogue.terms import Decision
from tests.fakes import FRAME_S, FakeLine
from tests.house import SENTENCE, House

pytestmark = pytest.mark.virtual_time


def hears_words(line: FakeLine) -> bool:
    """Return whether something is being said to somebody now."""
    return line.talking


# --------------------------------------------------------------------- while being asked


async def test_a_visitor_held_in_the_middle_of_the_greeting_hears_it_anew() -> None:
    house = House()
    visitor = await house.visitor()
    assert hears_words(visitor)
    visitor.hold()
    assert not hears_words(visitor)
    await asyncio.sleep(60)
    assert visitor.played == b""
    visitor.unhold()
    await asyncio.sleep(FRAME_S)
    assert hears_words(visitor)
    await visitor.hears_out()
    assert house.said(visitor, "porteiro") == ["greeting", "greeting"]
    assert len(visitor.played) == len(house.voices.cached("", "", visitor.sample_rate) or b"")
    await visitor.speaks(SENTENCE)
    await house.until(visitor, "ringing")
    visitor.leave()
    await house.over()


async def test_what_comes_in_while_on_hold_is_not_heard() -> None:
    house = House()
    visitor = await house.visitor()
    await visitor.hears_out()
    visitor.hold()
    await visitor.speaks(SENTENCE)
    visitor.keys("501#")
    await asyncio.sleep(30)
    assert house.said(visitor, "visitor") == []
    assert house.state(visitor) == "collecting"
    visitor.unhold()
    await visitor.speaks("sou a Ana, entrega pra Camila do 502")
    await house.until(visitor, "ringing")
    assert house.dialer.requests[0].number == "1003031"
    visitor.leave()
    await house.over()


async def test_half_a_sentence_before_the_hold_is_dropped() -> None:
    house = House()
    visitor = await house.visitor()
    await visitor.hears_out()
    speaking = asyncio.create_task(visitor.speaks(SENTENCE))
    await asyncio.sleep(1.1 + 20 * FRAME_S)
    visitor.hold()
    await speaking
    assert house.transcriber.cancelled == 1
    assert house.said(visitor, "visitor") == []
    visitor.unhold()
    await visitor.speaks(SENTENCE)
    await house.until(visitor, "ringing")
    visitor.leave()
    await house.over()


async def test_words_still_being_made_out_at_the_hold_are_dropped() -> None:
    house = House()
    house.transcriber.hangs = True
    visitor = await house.visitor()
    await visitor.speaks(SENTENCE)
    visitor.hold()
    house.transcriber.hangs = False
    await asyncio.sleep(10)
    assert house.transcriber.cancelled == 1
    assert house.state(visitor) == "collecting"
    visitor.leave()
    await house.over()
    assert house.visits.visits[0].end == "visitor left"


async def test_a_recording_cut_off_by_the_hold_is_made_again() -> None:
    house = House()
    visitor = await house.visitor()
    visitor.keys("501#")
    await visitor.hears_out()
    before, after = (house.utterances.frames(text) for text in ("é o Ped", "é o Pedro, entrega"))
    await visitor.sounds(before)
    visitor.hold()
    await asyncio.sleep(60)
    assert house.state(visitor) == "recording"
    visitor.unhold()
    await visitor.hears_out()
    await visitor.sounds([*after, *[bytes(320)] * 80])
    await house.until(visitor, "ringing")
    resident = await house.resident(visitor.call_id)
    await resident.hears_out()
    assert after[0] in resident.played
    assert before[0] not in resident.played
    visitor.leave()
    await house.over()


# ------------------------------------------------------------------------- while waiting


async def test_please_wait_is_said_anew_and_the_ringing_goes_on() -> None:
    house = House()
    house.dialer.result = None
    visitor = await house.visitor()
    speaking = asyncio.create_task(visitor.speaks(SENTENCE))
    await house.until(visitor, "ringing")
    assert hears_words(visitor)
    visitor.hold()
    await speaking
    played = len(visitor.played)
    await asyncio.sleep(20)
    assert house.said(visitor, "porteiro") == ["greeting", "please_wait"]
    assert house.dialer.stopped == 0
    visitor.unhold()
    await visitor.hears_out()
    assert house.said(visitor, "porteiro") == ["greeting", "please_wait"]
    assert len(visitor.played) > played
    visitor.leave()
    await house.over()
    assert house.dialer.stopped == 1


async def test_the_gate_opens_while_the_visitor_is_on_hold_who_is_told_when_back() -> None:
    house = House()
    visitor, resident = await house.asking()
    visitor.hold()
    await asyncio.sleep(30)
    resident.keys("1")
    await asyncio.sleep(5)
    assert [order.decision for order in house.gate.orders] == [Decision.AUTHORIZED]
    assert (visitor.hung_up, resident.hung_up) == (False, True)
    played = len(visitor.played)
    await asyncio.sleep(60)
    assert len(visitor.played) == played
    visitor.unhold()
    await house.over(limit_s=5)
    assert len(visitor.played) > played
    assert visitor.hung_up
    visit = house.visits.visits[0]
    assert (visit.decision, visit.gate, visit.end) == (
        Decision.AUTHORIZED,
        "opened",
        "authorized",
    )
    assert len(house.gate.orders) == 1


async def test_a_spoken_yes_while_the_visitor_is_on_hold_counts() -> None:
    house = House()
    visitor, resident = await house.asking()
    visitor.hold()
    await resident.speaks("sim, pode entrar")
    visitor.unhold()
    await house.over()
    assert house.visits.visits[0].decided_by == "sim, pode entrar"


async def test_neither_key_nor_word_of_a_resident_on_hold_opens_the_gate() -> None:
    house = House()
    visitor, resident = await house.asking()
    resident.hold()
    resident.keys("1")
    await resident.speaks("sim, pode entrar")
    await asyncio.sleep(100)
    assert house.gate.orders == []
    assert house.state(visitor) == "asking"
    assert house.said(visitor, "resident") == []
    resident.unhold()
    await asyncio.sleep(FRAME_S)
    assert hears_words(resident)
    assert house.said(visitor, "porteiro")[-1] == "announcement"
    resident.keys("1")
    await house.over()
    assert len(house.gate.orders) == 1


async def test_a_key_just_before_the_hold_counts() -> None:
    house = House()
    _, resident = await house.asking()
    resident.keys("1")
    resident.hold()
    await asyncio.sleep(1)
    assert len(house.gate.orders) == 1
    assert not resident.hung_up
    played = len(resident.played)
    resident.unhold()
    await house.over(limit_s=5)
    assert len(resident.played) > played
