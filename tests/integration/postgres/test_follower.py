"""Changes are followed through whatever happens to the database."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs

from porteiro.errors import StorageError
from porteiro.storage.migrations import upgrade
from porteiro.storage.postgres.database import DatabaseOptions
from porteiro.storage.postgres.follower import Follower, FollowOptions
from porteiro.storage.postgres.source import extension_rows
from porteiro.storage.postgres.trigger import install_trigger
from tests.integration.postgres.conftest import Site
from tests.integration.server import eventually

QUICK = FollowOptions(
    heartbeat_s=0.2, answer_s=0.5, first_retry_s=0.05, longest_retry_s=0.2, quiet_s=0.01
)
INSERT = """
insert into extension_ia (extension_ia_number, extension_ia_return, extension_ia_ip,
                          extension_ia_number_port, condominium_id, extension_ia_return_port)
select 2000 + n, 3000 + n, '0.0.0.0', 8000 + n, 15, 9000 + n from generate_series({}, {}) n
"""


@dataclass
class Watcher:
    """Someone who reads the rows again whenever told to."""

    site: Site
    comparisons: int = 0
    seen: list[set[str]] = field(default_factory=list)
    failing: bool = False

    async def changed(self) -> None:
        self.comparisons += 1
        if self.failing:
            raise StorageError("the disk is full")
        rows = await extension_rows(self.site.database)
        self.seen.append({str(row["ramal_ia"]).strip() for row in rows})

    async def compares_again(self, before: int) -> None:
        await eventually(lambda: self.comparisons > before)

    def knows(self, *numbers: str) -> bool:
        return bool(self.seen) and self.seen[-1] == set(numbers)


@pytest.fixture
async def live(site: Site) -> Site:
    """A database that announces its changes."""
    await install_trigger(site.database)
    return site


@asynccontextmanager
async def following(
    site: Site, follow: FollowOptions = QUICK, options: DatabaseOptions | None = None
) -> AsyncIterator[tuple[Follower, Watcher]]:
    follower, watcher = Follower(options or site.options, follow), Watcher(site)
    task = asyncio.create_task(follower.run(watcher.changed))
    try:
        yield follower, watcher
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert not follower.listening


async def settled(follower: Follower, watcher: Watcher) -> None:
    await eventually(lambda: follower.listening and watcher.seen)


@contextmanager
def frozen(site: Site) -> Iterator[None]:
    site.server.freeze()
    try:
        yield
    finally:
        site.server.thaw()


@contextmanager
def stopped(site: Site) -> Iterator[None]:
    site.server.stop()
    try:
        yield
    finally:
        site.server.start()


@pytest.mark.every_loop
async def test_each_change_of_a_row_is_seen(live: Site) -> None:
    async with following(live) as (follower, watcher):
        await settled(follower, watcher)
        live.sql(INSERT.format(1, 2))
        await eventually(lambda: watcher.knows("2001", "2002"))
        live.sql("update extension_ia set extension_ia_number = '7' where extension_ia_id = 1")
        await eventually(lambda: watcher.knows("7", "2002"))
        live.sql("delete from extension_ia where extension_ia_id = 1")
        await eventually(lambda: watcher.knows("2002"))
        live.sql("truncate extension_ia")
        await eventually(watcher.knows)


async def test_what_one_transaction_changes_is_never_seen_by_halves(live: Site) -> None:
    live.sql(INSERT.format(1, 2))
    async with following(live) as (follower, watcher):
        await settled(follower, watcher)
        with live.server.connect(live.options.name) as session, session.transaction():
            session.execute(INSERT.format(3, 3))
            session.execute(
                "update extension_ia set extension_ia_number = '7' where extension_ia_id = 2"
            )
            session.execute("delete from extension_ia where extension_ia_number = '2001'")
        await eventually(lambda: watcher.knows("7", "2003"))
    assert all(seen in ({"2001", "2002"}, {"7", "2003"}) for seen in watcher.seen)


async def test_changes_of_porteiro_s_own_tables_are_seen(live: Site) -> None:
    upgrade(live.options.url)
    async with following(live) as (follower, watcher):
        for statement in (
            "insert into porteiro_condominium (condominium_id) values (15)",
            "insert into porteiro_apartment (condominium_id, apartment_number) values (15, '501')",
            "update porteiro_apartment set apartment_number = '502'",
            "truncate porteiro_apartment",
        ):
            await settled(follower, watcher)
            before = watcher.comparisons
            live.sql(statement)
            await watcher.compares_again(before)


async def test_a_thousand_changes_are_looked_at_together(live: Site) -> None:
    async with following(live) as (follower, watcher):
        await settled(follower, watcher)

        def change_much() -> None:
            with live.server.connect(live.options.name) as session:
                for n in range(1, 1001):
                    session.execute(INSERT.format(n, n))

        await asyncio.to_thread(change_much)
        await eventually(lambda: len(watcher.seen[-1]) == 1000)
        assert watcher.comparisons < 100


async def test_notices_that_make_no_sense_lead_to_a_comparison_and_one_line(live: Site) -> None:
    payloads = (
        "",
        "no json",
        "[" * 7000,
        "[]",
        '{"action": "DROP", "data": {}}',
        '{"action": "INSERT", "data": {"other_table_id": 1}}',
        """{"action": "DELETE", "data": {"extension_ia_id": "'; drop table extension_ia; --"}}""",
    )
    with capture_logs() as logs:
        async with following(live) as (follower, watcher):
            await settled(follower, watcher)
            for channel in ("change_record_extension_ia", "porteiro_changes"):
                for payload in payloads:
                    before = watcher.comparisons
                    with live.server.connect(live.options.name) as session:
                        session.execute("select pg_notify(%s, %s)", (channel, payload))
                    await watcher.compares_again(before)
            live.sql(INSERT.format(1, 1))
            await eventually(lambda: watcher.knows("2001"))
    assert [(line["log_level"], line["reason"]) for line in logs] == [("warning", "it is no JSON")]


@pytest.mark.every_loop
async def test_what_changed_while_the_server_was_away_is_found_when_it_is_back(live: Site) -> None:
    with capture_logs() as logs:
        async with following(live) as (follower, watcher):
            await settled(follower, watcher)
            with stopped(live):
                await eventually(lambda: not follower.listening)
            live.sql(INSERT.format(1, 1))
            await eventually(lambda: watcher.knows("2001"))
            await eventually(lambda: follower.listening)
            live.sql(INSERT.format(2, 2))
            await eventually(lambda: watcher.knows("2001", "2002"))
    assert [line["event"] for line in logs] == [
        "database cannot be followed, what is known stays in force; trying on",
        "database is back, its changes are followed again",
    ]


@pytest.mark.every_loop
async def test_a_server_that_freezes_is_noticed_and_found_again(live: Site) -> None:
    async with following(live) as (follower, watcher):
        await settled(follower, watcher)
        with frozen(live):
            await eventually(lambda: not follower.listening)
        await eventually(lambda: follower.listening)
        live.sql(INSERT.format(1, 1))
        await eventually(lambda: watcher.knows("2001"))


async def test_a_listener_cut_off_by_an_administrator_listens_again(live: Site) -> None:
    with capture_logs() as logs:
        async with following(live) as (follower, watcher):
            await settled(follower, watcher)
            live.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'porteiro: follows changes'"
            )
            await eventually(lambda: len(logs) == 2 and follower.listening)
            live.sql(INSERT.format(1, 1))
            await eventually(lambda: watcher.knows("2001"))
    assert logs[1]["event"] == "database is back, its changes are followed again"


async def test_it_starts_without_a_server_and_takes_over_when_there_is_one(live: Site) -> None:
    with stopped(live), capture_logs() as logs:
        lost = "database cannot be followed, what is known stays in force; trying on"
        async with following(live):
            await eventually(lambda: logs)
        assert [line["event"] for line in logs] == [lost]
        assert "Connection refused" in logs[0]["reason"]
    async with following(live) as (follower, watcher):
        await settled(follower, watcher)


async def test_a_server_that_refuses_the_listener_is_read_on_the_timer(live: Site) -> None:
    refused = replace(live.options, password="wrong")
    with capture_logs() as logs:
        follow = replace(QUICK, every_s=0.05)
        async with following(live, follow, refused) as (follower, watcher):
            await eventually(lambda: len(watcher.seen) > 2)
            live.sql(INSERT.format(1, 1))
            await eventually(lambda: watcher.knows("2001"))
            assert not follower.listening
    assert len(logs) == 1
    assert "wrong" not in str(logs)


async def test_without_a_trigger_the_timer_finds_the_change(site: Site) -> None:
    async with following(site, replace(QUICK, every_s=0.05)) as (follower, watcher):
        await settled(follower, watcher)
        site.sql(INSERT.format(1, 1))
        await eventually(lambda: watcher.knows("2001"))


async def test_a_comparison_that_fails_is_tried_again_and_told_once(live: Site) -> None:
    with capture_logs() as logs:
        async with following(live) as (follower, watcher):
            watcher.failing = True
            await eventually(lambda: watcher.comparisons > 3)
            watcher.failing = False
            await settled(follower, watcher)
    assert [line["event"] for line in logs] == [
        "database cannot be read; trying on",
        "database can be read again",
    ]
