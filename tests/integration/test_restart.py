"""Porteiro is killed in the middle of a visit and started again: the call goes on where it was."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.building import DIRECTORY
from tests.integration.neighbours import Json, Neighbours, neighbours
from tests.integration.restarts import Place, place
from tests.integration.server import Site, eventually
from tests.integration.wire_peer import WirePeer, call_id_message, message, peer

FIRST_QUESTION = "Portaria, em que posso ajudar?"
APOLOGY = "Desculpe, a ligação caiu."


@dataclass
class Scene:
    """One visit on a server that may be killed, and the building around it."""

    place: Place
    building: Neighbours
    stack: AsyncExitStack
    call_id: str

    async def visitor(self) -> WirePeer:
        """Connect the visitor's line, or connect it again."""
        return await self._line(self.place.now.port)

    async def resident(self) -> WirePeer:
        """Connect the resident's line, or connect it again."""
        return await self._line(self.place.now.return_port)

    async def _line(self, port: int) -> WirePeer:
        line = await self.stack.enter_async_context(peer(port))
        line.send(call_id_message(self.call_id))
        return line

    async def until(self, state: str, limit_s: float = 15.0) -> None:
        await self.place.now.until(self.call_id, state, limit_s)

    async def said(self, role: str) -> list[str]:
        """Return what somebody was told since the visit began, by whichever process."""
        if not await self.place.now.state(self.call_id):
            return []  # the line has only just connected
        told = (await self.place.now.call(self.call_id))["transcripts"][role]
        return [line["text"] for line in told if line["speaker"] == "porteiro"]

    async def told(self, role: str, words: str) -> list[str]:
        """Wait until somebody is told something after the apology; return all of that."""
        async with asyncio.timeout(15):
            while True:
                said = await self.said(role)
                if APOLOGY in said:
                    since = said[said.index(APOLOGY) :]
                    if any(line.startswith(words) for line in since):
                        return since
                await asyncio.sleep(0.05)

    async def ringing(self) -> WirePeer:
        """Have a visitor come for apartment 503, whose resident lets it ring."""
        visitor = await self.visitor()
        await eventually(lambda: visitor.told)
        press(visitor, "503##")
        await self.until("ringing")
        await eventually(lambda: self.rings)
        return visitor

    async def asking(self) -> tuple[WirePeer, WirePeer]:
        visitor = await self.ringing()
        resident = await self.resident()
        await self.until("asking")
        await eventually(lambda: resident.told)
        return visitor, resident

    @property
    def rings(self) -> list[Json]:
        return self.building.rings_of(self.call_id)

    @property
    def orders(self) -> list[Json]:
        return self.building.orders_of(self.call_id)

    async def record(self) -> Json:
        """Wait for the one record of the visit, and for the journal to be gone."""
        await eventually(lambda: self.place.now.visits(self.call_id))
        await eventually(lambda: not self.place.journals)
        (record,) = self.place.now.visits(self.call_id)
        return record


def press(line: WirePeer, keys: str) -> None:
    for key in keys:
        line.send(message(0x03, key.encode()))


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with neighbours() as building, AsyncExitStack() as stack:
        settings = building.settings | {"PORTEIRO_RING_SECONDS": "20"}
        run = tmp_path / "run"
        run.mkdir()
        there = await stack.enter_async_context(place(run, Site(settings, DIRECTORY, 1)))
        yield Scene(there, building, stack, str(uuid4()))


async def test_a_visitor_hears_an_apology_and_the_next_question_not_the_first(
    scene: Scene,
) -> None:
    visitor = await scene.visitor()
    await eventually(lambda: visitor.told)
    press(visitor, "999#")
    await scene.place.now.until(scene.call_id, "collecting")
    await eventually(lambda: len(scene.place.now.logged("say", key="ask_keys")) == 1)
    await scene.place.restart()
    assert scene.place.journals == [f"{scene.call_id}.jsonl"]
    visitor = await scene.visitor()
    said = await scene.told("visitor", "Por favor, tecle")
    assert FIRST_QUESTION not in said
    await eventually(lambda: visitor.told)
    press(visitor, "502#")
    await scene.until("recording")
    press(visitor, "#")
    await eventually(lambda: scene.rings)
    await eventually(lambda: scene.orders)
    record = await scene.record()
    assert (record["apartment"], record["decision"]) == ("502", "denied")
    assert [line["text"] for line in record["transcript"]].count(FIRST_QUESTION) == 1


async def test_a_resident_who_is_rung_is_not_rung_twice(scene: Scene) -> None:
    await scene.ringing()
    await scene.place.restart()
    visitor = await scene.visitor()
    await scene.told("visitor", "Só mais um momento")
    await scene.until("ringing")
    resident = await scene.resident()
    await scene.until("asking")
    await eventually(lambda: resident.told)
    assert len(scene.rings) == 1
    press(resident, "1")
    await asyncio.gather(visitor.end(), resident.end())
    record = await scene.record()
    assert (record["decision"], record["gate"]) == ("authorized", "opened")
    assert [attempt["number"] for attempt in record["attempts"]] == ["3003"]
    assert len(scene.orders) == len(scene.rings) == 1


@pytest.mark.parametrize("first", ["visitor", "resident"])
async def test_a_resident_on_the_line_is_asked_again_once_both_are_back(
    scene: Scene, first: str
) -> None:
    await scene.asking()
    await scene.place.restart()
    if first == "visitor":
        visitor = await scene.visitor()
        await scene.told("visitor", "Só mais um momento")
        resident = await scene.resident()
    else:
        resident = await scene.resident()
        await scene.told("resident", "Um momento")
        press(resident, "1")  # nobody is at the gate, as far as is known
        await eventually(lambda: scene.place.now.logged("key", call_id=scene.call_id))
        assert await scene.place.now.state(scene.call_id) == "interrupted"
        visitor = await scene.visitor()
    await scene.until("asking")
    said = await scene.told("resident", "Olá, aqui é da portaria. Uma pessoa")
    assert APOLOGY in said
    assert not scene.orders
    press(resident, "1")
    await asyncio.gather(visitor.end(), resident.end())
    assert len(scene.orders) == len(scene.rings) == 1
    assert (await scene.record())["decided_by"] == "tecla 1"


async def test_a_resident_whose_line_does_not_come_back_is_rung_again(scene: Scene) -> None:
    await scene.asking()
    await scene.place.restart()
    await scene.visitor()
    await eventually(lambda: len(scene.rings) == 2, 20)
    assert [ring["attempt"] for ring in scene.rings] == [1, 2]
    await scene.until("ringing")
    resident = await scene.resident()
    await scene.until("asking")
    press(resident, "2")
    await eventually(lambda: scene.orders)
    assert [order["action"] for order in scene.orders] == ["deny"]
    assert (await scene.record())["decision"] == "denied"


async def test_a_gate_that_was_opened_is_not_opened_again(scene: Scene) -> None:
    _, resident = await scene.asking()
    press(resident, "1")
    await eventually(lambda: scene.place.now.logged("gate", result="opened"))
    await scene.place.restart()
    visitor, resident = await scene.visitor(), await scene.resident()
    await scene.told("visitor", "A entrada foi autorizada e o portão já foi aberto.")
    await asyncio.gather(visitor.end(), resident.end())
    record = await scene.record()
    assert (record["decision"], record["gate"]) == ("authorized", "opened")
    assert len(scene.orders) == len(scene.rings) == 1


async def test_a_gate_that_may_have_been_opened_is_not_told_again_and_that_is_said(
    scene: Scene,
) -> None:
    visitor = await scene.visitor()
    await eventually(lambda: visitor.told)
    press(visitor, "6001##")  # whose gate takes the order and never confirms
    await eventually(lambda: scene.orders)
    await scene.place.restart()
    visitor = await scene.visitor()
    await scene.told("visitor", "A entrada foi autorizada, mas não sei se o portão abriu.")
    await visitor.end()
    record = await scene.record()
    assert (record["decision"], record["gate"]) == ("authorized", "unknown")
    assert record["end"] == "authorized, the gate did not confirm"
    assert len(scene.orders) == 1


async def test_a_call_is_killed_twice_and_goes_on_twice(scene: Scene) -> None:
    await scene.ringing()
    await scene.place.restart()
    await scene.visitor()
    await scene.until("ringing")
    resident = await scene.resident()
    await scene.until("asking")
    await scene.place.restart()
    visitor, resident = await scene.visitor(), await scene.resident()
    await scene.until("asking")
    press(resident, "1")
    await asyncio.gather(visitor.end(), resident.end())
    record = await scene.record()
    assert record["decision"] == "authorized"
    assert len(scene.orders) == len(scene.rings) == 1


async def test_a_visit_whose_visitor_does_not_come_back_is_recorded_with_what_was_known(
    scene: Scene,
) -> None:
    await scene.asking()
    await scene.place.restart()
    resident = await scene.resident()
    await scene.told("resident", "Um momento")
    await resident.end(45)
    record = await scene.record()
    assert (record["end"], record["decision"]) == ("Porteiro was restarted", "no_decision")
    assert (record["apartment"], len(record["attempts"])) == ("503", 1)
    assert record["transcript"][-1]["text"].startswith("A pessoa no portão desligou.")
    assert not scene.orders


async def test_a_visit_that_nobody_comes_back_to_is_recorded(scene: Scene) -> None:
    await scene.ringing()
    await scene.place.restart()
    await eventually(lambda: scene.place.now.visits(scene.call_id), 45)
    record = await scene.record()
    assert (record["end"], record["apartment"]) == ("Porteiro was restarted", "503")
    late = await scene.resident()
    await late.end()
    assert late.told
    assert late.hung_up
    assert scene.place.now.logged("line refused", call_id=scene.call_id)


async def test_a_call_whose_journal_is_damaged_is_recorded_and_not_begun_again(
    scene: Scene,
) -> None:
    await scene.asking()
    calls = scene.place.folder / "data" / "calls"
    await scene.place.kill()
    with (calls / f"{scene.call_id}.jsonl").open("ab") as journal:
        journal.write(b"what may have been anything\n")
    await scene.place.start()
    record = await scene.record()
    assert (record["end"], record["apartment"]) == ("Porteiro was restarted", "503")
    assert [file.name for file in calls.iterdir()] == [f"{scene.call_id}.damaged"]
    visitor = await scene.visitor()
    await visitor.end()
    assert visitor.told
    assert visitor.hung_up
    assert scene.place.now.logged("line refused", call_id=scene.call_id)
    assert (len(scene.rings), len(scene.orders)) == (1, 0)


async def test_the_journal_of_a_visit_that_ends_is_gone(scene: Scene) -> None:
    visitor, resident = await scene.asking()
    journal = scene.place.folder / "data" / "calls" / f"{scene.call_id}.jsonl"
    assert journal.stat().st_mode & 0o777 == 0o600
    assert journal.parent.stat().st_mode & 0o777 == 0o700
    press(resident, "2")
    await asyncio.gather(visitor.end(), resident.end())
    await scene.record()
