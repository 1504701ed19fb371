"""Visits are on disk at once, and go on into the store as that can take them."""

import asyncio
import errno
import json
import os
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.calls.visit import Visit
from porteiro.errors import StorageError
from porteiro.storage.visits.codec import encode
from porteiro.storage.visits.spool import SpooledVisits, VisitsOptions
from porteiro.storage.visits.sqlite import SqliteVisits, export
from porteiro.storage.visits.store import UnfitVisitError
from tests.integration.server import eventually
from tests.visit_records import read_sqlite_visits, visit


class MemoryStore:
    """A store as a dictionary, which can be away, hang, or refuse a visitor."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, datetime], Visit] = {}
        self.batches: list[int] = []
        self.away = False
        self.tries = 0
        self.hangs = False
        self.refuses = ""

    async def add(self, visits: Sequence[Visit]) -> None:
        self.tries += 1
        if self.away:
            raise StorageError("the database is away")
        if self.hangs:
            await asyncio.Event().wait()
        if any(self.refuses and each.visitor == self.refuses for each in visits):
            raise UnfitVisitError("the database refuses it")
        self.batches.append(len(visits))
        for each in visits:
            self.kept.setdefault((each.call_id, each.started), each)

    async def find(self, wanted: VisitFilter, limit: int, cursor: str | None = None) -> VisitsPage:
        if self.hangs:
            await asyncio.Event().wait()
        return VisitsPage(list(self.kept.values())[:limit], None)

    async def condominiums(self) -> Sequence[int]:
        return []

    async def forget(self, condominium_id: int, before: datetime) -> int:
        return 0

    @property
    def numbers(self) -> list[int]:
        return [int(call_id[-12:], 16) for call_id, _ in self.kept]


def options(folder: Path, **others: float) -> VisitsOptions:
    return VisitsOptions(folder, first_retry_s=0.01, longest_retry_s=0.05, **others)  # type: ignore[arg-type]


def waiting_in(path: Path) -> list[str]:
    return [json.loads(line)["call_id"] for line in path.read_text().splitlines()]


def content(path: Path) -> bytes:
    return path.read_bytes()


def put(path: Path, text: bytes) -> None:
    path.write_bytes(text)


def remove(*paths: Path) -> None:
    for path in paths:
        path.unlink()


def link(path: Path, target: str) -> None:
    path.symlink_to(target)


def close_to_others(path: Path) -> None:
    path.chmod(0o600)


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def ids(*numbers: int) -> list[str]:
    return [visit(number).call_id for number in numbers]


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "visits.jsonl"


@asynccontextmanager
async def away(folder: Path, **others: float) -> AsyncIterator[tuple[SpooledVisits, MemoryStore]]:
    """Spooled visits whose store is away, and the end of it."""
    store = MemoryStore()
    store.away = True
    async with SpooledVisits(options(folder, **others), store) as visits:
        yield visits, store


class FullDisk:
    """Makes writing fail as a full disk does, after `room` bytes, until there is room again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self.room: int | None = room
        self._write = os.write
        monkeypatch.setattr(os, "write", self)

    def __call__(self, descriptor: int, data: memoryview) -> int:
        if self.room is None:
            return self._write(descriptor, data)
        if self.room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self._write(descriptor, data[: self.room])
        self.room -= written
        return written


# ------------------------------------------------------------------ on disk, at once


async def test_each_visit_is_a_line_on_disk_though_the_store_is_away(
    tmp_path: Path, spool: Path
) -> None:
    async with away(tmp_path / "new") as (visits, _):
        await visits.record(visit(1))
        row = json.loads(content(tmp_path / "new" / "visits.jsonl"))
        assert visits.waiting == 1
    assert row["visitor"] == "João da Silva"
    assert row["purpose"] == "entrega"
    assert row["started"] == "2026-11-21T10:30:01Z"
    assert row["transcript"][0]["text"] == "é uma entrega\npro 501"
    assert row["states"] == [[0.0, "greeting"], [1.7, "asking"]]


@pytest.mark.every_loop
async def test_two_hundred_at_once_all_arrive_and_in_order(tmp_path: Path, spool: Path) -> None:
    async with away(tmp_path) as (visits, store):
        await asyncio.gather(*(visits.record(visit(n)) for n in range(200)))
        assert waiting_in(spool) == ids(*range(200))
        assert visits.waiting == 200
        store.away = False
        await eventually(lambda: visits.waiting == 0)
    assert store.numbers == list(range(200))
    assert max(store.batches) == 100
    assert content(spool) == b""


async def test_the_files_are_for_their_own_user_alone(tmp_path: Path, spool: Path) -> None:
    put(spool, b"no visit\n")
    close_to_others(spool)
    async with SqliteVisits(tmp_path / "visits.sqlite3") as store:
        async with SpooledVisits(options(tmp_path), store) as visits:
            await visits.record(visit(1))
            await eventually(lambda: visits.waiting == 0)
        found = modes(tmp_path)
    assert len(found) == 5, found
    assert set(found.values()) == {0o600}, found


async def test_what_a_full_disk_refused_is_written_with_the_next_visit(
    tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with away(tmp_path) as (visits, _):
        await visits.record(visit(1))
        disk = FullDisk(monkeypatch, room=100)
        with capture_logs() as logs, pytest.raises(StorageError, match="No space left"):
            await visits.record(visit(2))
        (line,) = [line for line in logs if line["event"] == "visit not written"]
        assert (line["log_level"], line["call_id"]) == ("error", visit(2).call_id)
        assert waiting_in(spool) == ids(1), "half a line stayed"
        assert visits.waiting == 2
        disk.room = None
        await visits.record(visit(3))
        assert waiting_in(spool) == ids(1, 2, 3)


async def test_a_device_without_room_is_neither_read_nor_waited_for(
    tmp_path: Path, spool: Path
) -> None:
    link(spool, "/dev/full")
    async with away(tmp_path) as (visits, store):
        with pytest.raises(StorageError, match=r"No space left.*1 visit.* in memory: free"):
            await visits.record(visit(1))
        store.away = False
        await eventually(lambda: store.numbers == [1])
        assert visits.waiting == 0
        with pytest.raises(StorageError, match="1 visit"):
            await visits.record(visit(2))
    assert store.numbers == [1, 2]


async def test_trying_the_same_visit_again_does_not_double_it(
    tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with away(tmp_path) as (visits, _):
        disk = FullDisk(monkeypatch, room=0)
        for _ in range(3):
            with pytest.raises(StorageError):
                await visits.record(visit(1))
        disk.room = None
        await visits.record(visit(1))
        assert waiting_in(spool) == ids(1)


async def test_closing_writes_what_waits_in_memory(
    tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with away(tmp_path) as (visits, _):
        disk = FullDisk(monkeypatch, room=0)
        with pytest.raises(StorageError):
            await visits.record(visit(1))
        disk.room = None
    assert waiting_in(spool) == ids(1)


async def test_what_is_lost_in_the_end_is_said_loudly(
    tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs() as logs:
        async with away(tmp_path) as (visits, _):
            FullDisk(monkeypatch, room=0)
            with pytest.raises(StorageError):
                await visits.record(visit(1))
    assert logs[-1]["event"] == "visits lost"
    assert logs[-1]["log_level"] == "critical"
    assert (logs[-1]["visits"], "No space left" in logs[-1]["reason"]) == (1, True)


async def test_no_more_than_so_many_visits_wait_in_memory(
    tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with away(tmp_path, in_memory=2) as (visits, _):
        disk = FullDisk(monkeypatch, room=0)
        for number in (1, 2, 3):
            with pytest.raises(StorageError):
                await visits.record(visit(number))
        disk.room = None
    assert waiting_in(spool) == ids(2, 3)


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    put(tmp_path / "data", b"a file where the folder should be")
    async with away(tmp_path / "data") as (visits, _):
        with pytest.raises(StorageError, match=r"cannot be written.*wait in memory"):
            await visits.record(visit())


async def test_cancelling_the_wait_does_not_lose_the_visit(tmp_path: Path, spool: Path) -> None:
    async with away(tmp_path) as (visits, _):
        recording = asyncio.create_task(visits.record(visit(1)))
        await asyncio.sleep(0)
        recording.cancel()
        with pytest.raises(asyncio.CancelledError):
            await recording
    assert waiting_in(spool) == ids(1)


async def test_a_visit_with_half_a_character_is_kept(tmp_path: Path) -> None:
    store = MemoryStore()
    async with SpooledVisits(options(tmp_path), store) as visits:
        await visits.record(visit(1, visitor="half \ud83d"))
    assert [each.visitor for each in store.kept.values()] == ["half \ufffd"]


# ----------------------------------------------------------------- on into the store


async def test_a_store_that_was_away_gets_everything_and_the_log_says_it_once(
    tmp_path: Path, spool: Path
) -> None:
    with capture_logs() as logs:
        async with away(tmp_path) as (visits, store):
            for number in range(5):
                await visits.record(visit(number))
            await eventually(lambda: store.tries >= 4)
            store.away = False
            await eventually(lambda: visits.waiting == 0)
            await visits.record(visit(5))
    assert store.numbers == [0, 1, 2, 3, 4, 5]
    told = [(line["event"], line.get("waiting")) for line in logs]
    assert told[1:] == [("visits go into the store again", 5)]
    assert told[0][0] == "visits wait for the store"


async def test_a_store_that_hangs_holds_nobody_up(tmp_path: Path, spool: Path) -> None:
    store = MemoryStore()
    store.hangs = True
    with capture_logs() as logs:
        async with SpooledVisits(
            options(tmp_path, answer_s=0.05, farewell_s=0.05), store
        ) as visits:
            await visits.record(visit(1))
            await eventually(lambda: logs)
            with pytest.raises(StorageError, match="did not answer within"):
                await visits.find(VisitFilter(), 10)
    assert [line["event"] for line in logs] == [
        "visits wait for the store",
        "visits wait for the next start",
    ]
    assert waiting_in(spool) == ids(1)


async def test_what_an_earlier_run_left_goes_into_the_store(tmp_path: Path, spool: Path) -> None:
    async with away(tmp_path) as (visits, _):
        for number in range(250):
            await visits.record(visit(number))
    store = MemoryStore()
    async with SpooledVisits(options(tmp_path), store) as visits:
        await eventually(lambda: len(store.kept) == 250)
        await eventually(lambda: visits.waiting == 0)
    assert store.numbers == list(range(250))
    assert content(spool) == b""


async def test_a_crash_between_storing_and_emptying_doubles_nothing(tmp_path: Path) -> None:
    lines = b"".join(encode(visit(number)) + b"\n" for number in range(3))
    async with SqliteVisits(tmp_path / "visits.sqlite3") as store:
        for _ in range(2):  # as if the file had not been emptied the first time
            put(tmp_path / "visits.jsonl", lines)
            async with SpooledVisits(options(tmp_path), store):
                pass
    found = read_sqlite_visits(tmp_path / "visits.sqlite3")
    assert [row["call_id"] for row in found] == ids(0, 1, 2)


async def test_lines_that_are_no_visits_are_put_aside_and_hinder_none(
    tmp_path: Path, spool: Path
) -> None:
    bad = [b"no json", b"{}", b"\xff\xfe", b'{"call_id": "half']
    good = [encode(visit(number)) for number in range(3)]
    put(spool, b"\n".join([good[0], bad[0], b"", good[1], *bad[1:3], good[2], bad[3]]))
    store = MemoryStore()
    with capture_logs() as logs:
        async with SpooledVisits(options(tmp_path), store) as visits:
            await visits.record(visit(3))
            await eventually(lambda: visits.waiting == 0)
    assert store.numbers == [0, 1, 2, 3]
    assert content(spool) == b""
    assert content(tmp_path / "visits.rejected.jsonl").splitlines() == bad
    assert [line["event"] for line in logs] == ["line is no visit"] * 4


async def test_a_visit_that_the_store_refuses_is_put_aside_alone(tmp_path: Path) -> None:
    store = MemoryStore()
    store.refuses = "poison"
    async with away(tmp_path) as (visits, _):
        for number in range(20):
            await visits.record(visit(number, visitor="poison" if number == 13 else "João"))
    async with SpooledVisits(options(tmp_path), store):
        pass
    assert sorted(store.numbers) == [n for n in range(20) if n != 13]
    (line,) = content(tmp_path / "visits.rejected.jsonl").splitlines()
    assert json.loads(line)["call_id"] == visit(13).call_id


async def test_a_file_that_somebody_replaced_or_emptied_is_read_from_its_start(
    tmp_path: Path, spool: Path
) -> None:
    async with away(tmp_path) as (visits, store):
        await visits.record(visit(1))
        remove(spool)
        await visits.record(visit(2))
        another = tmp_path / "another"
        put(another, encode(visit(3)) + b"\n")
        another.replace(spool)
        store.away = False
        await visits.record(visit(4))
        await eventually(lambda: visits.waiting == 0)
    # The second may have been on its way when its file was taken from under it.
    assert store.numbers in ([3, 4], [2, 3, 4])


async def test_a_fault_in_the_store_does_not_end_the_moving(tmp_path: Path) -> None:
    store = MemoryStore()
    whole, faults = store.add, [KeyError("a fault of ours")]

    async def faulty(visits: Sequence[Visit]) -> None:
        if faults:
            raise faults.pop()
        await whole(visits)

    store.add = faulty  # type: ignore[method-assign]
    async with SpooledVisits(options(tmp_path), store) as visits:
        await visits.record(visit(1))
        await eventually(lambda: store.numbers == [1])


# --------------------------------------------------------------------- a real SQLite


async def test_with_sqlite_a_recorded_visit_is_found(tmp_path: Path, spool: Path) -> None:
    path = tmp_path / "visits.sqlite3"
    async with SqliteVisits(path) as store, SpooledVisits(options(tmp_path), store) as visits:
        await visits.record(visit(1))
        await eventually(lambda: read_sqlite_visits(path))
        assert (await visits.find(VisitFilter(), 10)).visits == [visit(1)]
        await eventually(lambda: content(spool) == b"")


async def test_a_damaged_sqlite_file_keeps_visits_in_the_spool_until_it_is_moved_away(
    tmp_path: Path, spool: Path
) -> None:
    path = tmp_path / "visits.sqlite3"
    put(path, b"this is no database" * 1000)
    with capture_logs() as logs:
        async with SqliteVisits(path) as store, SpooledVisits(options(tmp_path), store) as visits:
            await visits.record(visit(1))
            await eventually(lambda: logs)
            assert "visits.sqlite3 cannot be" in logs[0]["reason"]
            assert "not a database" in logs[0]["reason"]
            path.rename(tmp_path / "damaged")
            await eventually(lambda: visits.waiting == 0)
    assert [row["call_id"] for row in read_sqlite_visits(path)] == ids(1)


async def test_a_sqlite_file_taken_away_while_open_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "visits.sqlite3"
    async with SqliteVisits(path) as store:
        await store.add([visit(1)])
        remove(*(Path(f"{path}{end}") for end in ("", "-wal", "-shm")))
        await store.add([visit(2)])
    assert [row["call_id"] for row in read_sqlite_visits(path)] == ids(2)


async def test_sqlite_can_be_written_out_as_lines(tmp_path: Path) -> None:
    async with SqliteVisits(tmp_path / "visits.sqlite3") as store:
        await store.add([visit(2), visit(1)])
        out = export(tmp_path / "visits.sqlite3", tmp_path / "out.jsonl")
    assert waiting_in(out) == ids(1, 2)
    with pytest.raises(StorageError, match="cannot be written to"):
        export(tmp_path / "visits.sqlite3", tmp_path / "no" / "folder")
