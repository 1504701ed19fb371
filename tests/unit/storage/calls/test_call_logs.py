"""The files of living calls: what a dead process leaves, and what may be wrong with it."""

import asyncio
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from porteiro.calls.replay import Past
from porteiro.calls.saved import Announced, Begun, Happened, Rung, SavedCall
from porteiro.dialogue.events import Heard, LegArrived
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Role
from porteiro.storage.calls.codec import encode
from porteiro.storage.calls.log_file import LogFile, create, path_of
from porteiro.storage.calls.logs import CallLogFiles

CALL = "e69439e9-1489-4bba-b55d-37612b5dffaf"
AT = datetime.now(UTC)
BEGUN = Begun(AT, CALL, 10, "2018519", 15, "Apoena", "Olá", DialogueOptions())
ARRIVED = Happened(AT, LegArrived(Role.VISITOR), State.COLLECTING)
WHOLE = encode(BEGUN) + encode(ARRIVED)


def left(folder: Path, content: bytes, call_id: str = CALL) -> Path:
    """Leave a file as a dead process does."""
    folder.mkdir(exist_ok=True)
    path = path_of(folder, call_id)
    path.write_bytes(content)
    return path


def files(folder: Path) -> list[Path]:
    """Return whatever is under a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def found(folder: Path) -> list[Past]:
    """Return what a process finds that starts now."""
    async with CallLogFiles(folder) as logs:
        return logs.left_over()


async def test_what_was_written_is_found_by_the_next_process(tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    async with CallLogFiles(folder) as logs:
        log = logs.open(CALL)
        for record in (BEGUN, ARRIVED, Rung(AT, 1, "a1", "1003030"), Announced(AT)):
            log.add(record)
        assert await log.written(durable=True)
        assert await found(folder) == []  # it is alive
        log.close(keep=True)
    (past,) = await found(folder)
    assert past.saved.call_id == CALL
    assert past.conversation.state is State.COLLECTING
    assert past.restarted.announced
    assert [attempt.number for attempt in past.visit.attempts] == ["1003030"]
    assert stat.S_IMODE(path_of(folder, CALL).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_call_that_is_over_leaves_nothing(tmp_path: Path) -> None:
    async with CallLogFiles(tmp_path) as logs:
        log = logs.open(CALL)
        log.add(BEGUN)
        log.close()
    assert not files(tmp_path)


async def test_half_a_line_at_the_end_was_never_written(tmp_path: Path) -> None:
    left(tmp_path, WHOLE + encode(Announced(AT))[:-1])
    (past,) = await found(tmp_path)
    assert not past.damage
    assert not past.restarted.announced
    assert past.saved.length == len(WHOLE)


async def test_a_call_taken_up_goes_on_after_what_was_whole(tmp_path: Path) -> None:
    path = left(tmp_path, WHOLE + b"[1,half")
    async with CallLogFiles(tmp_path) as logs:
        (past,) = logs.left_over()
        log = logs.go_on(past.saved)
        log.add(Announced(AT))
        assert await log.written()
        assert path.read_bytes() == WHOLE + encode(Announced(AT))
        log.close(keep=True)


@pytest.mark.parametrize(
    "garbage",
    [
        b"garbage\n",
        b"\x00\xff\xfe\n",
        encode(ARRIVED).replace(b"[1,", b"[2,", 1),
        encode(ARRIVED).replace(b"LegArrived", b"LegMelted"),
        b"[" * 100_000 + b"\n",
        encode(Happened(AT, LegArrived(Role.RESIDENT), State.ASKING)),
    ],
    ids=["garbage", "bytes", "version", "unknown event", "nested", "another version's rules"],
)
async def test_damage_keeps_what_comes_before_it_for_the_record_only(
    tmp_path: Path, garbage: bytes
) -> None:
    left(tmp_path, WHOLE + garbage + encode(Announced(AT)))
    (past,) = await found(tmp_path)
    assert past.damage
    assert not any(past.expects(role) for role in Role)
    assert [line.text for line in past.visit.transcript] == ["Olá"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"garbage\n", encode(ARRIVED), WHOLE[:20]],
    ids=["empty", "blank", "garbage", "no beginning", "half a beginning"],
)
async def test_a_file_without_a_beginning_is_deleted(tmp_path: Path, content: bytes) -> None:
    path = left(tmp_path, content)
    with capture_logs() as logged:
        assert await found(tmp_path) == []
    assert not path.exists()
    assert [line["event"] for line in logged] == ["call log holds no call: deleted"]


async def test_a_left_over_call_is_claimed_by_one_process_only(tmp_path: Path) -> None:
    left(tmp_path, WHOLE)
    async with CallLogFiles(tmp_path) as one, CallLogFiles(tmp_path) as other:
        (past,) = one.left_over()
        assert [late.begun for late in other.left_over()] == [past.begun]
        log = await one.claim(past.saved)
        assert log is not None
        with capture_logs() as logged:
            assert await other.claim(past.saved) is None
            log.close()
            assert await one.claim(SavedCall("gone", ())) is None
            assert await other.claim(past.saved) is None
        assert not logged


@pytest.mark.parametrize("call_id", ["../../etc/passwd", "a/b", "..", "ação", "\x00"])
async def test_no_call_id_leads_out_of_the_folder(tmp_path: Path, call_id: str) -> None:
    folder = tmp_path / "calls"
    async with CallLogFiles(folder) as logs:
        log = logs.open(call_id)
        log.add(BEGUN)
        assert await log.written()
        assert [path.parent for path in files(tmp_path)] == [folder]
        log.close()


def full(_: LogFile, __: bytes) -> None:
    raise OSError(28, "No space left on device")


async def test_a_full_disk_removes_the_story_so_far_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with CallLogFiles(tmp_path) as logs:
        one, other = logs.open(CALL), logs.open("other")
        for log in (one, other):
            log.add(BEGUN)
            assert await log.written()
        with capture_logs() as logged:
            monkeypatch.setattr(LogFile, "append", full)
            for log in (one, other):
                log.add(ARRIVED)
                assert not await log.written(durable=True)
            monkeypatch.undo()
            one.add(ARRIVED)  # half a story must not be taken up
            assert not await one.written()
        assert len(logged) == 1
        assert not files(tmp_path)
        assert await logs.open(CALL).written()


async def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    with capture_logs() as logged:
        async with CallLogFiles(tmp_path) as logs:
            log = logs.open(CALL)
            assert await log.written()
            file = LogFile(tmp_path / "none", os.open("/dev/full", os.O_WRONLY))
            log._file = file  # type: ignore[attr-defined]
            log.add(BEGUN)
            assert not await log.written()
    assert "No space left" in logged[0]["reason"]


async def test_a_folder_that_cannot_be_made_stops_no_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with capture_logs() as logged:
        async with CallLogFiles(tmp_path / "file" / "calls") as logs:
            log = logs.open(CALL)
            log.add(BEGUN)
            assert not await log.written(durable=True)
            log.close()
    assert {line["event"] for line in logged} == {
        "calls are not written down: they cannot be taken up after a restart"
    }


async def test_words_that_no_file_can_hold_end_the_log_and_not_the_call(tmp_path: Path) -> None:
    async with CallLogFiles(tmp_path) as logs:
        log = logs.open(CALL)
        log.add(BEGUN)
        log.add(Happened(AT, Heard(Role.VISITOR, 1, "\ud800"), State.COLLECTING))
        assert not await log.written()
        assert not files(tmp_path)


async def test_a_stalled_disk_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("porteiro.storage.calls.logs._PATIENCE_S", 0.05)
    released = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stall() -> None:
        asyncio.run_coroutine_threadsafe(released.wait(), loop).result()

    async with CallLogFiles(tmp_path) as logs:
        logs.put(stall)
        log = logs.open(CALL)
        assert not await log.written()
        released.set()
        monkeypatch.undo()
        assert await log.written()


async def test_a_draft_that_was_never_named_is_no_call(tmp_path: Path) -> None:
    create(path_of(tmp_path, CALL)).close()
    path_of(tmp_path, CALL).rename(tmp_path / "x.new")
    assert await found(tmp_path) == []
