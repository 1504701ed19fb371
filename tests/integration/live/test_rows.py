"""Rows that change while the server runs: what it listens on follows, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.integration.live.site import LiveSite, free_pair, listens, live
from tests.integration.server import eventually
from tests.integration.wire_peer import call_id_message, peer
from tests.postgres import PostgresServer, postgres

__all__ = ["postgres"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

SQL = "'; DROP TABLE extension_ia; --"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveSite]:
    async with live(tmp_path_factory.mktemp("rows"), postgres) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: LiveSite) -> AsyncIterator[LiveSite]:
    """The site, with no row in it before and after each test."""
    yield running
    running.remove_all()
    await running.server.left_with(limit_s=20)


async def test_a_new_row_is_served_and_shown(site: LiveSite) -> None:
    port, return_port = free_pair()
    row = site.add("2018519", port, return_port)
    await eventually(lambda: listens(port) and listens(return_port))
    assert await site.whose(port) == "2018519"
    shown = await site.extension(row)
    assert shown is not None
    assert {name: shown[name] for name in ("ramal_ia", "porta_ia", "status", "calls")} == {
        "ramal_ia": "2018519",
        "porta_ia": port,
        "status": "ativo",
        "calls": shown["calls"],
    }
    assert (await site.status())["source"] == "database"


async def test_a_port_moved_back_and_forth_ends_where_the_row_says(site: LiveSite) -> None:
    (port, return_port), (other, _) = free_pair(), free_pair()
    row = site.add("7", port, return_port)
    for goes_to in (other, port, other, port, other):
        site.sql(
            f"UPDATE extension_ia SET extension_ia_number_port = '{goes_to}'"
            f" WHERE extension_ia_id = {row}"
        )
    await site.caught_up()
    assert not listens(port)
    assert await site.whose(other) == "7"
    assert listens(return_port)


async def test_a_call_on_a_port_that_moves_goes_on(site: LiveSite) -> None:
    (port, return_port), (other, _) = free_pair(), free_pair()
    row = site.add("7", port, return_port)
    await eventually(lambda: listens(port))
    call_id = str(uuid4())
    async with peer(port) as line:
        line.send(call_id_message(call_id))
        await eventually(lambda: line.told)
        site.sql(
            f"UPDATE extension_ia SET extension_ia_number_port = '{other}'"
            f" WHERE extension_ia_id = {row}"
        )
        await eventually(lambda: listens(other) and not listens(port))
        heard = len(line.frames())
        await eventually(lambda: len(line.frames()) > heard + 25)
        assert await site.server.state(call_id) == "collecting"


async def test_two_rows_swap_their_ports_in_one_transaction(site: LiveSite) -> None:
    (a, a_return), (b, b_return) = free_pair(), free_pair()
    one, two = site.add("1", a, a_return), site.add("2", b, b_return)
    await eventually(lambda: listens(a) and listens(b_return))
    site.sql(
        "UPDATE extension_ia SET"
        f" extension_ia_number_port = CASE extension_ia_id WHEN {one} THEN '{b}' ELSE '{a}' END,"
        f" extension_ia_return_port = CASE extension_ia_id WHEN {one} THEN '{b_return}'"
        f" ELSE '{a_return}' END WHERE extension_ia_id IN ({one}, {two})"
    )
    await site.caught_up()
    assert await site.whose(a) == "2"
    assert await site.whose(b) == "1"
    assert {e["status"] for e in (await site.status())["extensions"]} == {"ativo"}


async def test_a_deleted_row_is_no_longer_served(site: LiveSite) -> None:
    port, return_port = free_pair()
    row = site.add("7", port, return_port)
    await eventually(lambda: listens(port))
    site.sql(f"DELETE FROM extension_ia WHERE extension_ia_id = {row}")
    await eventually(lambda: not listens(port) and not listens(return_port))
    assert await site.extension(row) is None


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("extension_ia_number", "''", "ramal_ia is missing"),
        ("extension_ia_number_port", "'oito'", "porta_ia is 'oito', not a number"),
        ("extension_ia_number_port", "'70000'", "porta_ia is 70000, not from 1 to 65535"),
        ("extension_ia_number_port", "'-1'", "porta_ia is -1"),
        ("extension_ia_return_port", "NULL", "porta_retorno is missing"),
        ("extension_ia_return_port", "extension_ia_number_port", "are both"),
        ("extension_ia_ip", "'192.0.2.1'", "this machine does not have that address"),
        ("extension_ia_ip", "'gate'", "ip_servidor is 'gate', not an IP address"),
        ("condominium_id", "-5", "condominio_id is -5"),
        ("extension_ia_number_port", "$$" + SQL + "$$", "not a number"),
        ("extension_ia_return_port", "$$" + SQL + "$$", "not a number"),
        ("extension_ia_ip", "$$" + SQL + "$$", "not an IP address"),
    ],
)
async def test_a_row_that_makes_no_sense_is_shown_and_the_others_serve_on(
    site: LiveSite, column: str, value: str, reason: str
) -> None:
    (port, return_port), (good, good_return) = free_pair(), free_pair()
    row = site.add("7", port, return_port)
    site.add("8", good, good_return)
    await eventually(lambda: listens(port) and listens(good))
    site.sql(f"UPDATE extension_ia SET {column} = {value} WHERE extension_ia_id = {row}")
    await eventually(lambda: not listens(port))
    shown = await site.extension(row)
    assert shown is not None
    assert shown["status"] == "erro"
    assert reason in shown["reason"]
    assert listens(good)
    assert listens(good_return)
    site.sql(
        f"UPDATE extension_ia SET extension_ia_number = '7', extension_ia_ip = '127.0.0.1',"
        f" extension_ia_number_port = '{port}', extension_ia_return_port = '{return_port}',"
        f" condominium_id = 15 WHERE extension_ia_id = {row}"
    )
    await eventually(lambda: listens(port) and listens(return_port))


async def test_sql_in_a_number_is_only_a_strange_number(site: LiveSite) -> None:
    port, return_port = free_pair()
    row = site.add(SQL.replace("'", "''"), port, return_port)
    await eventually(lambda: listens(port))
    shown = await site.extension(row)
    assert shown is not None
    assert shown["ramal_ia"] == SQL


async def test_two_rows_on_one_port_leave_the_one_that_was_there(site: LiveSite) -> None:
    (port, return_port), (_, other_return) = free_pair(), free_pair()
    site.add("7", port, return_port)
    await eventually(lambda: listens(port))
    second = site.add("8", port, other_return)
    async with asyncio.timeout(10):
        while (shown := await site.extension(second)) is None:  # noqa: ASYNC110  likewise
            await asyncio.sleep(0.05)
    assert shown["status"] == "erro"
    assert "is taken by extension 7" in shown["reason"]
    assert await site.whose(port) == "7"


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "rubbish",
        "[]",
        '{"action": "UPDATE"}',
        '{"action": 3, "data": {"other_id": 1}}',
        "{" * 99,
    ],
)
async def test_a_wrong_notice_changes_nothing(site: LiveSite, payload: str) -> None:
    port, return_port = free_pair()
    site.add("7", port, return_port)
    await eventually(lambda: listens(port))
    site.sql(f"SELECT pg_notify('change_record_extension_ia', $${payload}$$)")
    other, other_return = free_pair()
    site.add("8", other, other_return)
    await eventually(lambda: listens(other))
    assert await site.whose(port) == "7"


async def test_a_thousand_changes_in_a_second_end_with_the_last(site: LiveSite) -> None:
    (port, return_port), (other, _) = free_pair(), free_pair()
    row = site.add("7", port, return_port)
    await eventually(lambda: listens(port))
    with site.postgres.connect(site.database) as connection:
        connection.autocommit = True
        for turn in range(1001):
            connection.execute(
                "UPDATE extension_ia SET extension_ia_number_port = %s WHERE extension_ia_id = %s",
                (str((other, port)[turn % 2]), row),
            )
    await site.caught_up()
    assert not listens(port)
    assert await site.whose(other) == "7"


async def test_the_local_copy_follows(site: LiveSite) -> None:
    port, return_port = free_pair()
    site.add("2018519", port, return_port)
    copy = site.server.data / "ramais_config.json"
    await eventually(lambda: copy.exists() and f'"porta_ia": {port}' in copy.read_text())


async def test_refresh_and_restart_do_what_they_say(site: LiveSite) -> None:
    port, return_port = free_pair()
    row = site.add("7", port, return_port)
    await eventually(lambda: listens(port))
    stats = (await site.server.api.post("/api/refresh")).json()["stats"]
    assert stats == {"removed": 0, "updated": 0, "added": 0, "total_active": 1}
    restarted = await site.server.api.post("/api/restart", json={"extension_id": row})
    assert restarted.status_code == 200
    assert await site.whose(port) == "7"
