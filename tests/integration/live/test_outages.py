"""A database that is not there, goes away, hangs, or comes back: no call notices."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.integration.bystander import bystander
from tests.integration.live.site import LiveSite, free_pair, listens, live, set_up
from tests.integration.server import Site, eventually, serving
from tests.integration.wire_peer import call_id_message, peer
from tests.postgres import PostgresServer

LONG = {"PORTEIRO_MAX_CALL_SECONDS": "900"}


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    """A PostgreSQL that only this test uses."""
    with PostgresServer() as made:
        yield made


@pytest_asyncio.fixture
async def site(own: PostgresServer, tmp_path: Path) -> AsyncIterator[LiveSite]:
    async with live(tmp_path / "live", own, LONG) as made:
        port, return_port = free_pair()
        made.add("7", port, return_port)
        await eventually(lambda: listens(port) and listens(return_port))
        made.server.ports = [(port, return_port)]
        yield made


async def test_a_restart_is_felt_by_no_call_and_what_was_missed_is_made_up(site: LiveSite) -> None:
    async with bystander(site.server) as healthy, healthy.undisturbed():
        site.postgres.stop()
        refused = await site.server.api.post("/api/refresh")
        assert refused.status_code == 503
        assert refused.json()["status"] == "error"
        assert (await site.server.api.get("/api/extensions")).status_code == 503
        assert (await site.status())["source"] == "database"
        site.postgres.start()
        site.sql("ALTER TABLE extension_ia DISABLE TRIGGER ALL")
        port, return_port = free_pair()
        site.add("8", port, return_port)
        await eventually(lambda: listens(port), 30)


async def test_a_database_that_hangs_holds_nothing_up(site: LiveSite) -> None:
    async with bystander(site.server) as healthy, healthy.undisturbed():
        site.postgres.freeze()
        try:
            refused = await site.server.api.post("/api/refresh", timeout=20)
            assert refused.status_code == 503
            assert (await site.status())["total_extensions"] == 1
        finally:
            site.postgres.thaw()
        port, return_port = free_pair()
        site.add("8", port, return_port)
        await eventually(lambda: listens(port), 40)


async def test_visits_of_an_outage_are_written_when_it_is_over(site: LiveSite) -> None:
    site.postgres.stop()
    call_id = str(uuid4())
    async with peer(site.server.port) as line:
        line.send(call_id_message(call_id))
        await eventually(lambda: line.told)
    await site.server.left_with(limit_s=20)
    site.postgres.start()
    await eventually(
        lambda: site.sql(f"SELECT 1 FROM porteiro_visit WHERE call_id = '{call_id}'"), 60
    )


async def test_a_start_without_the_database_serves_the_copy_and_is_taken_over_later(
    own: PostgresServer, tmp_path: Path
) -> None:
    database = own.new_database()
    set_up(tmp_path, database, "--extension-table", "--trigger")
    own.stop()
    async with serving(tmp_path, Site({**database}, None, extensions=1)) as server:
        assert (await server.api.get("/api/status")).json()["source"] == "file"
        assert listens(server.port)
        own.start()
        site = LiveSite(server, own, database["DB_NAME"])
        port, return_port = free_pair()
        site.add("8", port, return_port)
        await eventually(lambda: listens(port) and not listens(server.port), 40)
        assert (await site.status())["source"] == "database"


@pytest.mark.parametrize(
    "content", ['{"ramais": [{"id": 10, "ram', "[]", '{"ramais": [{"id": 10}]}']
)
async def test_a_copy_that_is_broken_is_said_and_mended_by_the_database(
    own: PostgresServer, tmp_path: Path, content: str
) -> None:
    database = own.new_database()
    set_up(tmp_path, database, "--extension-table", "--trigger")
    own.stop()

    def broken(data: Path) -> None:
        (data / "ramais_config.json").write_text(content)

    async with serving(tmp_path, Site({**database}, None, prepare=broken)) as server:
        assert server.logged("row or file"), server.log
        own.start()
        site = LiveSite(server, own, database["DB_NAME"])
        port, return_port = free_pair()
        site.add("8", port, return_port)
        await eventually(lambda: listens(port), 40)
        await eventually(lambda: str(port) in (server.data / "ramais_config.json").read_text())
