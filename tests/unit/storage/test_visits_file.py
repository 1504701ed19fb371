import asyncio
import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from porteiro.calls.visit import Attempt, Line, Visit
from porteiro.dialogue.terms import Decision, Purpose, Role
from porteiro.errors import StorageError
from porteiro.storage.visits_file import JsonLinesVisitLog, VisitsFileOptions

STARTED = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def visit(number: int = 1) -> Visit:
    return Visit(
        call_id=f"e69439e9-1489-4bba-b55d-37612b5d{number:04x}",
        extension="1000",
        condominium_id=15,
        started=STARTED,
        ended=STARTED,
        purpose=Purpose.DELIVERY,
        visitor="João da Silva",
        apartment="501",
        decision=Decision.AUTHORIZED,
        transcript=[Line(1.5, Role.VISITOR, "visitor", "é uma entrega\npro 501")],
        attempts=[Attempt(9.0, "a1", "1003030", "answered")],
        states=[(0.0, "greeting")],
    )


def call_ids(path: Path) -> list[str]:
    return [json.loads(line)["call_id"] for line in path.read_text().splitlines()]


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


async def test_each_visit_is_one_line_that_holds_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "visits.jsonl"
    async with JsonLinesVisitLog(VisitsFileOptions(path)) as log:
        await log.record(visit())
        row = json.loads(path.read_text())
    assert row["visitor"] == "João da Silva"
    assert row["purpose"] == "entrega"
    assert row["decision"] == "authorized"
    assert row["started"] == "2026-11-21T10:30:00Z"
    assert row["transcript"][0]["text"] == "é uma entrega\npro 501"
    assert row["attempts"][0]["number"] == "1003030"
    assert row["states"] == [[0.0, "greeting"]]


async def test_visits_recorded_at_once_are_all_there_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "visits.jsonl"
    async with JsonLinesVisitLog(VisitsFileOptions(path)) as log:
        await asyncio.gather(*(log.record(visit(n)) for n in range(50)))
    assert call_ids(path) == [visit(n).call_id for n in range(50)]


async def test_the_file_is_for_its_own_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "visits.jsonl"
    async with JsonLinesVisitLog(VisitsFileOptions(path)) as log:
        await log.record(visit())
    assert path.stat().st_mode & 0o077 == 0


async def test_what_a_full_disk_refused_is_written_with_the_next_visit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "visits.jsonl"
    async with JsonLinesVisitLog(VisitsFileOptions(path)) as log:
        await log.record(visit(1))
        disk = FullDisk(monkeypatch, room=100)
        with pytest.raises(StorageError, match="No space left"):
            await log.record(visit(2))
        assert call_ids(path) == [visit(1).call_id], "half a line stayed"
        disk.room = None
        await log.record(visit(3))
    assert call_ids(path) == [visit(n).call_id for n in (1, 2, 3)]


async def test_trying_the_same_visit_again_does_not_double_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "visits.jsonl"
    async with JsonLinesVisitLog(VisitsFileOptions(path)) as log:
        disk = FullDisk(monkeypatch, room=0)
        for _ in range(3):
            with pytest.raises(StorageError):
                await log.record(visit(1))
        disk.room = None
        await log.record(visit(1))
    assert call_ids(path) == [visit(1).call_id]


async def test_closing_writes_what_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "visits.jsonl"
    async with JsonLinesVisitLog(VisitsFileOptions(path)) as log:
        disk = FullDisk(monkeypatch, room=0)
        with pytest.raises(StorageError):
            await log.record(visit(1))
        disk.room = None
    assert call_ids(path) == [visit(1).call_id]


async def test_no_more_than_so_many_visits_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "visits.jsonl"
    async with JsonLinesVisitLog(VisitsFileOptions(path, waiting=2)) as log:
        disk = FullDisk(monkeypatch, room=0)
        for number in (1, 2, 3):
            with pytest.raises(StorageError):
                await log.record(visit(number))
        disk.room = None
    assert call_ids(path) == [visit(2).call_id, visit(3).call_id]


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    options = VisitsFileOptions(tmp_path / "data" / "visits.jsonl")
    async with JsonLinesVisitLog(options) as log:
        with pytest.raises(StorageError, match=r"cannot be written.*wait in memory"):
            await log.record(visit())


async def test_half_a_line_from_before_a_power_cut_stays_apart(tmp_path: Path) -> None:
    path = tmp_path / "visits.jsonl"
    path.write_text('{"call_id": "half')
    async with JsonLinesVisitLog(VisitsFileOptions(path)) as log:
        await log.record(visit(1))
    half, whole = path.read_text().splitlines()
    assert half == '{"call_id": "half'
    assert json.loads(whole)["call_id"] == visit(1).call_id


async def test_cancelling_the_wait_does_not_lose_the_visit(tmp_path: Path) -> None:
    path = tmp_path / "visits.jsonl"
    async with JsonLinesVisitLog(VisitsFileOptions(path)) as log:
        recording = asyncio.create_task(log.record(visit(1)))
        await asyncio.sleep(0)
        recording.cancel()
        with pytest.raises(asyncio.CancelledError):
            await recording
    assert call_ids(path) == [visit(1).call_id]
