"""Whole visits over FreeSWITCH: its stand-in, the real server, both halves of every line."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from porteiro.errors import LineClosedError
from porteiro.phones.freeswitch import (
    FreeSwitch,
    FreeSwitchOptions,
    FreeSwitchPhone,
    Module,
    Registered,
)
from porteiro.phones.telephone import Ending
from tests.integration.building import DIRECTORY
from tests.integration.neighbours import (
    AUTHORIZES,
    DENIES,
    NEVER_ANSWERS,
    Json,
    hears_something,
    key_in,
    over,
)
from tests.integration.server import Server, Site, eventually, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "s3gr3d0"
PORTER = "900"
PLAYBACKS = {
    Module.COMMUNITY: "esl-file",
    Module.COMMERCIAL: "binary",
    Module.FORK: "stream-audio",
}


@dataclass
class Building:
    """A server, the FreeSWITCH that it serves, and the phones that were picked up in it."""

    server: Server
    pbx: FreeSwitch
    group: asyncio.TaskGroup
    phones: dict[str, FreeSwitchPhone] = field(default_factory=dict)
    porter: asyncio.Queue[FreeSwitchPhone] = field(default_factory=asyncio.Queue)

    @property
    def number(self) -> str:
        """The extension's AI number."""
        return "2018510"

    def presses(self, key: str) -> Callable[[FreeSwitchPhone], None]:
        """Return what a resident does who hears Porteiro out, and presses a key."""

        def picked_up(phone: FreeSwitchPhone) -> None:
            self.phones[phone.call_id] = phone
            self.group.create_task(self._press(phone, key))

        return picked_up

    async def _press(self, phone: FreeSwitchPhone, key: str) -> None:
        try:
            await hears_something(phone)
            if key:
                phone.press(key)
        except LineClosedError:
            pass

    def lines_whole(self, call_id: str) -> list[str]:
        """Return whose lines had both their halves, in order."""
        return [line["role"] for line in self.server.logged("line whole", call_id=call_id)]

    async def record(self, call_id: str) -> Json:
        """Return what is kept of a visit."""
        await eventually(lambda: self.server.visits(call_id))
        (record,) = self.server.visits(call_id)
        return record

    async def nothing_is_left(self) -> None:
        """Wait until no channel, no call and no half of one lives."""
        await eventually(lambda: not self.pbx.sessions)
        await self.server.left_with()
        await eventually(lambda: not any(control.open for control in self.pbx.controls))


@asynccontextmanager
async def building(folder: Path, module: Module = Module.COMMUNITY) -> AsyncIterator[Building]:
    options = FreeSwitchOptions(module=module, password=PASSWORD)
    async with asyncio.TaskGroup() as group, FreeSwitch(options) as pbx:
        settings = {
            "PORTEIRO_DIALER": "esl",
            "PORTEIRO_FREESWITCH_HOST": "127.0.0.1",
            "PORTEIRO_FREESWITCH_ESL_PORT": str(pbx.port),
            "PORTEIRO_FREESWITCH_ESL_PASSWORD": PASSWORD,
            "PORTEIRO_STREAM_PORT": "0",
            "PORTEIRO_ESL_PORT": "0",
            "PORTEIRO_STREAM_PLAYBACK": PLAYBACKS[module],
            "PORTEIRO_FALLBACK_NUMBER": PORTER,
            "PORTEIRO_GATE": "log",
        }
        async with serving(folder, Site(settings, DIRECTORY)) as server:
            (taken,) = server.logged("FreeSWITCH's lines are taken")
            pbx.serves(taken["stream_port"], taken["esl_port"])
            made = Building(server, pbx, group)
            pbx.numbers = {
                AUTHORIZES: Registered(picked_up=made.presses("1")),
                DENIES: Registered(picked_up=made.presses("2")),
                NEVER_ANSWERS: Registered(rings_s=float("inf")),
                PORTER: Registered(picked_up=made.porter.put_nowait),
            }
            yield made


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Building]:
    async with building(tmp_path_factory.mktemp("freeswitch")) as made:
        yield made


@pytest.mark.parametrize("module", Module)
async def test_a_full_call_in_dual_mode_in_each_way_of_playing_back(
    module: Module, tmp_path: Path
) -> None:
    async with building(tmp_path / "server", module) as made:
        visitor = await made.pbx.call(made.number)
        await key_in(visitor, "501")
        assert await over(visitor, 60) is Ending.PORTEIRO_HUNG_UP
        resident = made.phones[visitor.call_id]
        assert await over(resident) is Ending.PORTEIRO_HUNG_UP
        record = await made.record(visitor.call_id)
        assert (record["decision"], record["gate"]) == ("authorized", "opened")
        assert (record["decided_by"], record["apartment"]) == ("tecla 1", "501")
        assert made.lines_whole(visitor.call_id) == ["visitor", "resident"]
        for phone in (visitor, resident):
            assert "phrase_begin" in [mark.kind for mark in phone.marks]
        await made.nothing_is_left()
        for control in made.pbx.controls:
            verbs = [command.verb for command in control.received]
            assert verbs[:3] == ["connect", "linger", "myevents"]
            assert verbs[-1] == "exit"


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
