from dataclasses import replace
from typing import Any

import pytest

from porteiro.calls.board import CallView
from porteiro.dialogue.terms import Role
from tests.unit.web.board import CALL_ID, Board
from tests.unit.web.client import client, is_error
from tests.unit.web.parts import parts


async def test_health_says_success_and_the_version() -> None:
    async with client(parts()) as api:
        answer = await api.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "success"
    assert answer.json()["version"]


async def test_living_calls_are_listed_with_what_was_collected() -> None:
    async with client(parts()) as api:
        body = (await api.get("/api/calls")).json()
    assert body["status"] == "success"
    (call,) = body["calls"]
    assert call == {
        "call_id": CALL_ID,
        "state": "ringing",
        "extension": "1000",
        "condominium_id": 15,
        "started": "2026-11-21T10:30:00Z",
        "legs": ["visitor"],
        "on_hold": [],
        "collected": {
            "purpose": "entrega",
            "visitor": "João",
            "apartment": "501",
            "resident": "Renata Oliveira",
        },
    }


async def test_one_call_is_told_in_all_detail() -> None:
    async with client(parts()) as api:
        call: dict[str, Any] = (await api.get(f"/api/calls/{CALL_ID}")).json()["call"]
    assert call["transcripts"] == {
        "visitor": [
            {"at_s": 0.1, "speaker": "porteiro", "text": "Em que posso ajudar?", "heard_s": None},
            {"at_s": 3.0, "speaker": "visitor", "text": "é uma entrega", "heard_s": None},
        ],
        "resident": [{"at_s": 20.0, "speaker": "resident", "text": "tecla 1", "heard_s": None}],
    }
    assert (call["decision"], call["decided_by"], call["gate"]) == (
        "authorized",
        "tecla 1",
        "opened",
    )
    assert call["ended"] is None
    assert call["timings"][0]["first_frame_ms"] == 12.0
    assert call["attempts"] == [{"at_s": 9.0, "number": "1003030", "result": "answered"}]
    assert call["states"][1] == {"at_s": 4.0, "state": "ringing"}


async def test_who_is_on_hold_stands_in_the_list_and_in_the_detail() -> None:
    board = Board((Role.VISITOR, Role.RESIDENT))
    assert board.call is not None
    board.call = replace(board.call, on_hold=(Role.RESIDENT,))
    async with client(parts(board)) as api:
        (listed,) = (await api.get("/api/calls")).json()["calls"]
        detail = (await api.get(f"/api/calls/{CALL_ID}")).json()["call"]
    assert listed["on_hold"] == detail["on_hold"] == ["resident"]


async def test_a_call_is_found_by_its_id_in_any_spelling() -> None:
    async with client(parts()) as api:
        answer = await api.get(f"/api/calls/{CALL_ID.upper()}")
    assert answer.status_code == 200


@pytest.mark.parametrize("call_id", ["0b0e0d53-6a7f-4b52-8f9c-8ff0a3fb1d6e", "nonsense", "%00"])
async def test_a_call_that_is_not_there_is_404(call_id: str) -> None:
    async with client(parts()) as api:
        answer = await api.get(f"/api/calls/{call_id}")
    assert answer.status_code == 404
    assert is_error(answer)


async def test_a_hang_up_without_a_role_means_the_visitor() -> None:
    board = Board((Role.VISITOR, Role.RESIDENT))
    async with client(parts(board)) as api:
        answer = await api.post("/api/hangup", json={"call_id": CALL_ID})
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success",
        "message": "the visitor's leg is hung up",
        "call_id": CALL_ID,
        "role": "visitor",
    }
    assert board.hung_up == [(CALL_ID, Role.VISITOR)]


async def test_the_resident_alone_can_be_hung_up() -> None:
    board = Board((Role.VISITOR, Role.RESIDENT))
    async with client(parts(board)) as api:
        await api.post("/api/hangup", json={"call_id": CALL_ID, "role": "resident"})
    assert board.hung_up == [(CALL_ID, Role.RESIDENT)]


async def test_the_same_hang_up_twice_finds_no_leg_the_second_time() -> None:
    board = Board()
    async with client(parts(board)) as api:
        first = await api.post("/api/hangup", json={"call_id": CALL_ID})
        second = await api.post("/api/hangup", json={"call_id": CALL_ID})
    assert (first.status_code, second.status_code) == (200, 404)
    assert second.json()["message"] == "this call has no visitor on the line"
    assert len(board.hung_up) == 1


async def test_hanging_up_an_unknown_call_is_404() -> None:
    async with client(parts()) as api:
        answer = await api.post(
            "/api/hangup", json={"call_id": "0b0e0d53-6a7f-4b52-8f9c-8ff0a3fb1d6e"}
        )
    assert answer.status_code == 404
    assert is_error(answer)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "JSON object"),
        (b"{", "the body is not JSON"),
        (b"\xff\xfe", ""),
        (b"[]", ""),
        (b"null", "JSON object"),
        (b"{}", "call_id: Field required"),
        (b'{"call_id": 5}', "call_id"),
        (b'{"call_id": "x"}', "call_id"),
        (f'{{"call_id": "{CALL_ID}", "role": "porteiro"}}'.encode(), "role"),
        (f'{{"call_id": "{CALL_ID}", "rolle": "resident"}}'.encode(), "rolle"),
    ],
)
async def test_a_bad_body_is_400_says_why_and_hangs_nobody_up(body: bytes, said: str) -> None:
    board = Board()
    async with client(parts(board)) as api:
        answer = await api.post(
            "/api/hangup", content=body, headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 400
    assert is_error(answer)
    assert said in answer.json()["message"]
    assert board.hung_up == []


async def test_a_body_that_is_not_announced_as_json_is_400() -> None:
    board = Board()
    async with client(parts(board)) as api:
        answer = await api.post("/api/hangup", data={"call_id": CALL_ID})
    assert answer.status_code == 400
    assert "application/json" in answer.json()["message"]
    assert board.hung_up == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", "/nothing", 404), ("POST", "/", 404), ("GET", "/api/calls/a/b", 404)),
        *(("GET", "/api/hangup", 405), ("DELETE", "/api/calls", 405), ("TRACE", "/metrics", 405)),
    ],
)
async def test_what_is_not_there_is_told_in_the_same_form(
    method: str, path: str, status: int
) -> None:
    async with client(parts()) as api:
        answer = await api.request(method, path)
    assert answer.status_code == status
    assert is_error(answer)
    assert bool(answer.headers.get("Allow")) == (status == 405)


async def test_what_breaks_inside_is_500_and_tells_nothing_of_it() -> None:
    class Broken(Board):
        def living(self) -> list[CallView]:
            raise RuntimeError("secret detail")

    async with client(parts(Broken())) as api:
        answer = await api.get("/api/calls")
    assert answer.status_code == 500
    assert is_error(answer)
    assert "secret detail" not in answer.text


async def test_the_documentation_lists_every_request_and_loads_nothing_from_elsewhere() -> None:
    async with client(parts()) as api:
        page = (await api.get("/docs")).text
        described = (await api.get("/openapi.json")).json()
    assert set(described["paths"]) == {
        *("/api/status", "/api/refresh", "/api/extensions", "/api/restart", "/api/hangup"),
        *("/api/calls", "/api/calls/{call_id}", "/api/visits", "/api/events"),
        *("/healthz", "/readyz", "/metrics"),
    }
    for path, operations in described["paths"].items():
        assert all("422" not in operation["responses"] for operation in operations.values())
        assert f"<code>{path}</code>" in page
    assert "http://" not in page
    assert "https://" not in page
