"""Connections say what is wrong, and never hang."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from porteiro.errors import StorageError
from porteiro.storage.postgres.database import Database, DatabaseOptions
from tests.integration.postgres.conftest import Site


async def one(database: Database, query: str = "select 1 as one") -> object:
    async with database.connection() as connection:
        (row,) = await (await connection.execute(query)).fetchall()
        return row["one"]


async def complaint(database: Database, query: str = "select 1 as one") -> str:
    with pytest.raises(StorageError) as caught:
        await one(database, query)
    return str(caught.value)


@asynccontextmanager
async def changed(site: Site, **changes: object) -> AsyncIterator[Database]:
    options: DatabaseOptions = replace(site.options, **changes)  # type: ignore[arg-type]
    async with Database(options) as database:
        yield database


async def test_connections_are_used_again(empty: Site) -> None:
    backend = "select pg_backend_pid() as one"
    assert await one(empty.database, backend) == await one(empty.database, backend)


async def test_what_is_done_is_kept_and_what_fails_leaves_nothing(empty: Site) -> None:
    async def insert(*values: int) -> None:
        async with empty.database.connection() as connection:
            for value in values:
                await connection.execute("insert into kept values (%s)", (10 // value,))

    empty.sql("create table kept (n integer primary key)")
    await insert(10)
    with pytest.raises(StorageError, match="duplicate key"):
        await insert(5, 10)
    with pytest.raises(ZeroDivisionError):
        await insert(2, 0)
    assert empty.sql("select n from kept") == [(1,)]


@pytest.mark.parametrize(
    ("changes", "cause", "advice"),
    [
        ({"port": 1}, "Connection refused", "check DB_HOST and DB_PORT"),
        ({"host": "no.such.host.invalid"}, "no.such.host.invalid", "check DB_HOST and DB_PORT"),
        ({"host": "a" * 70}, "too long", "check DB_HOST and DB_PORT"),
        ({"password": "Kp7-wrong"}, "password authentication failed", "DB_USER and DB_PASSWORD"),
        ({"user": "nobody-known"}, 'user "nobody-known"', "DB_USER and DB_PASSWORD"),
        ({"name": "nix"}, 'database "nix" does not exist', "check DB_NAME"),
    ],
)
async def test_a_server_that_cannot_be_used_is_told_with_what_to_check(
    empty: Site, changes: dict[str, object], cause: str, advice: str
) -> None:
    async with changed(empty, **changes) as database:
        told = await complaint(database)
    assert cause in told
    assert advice in told
    assert "Kp7-wrong" not in told
    assert "\n" not in told


async def test_a_server_without_room_for_us_says_so(empty: Site) -> None:
    name = f"single_{empty.options.name}"
    empty.sql(f"create role {name} login password 'let me in' connection limit 1")
    async with (
        changed(empty, user=name, password="let me in") as first,
        changed(empty, user=name, password="let me in") as second,
    ):
        assert await one(first) == 1
        assert "too many connections" in await complaint(second)
        await first.aclose()
        while True:  # the server takes a moment to count it out
            try:
                assert await one(second) == 1
            except StorageError:
                await asyncio.sleep(0.01)
            else:
                break


@pytest.mark.every_loop
async def test_a_restart_of_the_server_goes_unnoticed_between_two_uses(empty: Site) -> None:
    await one(empty.database)
    empty.server.restart()
    assert await one(empty.database) == 1


async def test_a_server_that_is_away_is_told_and_used_again_once_it_is_back(empty: Site) -> None:
    await one(empty.database)
    empty.server.stop()
    try:
        assert "Connection refused" in await complaint(empty.database)
    finally:
        empty.server.start()
    assert await one(empty.database) == 1


@pytest.mark.every_loop
async def test_a_frozen_server_is_given_up_and_used_again_once_it_goes_on(empty: Site) -> None:
    await one(empty.database)
    empty.server.freeze()
    try:
        assert "no answer within 2 s" in await complaint(empty.database)
        assert "no answer in time" in await complaint(empty.database)
    finally:
        empty.server.thaw()
    assert await one(empty.database) == 1


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(empty: Site) -> None:
    told = await complaint(empty.database, "select 1 as one from pg_sleep(30)")
    assert "statement timeout" in told
    assert await one(empty.database) == 1


async def test_a_connection_lost_in_the_middle_is_told(empty: Site) -> None:
    suicide = "select 1 as one from pg_terminate_backend(pg_backend_pid())"
    assert "terminating connection" in await complaint(empty.database, suicide)
    assert await one(empty.database) == 1


async def test_more_users_than_connections_wait_for_their_turn(empty: Site) -> None:
    async with changed(empty, pool_size=2) as database:
        backend = "select pg_backend_pid() as one from pg_sleep(0.01)"
        pids = await asyncio.gather(*(one(database, backend) for _ in range(20)))
    assert len(set(pids)) <= 2


async def test_whoever_waits_too_long_for_a_connection_is_told_why(empty: Site) -> None:
    async with changed(empty, pool_size=1, connect_s=1.0) as database, database.connection():
        told = await complaint(database)
    assert "all 1 connections" in told


@pytest.mark.every_loop
async def test_being_cancelled_gives_the_connection_back(empty: Site) -> None:
    async with changed(empty, pool_size=1) as database:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await one(database, "select 1 as one from pg_sleep(30)")
        assert await one(database) == 1


@pytest.mark.parametrize("socket", [False, True], ids=["TCP", "socket"])
async def test_the_url_leads_to_the_same_database(empty: Site, *, socket: bool) -> None:
    host = str(empty.server.folder) if socket else "127.0.0.1"
    async with changed(empty, host=host) as database:
        assert await one(database, "select current_database() as one") == empty.options.name
        engine = create_engine(database.options.url)
        with engine.connect() as connection:
            found = connection.exec_driver_sql("select current_database()").scalar_one()
        engine.dispose()
    assert found == empty.options.name


async def test_a_password_full_of_signs_is_no_trouble(empty: Site) -> None:
    name, password = f"odd_{empty.options.name}", "p@ss/w:rd?#%25 'ç"
    quoted = password.replace("'", "''")
    empty.sql(f"create role {name} login password '{quoted}'")
    async with changed(empty, user=name, password=password) as database:
        assert await one(database, "select current_user::text as one") == name
        engine = create_engine(database.options.url)
        engine.connect().close()
        engine.dispose()
