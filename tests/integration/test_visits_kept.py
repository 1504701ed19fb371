"""No visit is lost: not when PostgreSQL goes away, nor when Porteiro is killed."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from porteiro.calls.archive import VisitFilter
from porteiro.errors import StorageError
from porteiro.storage.migrations import upgrade
from porteiro.storage.postgres.database import Database, DatabaseOptions
from porteiro.storage.visits.postgres import PostgresVisits
from porteiro.storage.visits.spool import SpooledVisits, VisitsOptions
from porteiro.storage.visits.sqlite import SqliteVisits
from tests.integration.server import eventually
from tests.postgres import PostgresServer, postgres
from tests.visit_records import read_sqlite_visits, visit

__all__ = ["postgres"]

ROOT = Path(__file__).parents[2]
EVERY = VisitFilter()


@dataclass
class Own:
    """A PostgreSQL that this test may stop, and how it is reached."""

    server: PostgresServer
    options: DatabaseOptions


@pytest.fixture
def own(postgres: PostgresServer) -> Iterator[Own]:
    """A database with Porteiro's tables; its server runs again in the end."""
    name = postgres.new_database()["DB_NAME"]
    options = DatabaseOptions(
        "127.0.0.1", postgres.port, name, postgres.user, postgres.password, 0.5, 0.5
    )
    upgrade(options.url)
    yield Own(postgres, options)
    postgres.thaw()
    if not answers(postgres):
        postgres.start()


def answers(server: PostgresServer) -> bool:
    try:
        server.connect().close()
    except Exception:  # noqa: BLE001  whatever the reason
        return False
    return True


@asynccontextmanager
async def recording(folder: Path, own: Own) -> AsyncIterator[SpooledVisits]:
    async with Database(own.options) as database:
        spool = VisitsOptions(folder, first_retry_s=0.05, longest_retry_s=0.2)
        async with SpooledVisits(spool, PostgresVisits(database)) as visits:
            yield visits


def stored(own: Own) -> list[object]:
    """Return the numbers of the visits in the database, oldest first."""
    query = "select visit->>'call_id' from porteiro_visit order by started"
    rows = own.server.execute(query, own.options.name)
    return [int(str(call_id)[-12:], 16) for (call_id,) in rows]


async def test_visits_of_an_outage_are_in_postgresql_once_it_is_back(
    tmp_path: Path, own: Own
) -> None:
    with capture_logs() as logs:
        async with recording(tmp_path, own) as visits:
            await visits.record(visit(0))
            await eventually(lambda: visits.waiting == 0)
            own.server.stop()
            await asyncio.gather(*(visits.record(visit(number)) for number in range(1, 60)))
            await eventually(lambda: logs)
            with pytest.raises(StorageError, match="cannot be reached"):
                await visits.find(EVERY, 10)
            assert visits.waiting == 59
            own.server.start()
            await eventually(lambda: visits.waiting == 0)
            assert len((await visits.find(EVERY, 100)).visits) == 60
    assert stored(own) == list(range(60))
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("visits wait for the store", "error"),
        ("visits go into the store again", "info"),
    ]
    assert logs[1]["waiting"] == 59


async def test_a_database_that_hangs_holds_no_record_up(tmp_path: Path, own: Own) -> None:
    async with recording(tmp_path, own) as visits:
        await visits.record(visit(0))
        await eventually(lambda: visits.waiting == 0)
        own.server.freeze()
        async with asyncio.timeout(10):
            await asyncio.gather(*(visits.record(visit(number)) for number in range(1, 20)))
            with pytest.raises(StorageError):
                await visits.find(EVERY, 10)
        assert visits.waiting == 19
        own.server.thaw()
        await eventually(lambda: visits.waiting == 0)
    assert stored(own) == list(range(20))


async def test_without_its_table_the_log_says_what_to_run(tmp_path: Path, own: Own) -> None:
    own.server.execute("alter table porteiro_visit rename to away", own.options.name)
    with capture_logs() as logs:
        async with recording(tmp_path, own) as visits:
            await visits.record(visit(0))
            await eventually(lambda: logs)
            assert "porteiro setup" in logs[0]["reason"]
            own.server.execute("alter table away rename to porteiro_visit", own.options.name)
            await eventually(lambda: visits.waiting == 0)
    assert stored(own) == [0]


@pytest.mark.parametrize("acknowledged", [1, 40, 150])
async def test_no_visit_that_was_recorded_is_lost_when_porteiro_is_killed(
    tmp_path: Path, acknowledged: int
) -> None:
    said = await killed_after(tmp_path, acknowledged)
    database = tmp_path / "visits.sqlite3"
    async with SqliteVisits(database) as store, SpooledVisits(VisitsOptions(tmp_path), store) as v:
        await eventually(lambda: v.waiting == 0 and read_sqlite_visits(database))
    kept = [int(row["call_id"][-12:], 16) for row in read_sqlite_visits(database)]
    assert kept[: len(said)] == said
    assert len(kept) <= len(said) + 1, "more than the one under way"
    assert not (tmp_path / "visits.rejected.jsonl").exists()


async def killed_after(folder: Path, acknowledged: int) -> list[int]:
    """Let a program record visits, kill it, and return those that it knew to be kept."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.visits_writer", str(folder)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    said = [int(await program.stdout.readline()) for _ in range(acknowledged)]
    program.send_signal(signal.SIGKILL)
    rest = await program.stdout.read()
    await program.wait()
    return said + [int(line) for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
