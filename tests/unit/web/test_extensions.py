"""Extensions over the API: looked at, brought in line, restarted."""

from dataclasses import replace

import pytest

from porteiro.calls.admission import AdmissionLimits, Capacity, Refusal
from porteiro.calls.board import CallView
from porteiro.condominiums.board import Source
from tests.unit.web.board import STARTED, Board, visit
from tests.unit.web.client import client, is_error
from tests.unit.web.parts import AWAY, MOVED, ROW, SERVED, Extensions, parts


async def test_the_status_tells_of_every_extension_as_it_stands() -> None:
    async with client(parts()) as api:
        answer = await api.get("/api/status")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "status": "success",
        "total_extensions": 3,
        "calls": 1,
        "source": "database",
        "capacity": {
            "calls": 0,
            "limit": 500,
            "extension_limit": None,
            "lag_ms": 0.0,
            "lag_limit_ms": None,
            "refusing": None,
            "refusing_since": None,
            "extensions_full": [],
            "telling": 0,
            "refused": {},
        },
        "extensions": [
            {
                "id": 10,
                "ramal_ia": "2018519",
                "ramal_retorno": "2018520",
                "ip": "0.0.0.0",
                "porta_ia": 8101,
                "porta_retorno": 8201,
                "condominio_id": 15,
                "status": "ativo",
                "calls": 1,
            },
            {
                "id": 11,
                "ramal_ia": "2018521",
                "ramal_retorno": "2018522",
                "ip": "0.0.0.0",
                "porta_ia": 8104,
                "porta_retorno": 8206,
                "condominio_id": 16,
                "status": "ativo",
                "calls": 0,
                "porta_ia_configurada": 8102,
                "porta_retorno_configurada": 8202,
            },
            {
                "id": 12,
                "ramal_ia": "2018523",
                "ramal_retorno": "",
                "ip": "0.0.0.0",
                "porta_ia": "99999",
                "porta_retorno": None,
                "condominio_id": 17,
                "status": "erro",
                "calls": 0,
                "reason": "porta_ia is 99999, not from 1 to 65535",
            },
        ],
    }


async def test_the_status_tells_why_and_since_when_calls_are_refused() -> None:
    room = Capacity(
        calls=40,
        limits=AdmissionLimits(500, 40, 0.1),
        lag_s=0.1234,
        refusing=Refusal.LAG,
        since=STARTED,
        extensions=("2018519",),
        told=3,
        refused={Refusal.LAG: 7, Refusal.EXTENSION: 2},
    )
    async with client(replace(parts(), capacity=lambda: room)) as api:
        told = (await api.get("/api/status")).json()["capacity"]
    assert told == {
        "calls": 40,
        "limit": 500,
        "extension_limit": 40,
        "lag_ms": 123.4,
        "lag_limit_ms": 100,
        "refusing": "lag",
        "refusing_since": "2026-11-21T10:30:00Z",
        "extensions_full": ["2018519"],
        "telling": 3,
        "refused": {"lag": 7, "extension": 2},
    }


@pytest.mark.parametrize("what", ["refresh", "restart"])
async def test_a_process_that_is_stopping_changes_nothing(what: str) -> None:
    extensions = Extensions()
    draining = replace(
        parts(extensions=extensions), capacity=lambda: Capacity(refusing=Refusal.DRAINING)
    )
    async with client(draining) as api:
        answer = await api.post(f"/api/{what}", json={"extension_id": 10})
    assert answer.status_code == 503
    assert is_error(answer)
    assert "stopping" in answer.json()["message"]
    assert extensions.restarted == []


async def test_only_the_port_that_was_moved_is_told_beside_the_configured_one() -> None:
    moved = replace(SERVED, port=8103, configured_port=8101)
    async with client(parts(extensions=Extensions([moved]))) as api:
        (told,) = (await api.get("/api/status")).json()["extensions"]
    assert told["porta_ia_configurada"] == 8101
    assert "porta_retorno_configurada" not in told


async def test_calls_are_counted_on_the_extension_they_came_to_whatever_its_number_is_now() -> None:
    class Busy(Board):
        def living(self) -> list[CallView]:
            ids = (11, 11, 10, 99)
            return [CallView(visit(), number, "ringing", ()) for number in ids]

    async with client(parts(Busy())) as api:
        body = (await api.get("/api/status")).json()
    assert body["calls"] == 4
    assert [one["calls"] for one in body["extensions"]] == [1, 2, 0]


@pytest.mark.parametrize("source", Source)
async def test_the_status_says_where_the_extensions_come_from(source: Source) -> None:
    async with client(parts(extensions=Extensions((), source=source))) as api:
        body = (await api.get("/api/status")).json()
    assert (body["source"], body["extensions"]) == (source.value, [])


async def test_a_refresh_says_what_it_changed() -> None:
    async with client(parts()) as api:
        answer = await api.post("/api/refresh")
    assert answer.status_code == 200
    assert answer.json()["status"] == "success"
    assert answer.json()["stats"] == {"removed": 1, "updated": 2, "added": 3, "total_active": 4}


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/refresh"), ("GET", "/api/extensions")])
async def test_a_database_that_is_away_is_503_and_says_why(method: str, path: str) -> None:
    async with client(parts(extensions=Extensions(away=True))) as api:
        answer = await api.request(method, path)
    assert answer.status_code == 503
    assert is_error(answer)
    assert answer.json()["message"] == AWAY


async def test_rows_are_told_as_the_database_has_them_without_their_padding() -> None:
    async with client(parts()) as api:
        body = (await api.get("/api/extensions")).json()
    assert body == {
        "status": "success",
        "total": 1,
        "extensions": [
            {
                "id": 10,
                "ramal_ia": "2018519",
                "ramal_retorno": "2018520",
                "ip_servidor": "0.0.0.0",
                "porta_ia": "8101",
                "porta_retorno": None,
                "condominio_id": 15,
            }
        ],
    }


async def test_a_row_with_anything_in_it_is_told_all_the_same() -> None:
    vicious = {"ramal_ia": "'; drop table extension_ia; --", "porta_ia": 81.5, "more": object()}
    async with client(parts(extensions=Extensions(kept=[vicious, ROW]))) as api:
        strange, plain = (await api.get("/api/extensions")).json()["extensions"]
    assert strange["ramal_ia"] == vicious["ramal_ia"]
    assert strange["porta_ia"] == "81.5"
    assert set(strange) == set(plain)


@pytest.mark.parametrize(
    ("order", "number"), [({"extension_id": 11}, 11), ({"ramal": "2018521"}, 11)]
)
async def test_an_extension_is_restarted_by_id_or_by_number(
    order: dict[str, object], number: int
) -> None:
    board = Extensions()
    async with client(parts(extensions=board)) as api:
        answer = await api.post("/api/restart", json=order)
    assert answer.status_code == 200
    assert answer.json()["extension"]["porta_ia_configurada"] == MOVED.configured_port
    assert "reason" not in answer.json()["extension"]
    assert board.restarted == [number]


async def test_a_restart_that_fails_says_how_the_extension_stands() -> None:
    async with client(parts()) as api:
        answer = await api.post("/api/restart", json={"extension_id": 12})
    assert answer.status_code == 200
    assert answer.json()["extension"]["status"] == "erro"
    assert "cannot be opened" in answer.json()["message"]


@pytest.mark.parametrize("order", [{"extension_id": 99}, {"ramal": "99"}, {"ramal": " "}])
async def test_an_unknown_extension_is_404(order: dict[str, object]) -> None:
    board = Extensions()
    async with client(parts(extensions=board)) as api:
        answer = await api.post("/api/restart", json=order)
    assert answer.status_code == 404
    assert is_error(answer)
    assert board.restarted == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{}", "one of the two"),
        ('{"extension_id": 10, "ramal": "2018519"}', "one of the two"),
        ('{"extension_id": "10"}', "without quotes"),
        ('{"extension_id": null}', "extension_id"),
        ('{"extension_id": -1}', "extension_id"),
        ('{"extension_id": 99999999999}', "extension_id"),
        ('{"ramal": 2018519}', "ramal"),
        ('{"ramal": ""}', "ramal"),
        ('{"ramall": "2018519"}', "ramall"),
        ("[]", ""),
        ("", "JSON object"),
        ("ramal=2018519", "not JSON"),
    ],
)
async def test_a_bad_order_is_400_says_why_and_restarts_nothing(body: str, said: str) -> None:
    board = Extensions()
    async with client(parts(extensions=board)) as api:
        answer = await api.post(
            "/api/restart", content=body, headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 400
    assert is_error(answer)
    assert said in answer.json()["message"]
    assert board.restarted == []


async def test_the_status_tells_how_each_provider_of_speech_is() -> None:
    providers = [("hearing", "deepgram", "resting"), ("hearing", "embedded", "well")]
    async with client(replace(parts(), speech_providers=lambda: providers)) as api:
        told = (await api.get("/api/status")).json()["speech"]
    assert told == [
        {"part": "hearing", "provider": "deepgram", "condition": "resting"},
        {"part": "hearing", "provider": "embedded", "condition": "well"},
    ]
