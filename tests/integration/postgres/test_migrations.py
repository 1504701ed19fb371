"""Porteiro's own tables are made once, whoever asks for them and how often."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from porteiro.errors import StorageError
from porteiro.storage.migrations import pending, upgrade
from tests.integration.postgres.conftest import Site

APARTMENTS = "insert into porteiro_apartment (condominium_id, apartment_number, {}) values (1, {})"
CONDOMINIUMS = "insert into porteiro_condominium (condominium_id, {}) values (1, {})"


@pytest.fixture(params=["PostgreSQL", "SQLite"])
def url(request: pytest.FixtureRequest, empty: Site, tmp_path: Path) -> str:
    return empty.options.url if request.param == "PostgreSQL" else f"sqlite:///{tmp_path}/visits.db"


async def test_migrations_are_applied_once(url: str) -> None:
    waiting = pending(url)
    assert waiting[0] == "0001 Condominiums and their apartments, announced when they change"
    assert upgrade(url) == waiting
    assert pending(url) == []
    assert upgrade(url) == []


async def test_several_processes_at_once_do_not_collide(url: str) -> None:
    waiting = pending(url)
    with ThreadPoolExecutor(4) as processes:
        applied = list(processes.map(upgrade, [url] * 4))
    assert sorted(applied) == [[], [], [], waiting]


async def test_what_fails_leaves_nothing_behind(empty: Site) -> None:
    empty.sql("create table porteiro_apartment (somebody_else_s text)")
    with pytest.raises(StorageError, match=r'"porteiro_apartment" already exists'):
        upgrade(empty.options.url)
    assert empty.sql("select to_regclass('porteiro_condominium')") == [(None,)]
    empty.sql("drop table porteiro_apartment")
    assert upgrade(empty.options.url)


async def test_another_program_s_alembic_is_left_alone(empty: Site) -> None:
    empty.sql("create table alembic_version (version_num text)")
    empty.sql("insert into alembic_version values ('theirs')")
    upgrade(empty.options.url)
    assert empty.sql("select version_num from alembic_version") == [("theirs",)]


@pytest.mark.parametrize("act", [upgrade, pending])
async def test_a_database_of_a_newer_porteiro_is_not_touched(
    url: str, empty: Site, act: Callable[[str], list[str]], tmp_path: Path
) -> None:
    upgrade(url)
    statement = "update porteiro_migration set version_num = '9999'"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(tmp_path / "visits.db")) as connection, connection:
            connection.execute(statement)
    else:
        empty.sql(statement)
    with pytest.raises(StorageError, match="newer Porteiro"):
        act(url)


async def test_a_database_that_cannot_be_reached_is_told_without_the_password(empty: Site) -> None:
    options = replace(empty.options, password="Kp7-wrong")
    with pytest.raises(StorageError, match="password authentication failed") as caught:
        upgrade(options.url)
    assert "Kp7-wrong" not in str(caught.value)


async def test_a_host_that_can_be_no_name_is_told(empty: Site) -> None:
    with pytest.raises(StorageError, match="check DB_HOST"):
        upgrade(replace(empty.options, host="a" * 70).url)


@pytest.mark.parametrize(
    "statement",
    [
        CONDOMINIUMS.format("silence_seconds", "70"),
        CONDOMINIUMS.format("silence_seconds", "'NaN'"),
        CONDOMINIUMS.format("attempts", "0"),
        CONDOMINIUMS.format("ring_seconds", "1000"),
        CONDOMINIUMS.format("voice", "'../voice'"),
        CONDOMINIUMS.format("gate", "'door'"),
        CONDOMINIUMS.format("gate_url", "'ftp://gate'"),
        CONDOMINIUMS.format("greeting", "repeat('a', 301)"),
        CONDOMINIUMS.format("retention_days", "-1"),
        "insert into porteiro_condominium (condominium_id) values (-1)",
        APARTMENTS.format("residents", "'501', null"),
        APARTMENTS.format("residents", "'501', '{Renata,null}'"),
        APARTMENTS.format("voip_numbers", "'501', '{null}'"),
        APARTMENTS.format("residents", "' ', '{}'"),
    ],
)
async def test_an_operator_s_mistake_is_refused_at_once(empty: Site, statement: str) -> None:
    upgrade(empty.options.url)
    with pytest.raises(psycopg.IntegrityError):
        empty.sql(statement)
