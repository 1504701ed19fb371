"""A full call in dual mode, from the gate to the last `exit`, in each way of playing back."""

from pathlib import Path

import pytest

from porteiro.phones.freeswitch import Module
from porteiro.phones.telephone import Ending
from tests.integration.freeswitch.building import building
from tests.integration.neighbours import key_in, over


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
