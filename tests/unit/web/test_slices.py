"""Long answers leave everybody else their turn."""

import asyncio
import json
from dataclasses import replace

import pytest
from fastapi.responses import Response, StreamingResponse

from porteiro.calls.board import CallView
from porteiro.web import slices
from porteiro.web.slices import PIECE, as_list, whole
from tests.unit.web.board import Board, visit
from tests.unit.web.client import client
from tests.unit.web.parts import SERVED, Archive, Extensions, many_visits, parts


class Crowd(Board):
    """A board of as many calls as asked for."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.views = [
            CallView(replace(visit(), call_id=f"call-{n}"), 10, "ringing", ()) for n in range(count)
        ]

    def living(self) -> list[CallView]:
        return self.views


async def content(answer: Response) -> object:
    if isinstance(answer, StreamingResponse):
        pieces = [piece async for piece in answer.body_iterator]
        assert all(isinstance(piece, bytes) and len(piece) <= PIECE for piece in pieces)
        return json.loads(b"".join(piece for piece in pieces if isinstance(piece, bytes)))
    return json.loads(bytes(answer.body))


async def test_others_get_their_turn_while_a_long_answer_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slices, "SLICE_S", 0.0)
    turns = 0
    done = False

    async def another() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another())
    answer = await as_list({"total": 100}, "items", range(100), lambda n: b"%d" % n)
    done = True
    await other
    assert turns >= 100
    assert await content(answer) == {"status": "success", "total": 100, "items": list(range(100))}


async def test_an_empty_list_is_an_answer_too() -> None:
    answer = await as_list({}, "items", [], lambda _: b"")
    assert await content(answer) == {"status": "success", "items": []}


async def test_a_long_answer_goes_out_in_pieces_and_says_how_long_it_is() -> None:
    text = json.dumps("x" * PIECE * 3).encode()
    answer = whole(text)
    assert isinstance(answer, StreamingResponse)
    assert answer.headers["Content-Length"] == str(len(text))
    assert await content(answer) == "x" * PIECE * 3


async def test_the_longest_answers_are_whole() -> None:
    extensions = Extensions([replace(SERVED, extension_id=n) for n in range(1000)])
    shown = parts(Crowd(500), extensions, Archive(many_visits(200)))
    async with client(shown) as api:
        calls = (await api.get("/api/calls")).json()["calls"]
        status = (await api.get("/api/status")).json()["extensions"]
        visits = (await api.get("/api/visits?limit=100")).json()["visits"]
    assert [call["call_id"] for call in calls] == [f"call-{n}" for n in range(500)]
    assert [one["id"] for one in status] == list(range(1000))
    assert [one["apartment"] for one in visits] == [str(n) for n in range(100)]
