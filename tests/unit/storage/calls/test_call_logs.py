"""The files of living calls: what a dead process leaves, and what may be wrong with it."""

import asyncio
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from porteiro.calls.replay import Past
from porteiro.calls.saved import Announced, Begun, Happened, Kept, Rung, SavedCall, Written
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
        assert await log.written(durable=True) is Written.WHOLE
        assert await found(folder) == []  # it is alive
        log.close(keep=True)
    (past,) = await found(folder)
    assert past.saved.call_id == CALL
    assert past.conversation.state is State.COLLECTING
    assert past.restarted.announced
    assert [attempt.number for attempt in past.visit.attempts] == ["1003030"]
    assert stat.S_IMODE(path_of(folder, CALL).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_sound_is_kept_to_the_sample(tmp_path: Path) -> None:
    pcm = bytes(range(256)) * 400  # 6.4 s
    async with CallLogFiles(tmp_path) as logs:
        log = logs.open(CALL)
        for record in (BEGUN, Kept(AT, "visitor's words", 8000, pcm)):
            log.add(record)
        log.close(keep=True)
    (past,) = await found(tmp_path)
    clip = past.recordings["visitor's words"]
    assert (clip.sample_rate, bytes(clip.pcm), clip.complete) == (8000, pcm, True)


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
        assert await log.written() is Written.WHOLE
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


@pytest.mark.parametrize("content", [b"", WHOLE[:20]], ids=["empty", "half a beginning"])
async def test_a_file_without_a_whole_line_is_deleted(tmp_path: Path, content: bytes) -> None:
    left(tmp_path, content)
    with capture_logs() as logged:
        assert await found(tmp_path) == []
    assert not files(tmp_path)
    assert [line["event"] for line in logged] == ["call log holds no call: deleted"]


@pytest.mark.parametrize(
    "content",
    [b"\n", b"garbage\n", encode(ARRIVED), encode(Announced(AT))],
    ids=["blank", "garbage", "no beginning", "only that the gate was told"],
)
async def test_a_file_without_a_beginning_is_set_aside_and_its_call_remembered(
    tmp_path: Path, content: bytes
) -> None:
    left(tmp_path, content)
    for _ in range(2):  # by the process that found it, and by the next
        async with CallLogFiles(tmp_path) as logs:
            assert logs.left_over() == []
            assert logs.damaged() == {CALL}
    (path,) = files(tmp_path)
    assert path.read_bytes() == content
    long_ago = AT.timestamp() - 2 * 24 * 3600
    os.utime(path, (long_ago, long_ago))
    await found(tmp_path)
    assert not files(tmp_path)


async def test_a_damaged_log_is_kept_as_it_is_once_its_visit_is_recorded(tmp_path: Path) -> None:
    left(tmp_path, WHOLE + b"garbage\n")
    async with CallLogFiles(tmp_path) as logs:
        (past,) = logs.left_over()
        assert logs.damaged() == {CALL}
        log = await logs.claim(past.saved)
        assert log is not None
        log.set_aside()
    (path,) = files(tmp_path)
    assert path.read_bytes() == WHOLE + b"garbage\n"
    async with CallLogFiles(tmp_path) as logs:
        assert logs.left_over() == []
        assert logs.damaged() == {CALL}


async def test_a_log_that_is_too_long_to_be_read_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("porteiro.storage.calls.log_file._LIMIT_BYTES", len(WHOLE) + 10)
    left(tmp_path, WHOLE + encode(Announced(AT)))
    (past,) = await found(tmp_path)
    assert "longer" in past.damage


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
        assert await log.written() is Written.WHOLE
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
            assert await log.written() is Written.WHOLE
        with capture_logs() as logged:
            monkeypatch.setattr(LogFile, "append", full)
            for log in (one, other):
                log.add(ARRIVED)
                assert await log.written(durable=True) is Written.NOTHING
            monkeypatch.undo()
            one.add(ARRIVED)  # half a story must not be taken up
            assert await one.written() is Written.NOTHING
        assert len(logged) == 1
        assert not files(tmp_path)
        assert await logs.open(CALL).written() is Written.WHOLE


async def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    with capture_logs() as logged:
        async with CallLogFiles(tmp_path) as logs:
            log = logs.open(CALL)
            assert await log.written() is Written.WHOLE
            file = LogFile(tmp_path / "none", os.open("/dev/full", os.O_WRONLY))
            log._file = file  # type: ignore[attr-defined]
            log.add(BEGUN)
            assert await log.written() is Written.UNKNOWN  # this one cannot even be removed
    assert "No space left" in logged[0]["reason"]


async def test_a_folder_that_cannot_be_made_stops_no_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with capture_logs() as logged:
        async with CallLogFiles(tmp_path / "file" / "calls") as logs:
            log = logs.open(CALL)
            log.add(BEGUN)
            assert await log.written(durable=True) is Written.NOTHING
            log.close()
    assert {line["event"] for line in logged} == {
        "calls are not written down: they cannot be taken up after a restart"
    }


async def test_words_that_no_file_can_hold_end_the_log_and_not_the_call(tmp_path: Path) -> None:
    async with CallLogFiles(tmp_path) as logs:
        log = logs.open(CALL)
        log.add(BEGUN)
        log.add(Happened(AT, Heard(Role.VISITOR, 1, "\ud800"), State.COLLECTING))
        assert await log.written() is Written.NOTHING
        assert not files(tmp_path)


class Disk:
    """A disk that hangs until it is released."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def hangs(self) -> None:
        asyncio.run_coroutine_threadsafe(self.released.wait(), self._loop).result()


async def test_a_call_that_begins_while_the_disk_hangs_leaves_nothing_there(
    tmp_path: Path,
) -> None:
    async with CallLogFiles(tmp_path) as logs:
        disk = Disk()
        logs.put(disk.hangs)
        log = logs.open(CALL)
        log.add(BEGUN)
        assert await log.written(limit_s=0.05) is Written.NOTHING
        disk.released.set()
        log.add(ARRIVED)
        assert await log.written() is Written.NOTHING
        assert not files(tmp_path)


async def test_of_a_call_that_began_before_the_disk_hung_nobody_knows_what_is_there(
    tmp_path: Path,
) -> None:
    async with CallLogFiles(tmp_path) as logs:
        disk = Disk()
        log = logs.open(CALL)
        log.add(BEGUN)
        assert await log.written() is Written.WHOLE
        logs.put(disk.hangs)
        log.add(ARRIVED)
        assert await log.written(durable=True, limit_s=0.05) is Written.UNKNOWN
        disk.released.set()
        assert await log.written() is Written.WHOLE


async def test_of_a_log_that_can_neither_be_written_nor_removed_nobody_knows_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(_: LogFile, *, durable: bool = False) -> None:
        raise OSError(30, "Read-only file system")

    async with CallLogFiles(tmp_path) as logs:
        log = logs.open(CALL)
        log.add(BEGUN)
        assert await log.written() is Written.WHOLE
        monkeypatch.setattr(LogFile, "append", full)
        monkeypatch.setattr(LogFile, "remove", read_only)
        log.add(ARRIVED)
        assert await log.written(durable=True) is Written.UNKNOWN


async def test_a_call_that_another_process_has_taken_up_is_not_known_here(tmp_path: Path) -> None:
    left(tmp_path, WHOLE)
    async with CallLogFiles(tmp_path) as one, CallLogFiles(tmp_path) as other:
        (past,) = one.left_over()
        log = one.go_on(past.saved)
        assert await log.written() is Written.WHOLE
        assert await other.go_on(past.saved).written() is Written.UNKNOWN


async def test_a_draft_that_was_never_named_is_no_call(tmp_path: Path) -> None:
    create(path_of(tmp_path, CALL)).close()
    path_of(tmp_path, CALL).rename(tmp_path / "x.new")
    assert await found(tmp_path) == []
