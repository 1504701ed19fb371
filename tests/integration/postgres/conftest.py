"""What the tests on a real PostgreSQL share: one server a run, a database a test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from porteiro.storage.postgres.database import Database, DatabaseOptions
from porteiro.storage.postgres.extension_table import CREATE
from tests.postgres import PostgresServer, postgres

__all__ = ["postgres"]


@dataclass(frozen=True, slots=True)
class Site:
    """A database of a test's own, looked at from both sides."""

    server: PostgresServer
    options: DatabaseOptions
    database: Database

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Do as the operator does, in another session."""
        return self.server.execute(statement, self.options.name)


def options_of(settings: dict[str, str]) -> DatabaseOptions:
    return DatabaseOptions(
        host=settings["DB_HOST"],
        port=int(settings["DB_PORT"]),
        name=settings["DB_NAME"],
        user=settings["DB_USER"],
        password=settings["DB_PASSWORD"],
        connect_s=2.0,
        statement_s=1.0,
    )


@pytest.fixture
async def empty(postgres: PostgresServer) -> AsyncIterator[Site]:
    """An empty database."""
    options = options_of(postgres.new_database())
    async with Database(options) as database:
        yield Site(postgres, options, database)


@pytest.fixture
async def site(empty: Site) -> Site:
    """A database with the table of extensions, and nothing else."""
    empty.sql(CREATE)
    return empty
