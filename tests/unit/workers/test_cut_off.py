"""Calls whose worker died: suspended, and then resumed or ended, once."""

import asyncio

import pytest

from porteiro.calls.board import Change, ChangeStream
from porteiro.workers.cut_off import DIED, CutOff

pytestmark = pytest.mark.virtual_time


class Kept(ChangeStream):
    """Changes, kept in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Change] = []

    def publish(self, change: Change) -> None:
        self.seen.append(change)

    def story(self, call_id: str) -> list[str]:
        return [change.kind for change in self.seen if change.call_id == call_id]


@pytest.mark.parametrize("kind", ["resumed", "ended", "started"])
async def test_a_call_that_another_process_tells_of_is_not_ended_here(kind: str) -> None:
    changes = Kept()
    cut_off = CutOff(changes)
    cut_off.add(["one", "other"])
    await asyncio.sleep(10)
    cut_off.told("one", "state")  # nobody knows yet what becomes of it
    cut_off.told("one", kind)
    await asyncio.sleep(120)
    assert changes.story("one") == ["suspended"]
    assert changes.story("other") == ["suspended", "ended"]
    assert changes.seen[-1].data == {"decision": "no_decision", "end": DIED}


async def test_a_call_that_is_cut_off_again_has_one_end() -> None:
    changes = Kept()
    cut_off = CutOff(changes)
    cut_off.add(["one"])
    await asyncio.sleep(10)
    cut_off.told("one", "resumed")
    cut_off.add(["one"])
    await asyncio.sleep(120)
    assert changes.story("one") == ["suspended", "suspended", "ended"]
