"""Whole visits over FreeSWITCH: its stand-in, the real server, both halves of every line."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from porteiro.phones.freeswitch import FreeSwitch, FreeSwitchOptions, Registered
from porteiro.phones.telephone import Ending
from tests.integration.freeswitch.building import PORTER, Building, building
from tests.integration.neighbours import hears_something, key_in, over
from tests.integration.server import Server, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Building]:
    async with building(tmp_path_factory.mktemp("freeswitch")) as made:
        yield made


async def test_a_resident_who_denies_opens_nothing(site: Building) -> None:
    visitor = await site.pbx.call(site.number)
    await key_in(visitor, "502")
    assert await over(visitor, 60) is Ending.PORTEIRO_HUNG_UP
    record = await site.record(visitor.call_id)
    assert (record["decision"], record["decided_by"]) == ("denied", "tecla 2")
    assert record["gate"] != "opened"
    await site.nothing_is_left()


async def test_a_visitor_who_leaves_stops_the_ringing(site: Building) -> None:
    visitor = await site.pbx.call(site.number)
    await key_in(visitor, "503")
    await site.server.until(visitor.call_id, "ringing")
    await eventually(lambda: len(site.pbx.sessions) == 2)
    visitor.hang_up()
    assert (await site.record(visitor.call_id))["decision"] == "no_decision"
    await site.nothing_is_left()


async def test_a_phone_that_nobody_answers_is_told_to_the_visitor(site: Building) -> None:
    visitor = await site.pbx.call(site.number)
    await key_in(visitor, "503")
    assert await over(visitor, 60) is Ending.PORTEIRO_HUNG_UP
    assert (await site.record(visitor.call_id))["decision"] == "no_decision"
    (ended,) = site.server.logged("ring_ended", call_id=visitor.call_id)
    assert ended["result"] == "no_answer"
    await site.nothing_is_left()


async def test_a_visitor_on_hold_is_asked_again_when_back(site: Building) -> None:
    visitor = await site.pbx.call(site.number)
    await hears_something(visitor, float("-inf"))
    visitor.hold()
    await on_hold(site.server, visitor.call_id)
    said = len(site.server.logged("say", call_id=visitor.call_id))
    visitor.unhold()
    await eventually(lambda: len(site.server.logged("say", call_id=visitor.call_id)) > said)
    again = await phrases(site.server, visitor.call_id)
    assert again[-1] == again[1]
    began = asyncio.get_running_loop().time()
    await hears_something(visitor, began)
    visitor.hang_up()
    await site.nothing_is_left()


async def test_a_visitor_whom_nobody_understands_talks_with_the_porter(site: Building) -> None:
    visitor = await site.pbx.call(site.number)
    await hears_something(visitor, float("-inf"))
    porter = asyncio.create_task(site.porter.get())
    while not porter.done() and visitor.ending is None:
        for key in "999#":
            visitor.press(key)
        await asyncio.wait({porter}, timeout=2)
    human = await porter
    began = asyncio.get_running_loop().time()
    human.put(b"\x00\x20\x00\xe0" * 4000)
    await hears_something(visitor, began)
    await site.server.left_with()
    assert visitor.ending is None
    assert (await site.record(visitor.call_id))["end"].endswith("passed to a human")
    human.hang_up()
    await over(visitor)
    await site.nothing_is_left()


async def test_a_server_that_dies_leaves_the_visitor_to_the_porter(tmp_path: Path) -> None:
    async with building(tmp_path / "server") as made:
        made.pbx.options = replace(made.pbx.options, fallback=PORTER, resumes=True)
        visitor = await made.pbx.call(made.number)
        await hears_something(visitor, float("-inf"))
        made.server.process.kill()
        human = await made.porter.get()
        visitor.put(b"\x00\x20\x00\xe0" * 4000)
        await hears_something(human, float("-inf"))
        human.hang_up()


async def test_a_server_that_is_away_leaves_the_visitor_to_the_porter(site: Building) -> None:
    async with FreeSwitch(FreeSwitchOptions(stream_port=9, control_port=9, fallback=PORTER)) as pbx:
        pbx.numbers[PORTER] = Registered(picked_up=site.porter.put_nowait)
        visitor = await pbx.call(site.number, str(uuid4()))
        human = await site.porter.get()
        visitor.put(b"\x00\x20\x00\xe0" * 4000)
        await hears_something(human, float("-inf"))
        human.hang_up()


async def on_hold(server: Server, call_id: str) -> None:
    """Wait until the visitor is known to be on hold."""
    async with asyncio.timeout(15):
        while (await server.call(call_id))["on_hold"] != ["visitor"]:  # noqa: ASYNC110  another process's
            await asyncio.sleep(0.05)


async def phrases(server: Server, call_id: str) -> list[str]:
    """Return what the visitor was told, phrase by phrase."""
    told = (await server.call(call_id))["transcripts"]["visitor"]
    return [said["text"] for said in told if said["speaker"] == "porteiro"]
