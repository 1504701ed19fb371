"""The API of the real server, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from porteiro.phones.audiosocket import dial
from tests.integration.server import Server, Site, serving
from tests.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = "a-token-that-only-this-test-knows"
STEERING = [("GET", "/api/status"), ("POST", "/api/refresh"), ("GET", "/metrics")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with serving(tmp_path_factory.mktemp("api"), Site()) as running:
        yield running


async def answers(port: int) -> bool:
    """Return whether somebody listens on a port of loopback."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_the_extensions_of_the_local_copy_are_told_and_ready(server: Server) -> None:
    status = (await server.api.get("/api/status")).json()
    ready = await server.api.get("/readyz")
    assert (status["total_extensions"], status["source"], status["calls"]) == (2, "file", 0)
    assert [(one["porta_ia"], one["porta_retorno"]) for one in status["extensions"]] == server.ports
    assert {one["status"] for one in status["extensions"]} == {"ativo"}
    assert ready.status_code == 200
    assert ready.json()["parts"]["database"] == "unused"


async def test_a_call_is_counted_on_its_extension_and_its_visit_is_in_the_log(
    server: Server,
) -> None:
    call_id = str(uuid4())
    async with dial("127.0.0.1", server.port, call_id):
        async with asyncio.timeout(10):
            while not await server.calls():  # noqa: ASYNC110  another process's
                await asyncio.sleep(0.05)
        first, second = (await server.api.get("/api/status")).json()["extensions"]
        assert (first["calls"], second["calls"]) == (1, 0)
        hung_up = await server.api.post("/api/hangup", json={"call_id": call_id})
        assert hung_up.status_code == 200
    await server.left_with()
    async with asyncio.timeout(10):
        while not (await server.api.get("/api/visits")).json()["visits"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    page = (await server.api.get("/api/visits")).json()
    assert [visit["call_id"] for visit in page["visits"]] == [call_id]
    assert page["visits"][0]["transcripts"]["visitor"]
    page = (await server.api.get("/api/visits", params={"decision": "authorized"})).json()
    assert page["visits"] == []
    again = await server.api.post("/api/hangup", json={"call_id": call_id})
    assert again.status_code == 404


async def test_an_extension_is_restarted_and_its_calls_go_on(server: Server) -> None:
    call_id = str(uuid4())
    async with dial("127.0.0.1", server.port, call_id):
        async with asyncio.timeout(10):
            while not await server.calls():  # noqa: ASYNC110  another process's
                await asyncio.sleep(0.05)
        answer = await server.api.post("/api/restart", json={"extension_id": 10})
        assert answer.status_code == 200
        assert answer.json()["extension"]["status"] == "ativo"
        assert answer.json()["extension"]["porta_ia"] == server.port
        assert await answers(server.port)
        assert await answers(server.return_port)
        assert await server.calls() == [call_id]
    await server.left_with()
    unknown = await server.api.post("/api/restart", json={"ramal": "0"})
    assert unknown.status_code == 404


async def test_a_refresh_without_a_database_reads_the_files_again(server: Server) -> None:
    answer = await server.api.post("/api/refresh")
    assert answer.status_code == 200
    assert answer.json()["stats"] == {"removed": 0, "updated": 0, "added": 0, "total_active": 2}
    assert await answers(server.port)


async def test_without_a_database_its_rows_are_503_and_it_is_said_why(server: Server) -> None:
    answer = await server.api.get("/api/extensions")
    assert answer.status_code == 503
    assert answer.json()["status"] == "error"
    assert "DB_HOST" in answer.json()["message"]


async def test_the_figures_of_the_process_are_there(server: Server) -> None:
    page = (await server.api.get("/metrics")).text
    figures = {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    assert figures["porteiro_extensions", ("ativo",)] == 2
    assert figures["porteiro_visits_waiting", ()] == 0
    assert figures["process_open_fds", ()] > 4


async def test_with_a_token_set_only_whoever_has_it_learns_or_steers_anything(
    tmp_path: Path,
) -> None:
    site = Site({"PORTEIRO_API_TOKEN": TOKEN, "API_PORT": str(free_port())})
    async with serving(tmp_path / "server", site) as server:
        async with httpx.AsyncClient(base_url=server.api.base_url) as stranger:
            for method, path in STEERING:
                assert (await stranger.request(method, path)).status_code == 401
            assert (await stranger.get("/healthz")).status_code == 200
            assert (await stranger.get("/readyz")).status_code == 200
        server.api.headers["Authorization"] = f"Bearer {TOKEN}"
        assert (await server.api.get("/api/status")).status_code == 200
        assert TOKEN not in server.log_file.read_text()
