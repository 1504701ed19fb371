"""FreeSWITCH's ports of a server that is stopping: visitors go to a human, residents come in."""

from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus

from porteiro.dialogue.terms import Role
from tests.freeswitch_side import HUMAN, ControlEnd, freeswitch_site, settled

RESIDENT = {"variable_porteiro_role": "resident"}

pytestmark = pytest.mark.every_loop


async def goes_to_the_human(control: ControlEnd) -> None:
    assert HUMAN in await control.until_told("execute bridge")
    control.hang_up()


async def test_a_visitor_who_comes_is_brought_to_a_human_at_once() -> None:
    channel = str(uuid4())
    async with freeswitch_site() as site:
        site.server.drain()
        control = await site.control(channel)
        with pytest.raises(InvalidStatus, match="404"):
            await site.stream(channel)
        await goes_to_the_human(control)
        await settled(lambda: not site.server.lines)
        assert site.desk.arrivals.empty()


async def test_a_visitor_whose_sound_had_come_is_brought_to_a_human_as_well() -> None:
    channel = str(uuid4())
    async with freeswitch_site() as site:
        await site.stream(channel)
        await settled(lambda: site.server.waiting == 1)
        site.server.drain()
        await goes_to_the_human(await site.control(channel))
        await settled(lambda: not site.server.lines)
        assert site.desk.arrivals.empty()


async def test_where_there_is_no_human_the_reception_says_what_becomes_of_them() -> None:
    channel = str(uuid4())
    async with freeswitch_site() as site:
        site.desk.human = ""
        await site.stream(channel)
        await settled(lambda: site.server.waiting == 1)
        site.server.drain()
        await site.control(channel)
        assert (await site.arrival()).role is Role.VISITOR


async def test_a_resident_comes_in_and_a_call_in_progress_goes_on() -> None:
    async with freeswitch_site() as site:
        visitor, _, control = await site.whole()
        site.server.drain()
        await site.stream(visitor.line.call_id, "resident")
        call_id = {"variable_porteiro_call_id": visitor.line.call_id}
        await site.control(str(uuid4()), variables=RESIDENT | call_id)
        resident = await site.arrival()
        assert resident.role is Role.RESIDENT
        control.press("4")
        await visitor.heard.until(lambda: visitor.heard.keys == "4")
