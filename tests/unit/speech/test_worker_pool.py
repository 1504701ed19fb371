"""Worker processes: bounded, replaced when they fail, and gone when the pool is."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
import structlog

from porteiro.errors import SpeechError
from porteiro.speech import worker_pool
from porteiro.speech.worker_pool import WorkerOptions, WorkerPool

pytestmark = pytest.mark.every_loop

PRELUDE = """
import os, time
from pathlib import Path
from porteiro.errors import SpeechError
from porteiro.speech import worker_pool
from porteiro.speech.worker_program import run
def prepare():
    return answer
def answer(job):
"""
ECHO = "    yield str(os.getpid()).encode(); yield b' ' + job\n"
DIE = "    yield b''[1]\n"
HANG = "    yield time.sleep(60)\n"
COMPLAIN = "    if job == b'nonsense': raise SpeechError('say something else')\n" + ECHO
HALF = "    yield b'half'; os._exit(3)\n"


def options(body: str, count: int = 1, **limits: float) -> WorkerOptions:
    command = (sys.executable, "-c", f"{PRELUDE}{body}\nrun(prepare)")
    return WorkerOptions(command, "the parrot", "PORTEIRO_PARROTS", count, **limits)


def slow_while(flag: Path) -> str:
    return f"    while Path({str(flag)!r}).exists(): time.sleep(0.01)\n{ECHO}"


def broken_while(flag: Path) -> str:
    return (
        "def prepare():\n"
        f"    if Path({str(flag)!r}).exists(): raise SpeechError('no seeds')\n"
        "    return answer\n"
    )


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  processes set no event
            await asyncio.sleep(0.01)


async def test_a_job_is_answered_in_parts() -> None:
    async with WorkerPool(options(ECHO)) as workers:
        (pid,) = workers.processes
        parts = [part async for part in workers.answers("olá".encode())]

    assert parts == [str(pid).encode(), " olá".encode()]


async def test_jobs_are_spread_and_each_gets_its_own_answer() -> None:
    async with WorkerPool(options(ECHO, count=2)) as workers:
        words = [b"%d" % number for number in range(20)]
        answers = await asyncio.gather(*(workers.answer(word) for word in words))

    assert [answer.split()[1] for answer in answers] == words
    assert len({answer.split()[0] for answer in answers}) == 2


async def test_who_works_and_who_waits_is_told(tmp_path: Path) -> None:
    flag = tmp_path / "slow"
    flag.touch()
    async with WorkerPool(options(slow_while(flag), count=2)) as workers:
        assert (workers.busy, workers.queued) == (0, 0)
        jobs = [asyncio.create_task(workers.answer(b"x")) for _ in range(5)]
        await eventually(lambda: (workers.busy, workers.queued) == (2, 3))
        jobs[4].cancel()
        await asyncio.wait([jobs[4]])
        assert (workers.busy, workers.queued) == (2, 2)
        flag.unlink()
        await asyncio.gather(*jobs[:4])
        await eventually(lambda: (workers.busy, workers.queued) == (0, 0))


async def test_workers_end_with_the_pool() -> None:
    async with WorkerPool(options(ECHO, count=2)) as workers:
        processes = workers.processes
        assert len(processes) == 2

    assert [pid for pid in processes if alive(pid)] == []


async def test_a_worker_killed_between_jobs_is_replaced() -> None:
    async with WorkerPool(options(ECHO)) as workers:
        (pid,) = workers.processes
        os.kill(pid, signal.SIGKILL)

        answer = await workers.answer(b"ol\xc3\xa1")

    assert answer.endswith(" olá".encode())
    assert str(pid).encode() not in answer


async def test_a_worker_killed_while_nobody_asks_is_replaced_before_anybody_does() -> None:
    async with WorkerPool(options(ECHO)) as workers:
        (pid,) = workers.processes
        os.kill(pid, signal.SIGKILL)

        await eventually(lambda: workers.processes not in ([], [pid]))


async def test_a_job_is_not_kept_for_a_worker_that_still_loads(tmp_path: Path) -> None:
    flag = tmp_path / "slow"
    body = (
        f"{ECHO}"
        "def prepare():\n"
        f"    while Path({str(flag)!r}).exists(): time.sleep(0.01)\n"
        "    return answer\n"
    )
    async with WorkerPool(options(body, count=2, limit_s=5.0)) as workers:
        first, second = workers.processes
        flag.touch()
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: len(set(workers.processes) - {first}) == 2)

        answers = [await workers.answer(b"x") for _ in range(3)]
        flag.unlink()

    assert answers == [f"{second} x".encode()] * 3


async def test_a_job_is_not_given_to_a_worker_that_cannot_be_replaced(tmp_path: Path) -> None:
    flag = tmp_path / "broken"
    async with WorkerPool(options(ECHO + broken_while(flag), count=2)) as workers:
        first, second = workers.processes
        flag.touch()
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: workers.processes == [second])

        answers = [await workers.answer(b"x") for _ in range(3)]

    assert answers == [f"{second} x".encode()] * 3


async def test_a_worker_that_dies_as_soon_as_it_is_ready_is_started_less_and_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "_PAUSE_S", 0.2)
    starts, flag = tmp_path / "starts", tmp_path / "deadly"
    body = (
        f"{ECHO}"
        "import threading\n"
        "def prepare():\n"
        f"    with open({str(starts)!r}, 'a') as file: file.write(f'{{time.monotonic()}} ')\n"
        f"    if Path({str(flag)!r}).exists(): threading.Timer(0.05, os._exit, [3]).start()\n"
        "    return answer\n"
    )
    async with WorkerPool(options(body)) as workers:
        flag.touch()
        os.kill(workers.processes[0], signal.SIGKILL)
        await eventually(lambda: len(starts.read_text().split()) >= 4)
        flag.unlink()
        monkeypatch.setattr(worker_pool, "_PAUSE_S", 1000.0)
        answer = await workers.answer(b"x")

    first, second, third = map(float, starts.read_text().split()[1:4])
    assert second - first >= 0.2
    assert third - second >= 0.4
    assert answer.endswith(b" x")


async def test_a_worker_that_dies_while_nobody_asks_is_told_of() -> None:
    async with WorkerPool(options(ECHO)) as workers:
        with structlog.testing.capture_logs() as logs:
            os.kill(workers.processes[0], signal.SIGKILL)
            await eventually(lambda: bool(logs))

    assert logs == [
        {"event": "a worker died and is replaced", "work": "the parrot", "log_level": "warning"}
    ]


async def test_a_worker_that_cannot_be_replaced_is_tried_again_with_the_next_job(
    tmp_path: Path,
) -> None:
    flag = tmp_path / "broken"
    async with WorkerPool(options("    yield b'x'\n" + broken_while(flag))) as workers:
        flag.touch()
        os.kill(workers.processes[0], signal.SIGKILL)
        await eventually(lambda: workers.processes == [])
        with pytest.raises(SpeechError, match="no seeds"):
            await workers.answer(b"x")
        flag.unlink()

        assert await workers.answer(b"x") == b"x"


async def test_a_job_ends_a_pause_that_was_to_be_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "_PAUSE_S", 1000.0)
    monkeypatch.setattr(worker_pool, "_LONGEST_PAUSE_S", 1000.0)
    flag = tmp_path / "broken"
    async with WorkerPool(options("    yield b'x'\n" + broken_while(flag))) as workers:
        with structlog.testing.capture_logs() as logs:
            flag.touch()
            os.kill(workers.processes[0], signal.SIGKILL)
            await eventually(lambda: "a worker is missing" in [log["event"] for log in logs])
        flag.unlink()

        assert await workers.answer(b"x") == b"x"


async def test_nobody_pauses_where_a_job_came_before_the_pause() -> None:
    pool = WorkerPool(options(ECHO))
    job = asyncio.create_task(pool.answer(b"x"))
    await eventually(lambda: pool.queued == 1)
    async with asyncio.timeout(20):
        await pool._pause(1000.0)
    job.cancel()
    await asyncio.wait([job])


async def test_a_job_that_kills_two_workers_fails_and_a_new_one_waits_for_the_next(
    tmp_path: Path,
) -> None:
    flag = tmp_path / "deadly"
    flag.touch()
    body = f"    Path({str(flag)!r}).exists() and os._exit(3)\n{ECHO}"
    async with WorkerPool(options(body)) as workers:
        (first,) = workers.processes
        with pytest.raises(SpeechError, match="the parrot died of this"):
            await workers.answer(b"x")
        flag.unlink()
        await eventually(lambda: len(workers.processes) == 1)

        assert workers.processes != [first]
        assert (await workers.answer(b"y")).endswith(b" y")


async def test_an_answer_that_breaks_off_is_not_begun_again() -> None:
    async with WorkerPool(options(HALF)) as workers, aclosing(workers.answers(b"x")) as answer:
        assert await anext(answer) == b"half"
        with pytest.raises(SpeechError, match="died of this"):
            await anext(answer)


async def test_an_error_that_nobody_foresaw_ends_the_worker_and_not_the_pool() -> None:
    async with WorkerPool(options(DIE)) as workers:
        for _ in range(2):
            with pytest.raises(SpeechError, match="died of this"):
                await workers.answer(b"x")


async def test_a_complaint_fails_its_job_and_no_worker() -> None:
    async with WorkerPool(options(COMPLAIN)) as workers:
        processes = workers.processes
        with pytest.raises(SpeechError, match="say something else") as caught:
            await workers.answer(b"nonsense")

        assert not caught.value.retryable
        assert (await workers.answer(b"x")).endswith(b" x")
        assert workers.processes == processes


async def test_a_job_that_takes_too_long_is_dropped_with_its_worker() -> None:
    async with WorkerPool(options(HANG, limit_s=0.3)) as workers:
        (pid,) = workers.processes
        with pytest.raises(SpeechError, match=r"0\.3 s: raise PORTEIRO_PARROTS"):
            await workers.answer(b"x")

        await eventually(lambda: not alive(pid))
        await eventually(lambda: len(workers.processes) == 1)


async def test_a_cancelled_job_frees_its_place_for_the_next(tmp_path: Path) -> None:
    flag = tmp_path / "slow"
    flag.touch()
    async with WorkerPool(options(slow_while(flag))) as workers:
        (pid,) = workers.processes
        job = asyncio.create_task(workers.answer(b"x"))
        await eventually(lambda: workers.busy == 1)
        job.cancel()
        await asyncio.wait([job])
        flag.unlink()

        answer = await workers.answer(b"y")

    assert job.cancelled()
    assert answer.endswith(b" y")
    assert not alive(pid)


async def test_a_cancelled_job_may_come_to_its_end_where_that_is_cheaper(tmp_path: Path) -> None:
    flag = tmp_path / "slow"
    flag.touch()
    async with WorkerPool(options(slow_while(flag), abandoned_s=30.0)) as workers:
        processes = workers.processes
        job = asyncio.create_task(workers.answer(b"x"))
        await eventually(lambda: workers.busy == 1)
        job.cancel()
        await asyncio.wait([job])
        flag.unlink()

        assert (await workers.answer(b"y")).endswith(b" y")
        assert workers.processes == processes


async def test_an_abandoned_job_that_hangs_is_ended_with_its_worker() -> None:
    async with WorkerPool(options(HANG, limit_s=0.1, abandoned_s=0.1)) as workers:
        (pid,) = workers.processes
        with pytest.raises(SpeechError):
            await workers.answer(b"x")
        await eventually(lambda: not alive(pid))


async def test_what_is_not_done_when_the_pool_closes_fails() -> None:
    async with WorkerPool(options(HANG)) as workers:
        jobs = [asyncio.create_task(workers.answer(b"x")) for _ in range(3)]
        await eventually(lambda: (workers.busy, workers.queued) == (1, 2))

    for error in await asyncio.gather(*jobs, return_exceptions=True):
        assert isinstance(error, SpeechError)
        assert "shutting down" in str(error)


async def test_a_pool_that_was_closed_starts_nothing_again() -> None:
    async with WorkerPool(options(ECHO)) as workers:
        pass

    with pytest.raises(SpeechError, match="shutting down"):
        await workers.answer(b"x")
    assert workers.processes == []


@pytest.mark.parametrize("command", [("/nowhere/python",), (sys.executable, "-c", "")])
async def test_a_worker_that_does_not_start_is_a_speech_error(command: tuple[str, ...]) -> None:
    with pytest.raises(SpeechError, match="a worker of the parrot does not start"):
        async with WorkerPool(WorkerOptions(command, "the parrot", "PORTEIRO_PARROTS")):
            pass


async def test_a_worker_that_cannot_become_ready_says_why() -> None:
    body = "    yield b''\ndef prepare(): raise SpeechError('no seeds')"
    with pytest.raises(SpeechError, match=r"^no seeds$"):
        async with WorkerPool(options(body)):
            pass


async def test_a_worker_leaves_ctrl_c_to_the_server() -> None:
    async with WorkerPool(options(ECHO)) as workers:
        (pid,) = workers.processes
        os.kill(pid, signal.SIGINT)

        assert await workers.answer(b"x") == f"{pid} x".encode()
