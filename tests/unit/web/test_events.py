import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from porteiro.calls.board import ChangeStream
from porteiro.web.events import event_stream
from tests.unit.web.board import CALL_ID, change

NEVER = 3600.0


def events(
    changes: ChangeStream,
    closing: asyncio.Event,
    heartbeat_s: float = NEVER,
    call_id: str | None = None,
) -> aclosing[AsyncGenerator[bytes, None]]:
    return aclosing(event_stream(changes, closing, heartbeat_s, call_id))


def read(event: bytes) -> tuple[str, dict[str, object]]:
    name, data, *rest = event.decode().split("\n")
    assert rest == ["", ""]
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_each_change_is_an_event_named_after_its_kind() -> None:
    changes = ChangeStream()
    async with events(changes, asyncio.Event()) as stream:
        assert (await anext(stream)).startswith(b":")
        changes.publish(change(7))
        name, data = read(await anext(stream))
    assert name == "state"
    assert data == {
        "at": "2026-11-21T10:30:00Z",
        "call_id": CALL_ID,
        "kind": "state",
        "data": {"number": 7},
    }


async def test_changes_that_came_together_are_told_one_by_one_in_order() -> None:
    changes = ChangeStream()
    async with events(changes, asyncio.Event()) as stream:
        await anext(stream)
        for number in range(3):
            changes.publish(change(number))
        told = [read(await anext(stream))[1]["data"] for _ in range(3)]
    assert told == [{"number": 0}, {"number": 1}, {"number": 2}]


async def test_one_call_can_be_followed_alone() -> None:
    changes = ChangeStream()
    async with events(changes, asyncio.Event(), call_id=CALL_ID) as stream:
        await anext(stream)
        changes.publish(change(1, "another"))
        changes.publish(change(2))
        assert read(await anext(stream))[1]["data"] == {"number": 2}


async def test_while_nothing_happens_a_comment_shows_that_the_stream_lives() -> None:
    changes = ChangeStream()
    async with events(changes, asyncio.Event(), heartbeat_s=0.01) as stream:
        await anext(stream)
        assert await anext(stream) == b": still here\n\n"
        changes.publish(change(5))
        assert read(await anext(stream))[1]["data"] == {"number": 5}


async def test_a_reader_who_does_not_keep_up_is_told_how_much_passed_by() -> None:
    changes = ChangeStream(size=2)
    async with events(changes, asyncio.Event()) as stream:
        await anext(stream)
        for number in range(10):
            changes.publish(change(number))
        name, data = read(await anext(stream))
        assert (name, data) == ("lost", {"lost": 8})
        assert read(await anext(stream))[1]["data"] == {"number": 0}


async def test_closing_ends_the_stream() -> None:
    closing = asyncio.Event()
    async with events(ChangeStream(), closing) as stream:
        await anext(stream)
        closing.set()
        assert [event async for event in stream] == []


async def test_a_reader_who_leaves_leaves_nothing_behind() -> None:
    changes = ChangeStream()
    before = asyncio.all_tasks()
    async with events(changes, asyncio.Event()) as stream:
        await anext(stream)
        changes.publish(change())
        await anext(stream)
    assert asyncio.all_tasks() == before
    assert not changes._subscriptions
