"""Worker processes: bounded, replaced when they fail, and gone when the pool is."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question
from porteiro.errors import SpeechError
from porteiro.speech.pocketsphinx.messages import Job
from porteiro.speech.pocketsphinx.workers import WorkerOptions, WorkerPool

PRELUDE = """
import os, sys, time
from porteiro.calls.ports import Transcript
from porteiro.speech.pocketsphinx.messages import *
def send(body):
    sys.stdout.buffer.write(framed(body)); sys.stdout.buffer.flush()
send(b"")
while len(head := sys.stdin.buffer.read(4)) == 4:
    pcm = decode_job(sys.stdin.buffer.read(body_bytes(head))).pcm
"""
ECHO = "    send(encode_transcript(Transcript(f'{os.getpid()} {pcm.decode()}', 1.0, sure=False)))"
DIE = "    os._exit(3)"
HANG = "    time.sleep(60)"


def pool(body: str, count: int = 1, limit_s: float = 8.0) -> WorkerPool:
    return WorkerPool(WorkerOptions(count, limit_s, command=(sys.executable, "-c", PRELUDE + body)))


def job(words: str = "x") -> Job:
    return Job(TurnRequest(Question.AUTHORIZE, 8000), words.encode())


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_a_job_is_answered() -> None:
    async with pool(ECHO) as workers:
        transcript = await workers.transcribe(job("olá"))

    assert transcript.text.endswith(" olá")


async def test_jobs_are_spread_and_each_gets_its_own_answer() -> None:
    async with pool(ECHO, count=2) as workers:
        words = [str(number) for number in range(20)]
        answers = await asyncio.gather(*(workers.transcribe(job(word)) for word in words))

    assert [answer.text.split()[1] for answer in answers] == words
    assert len({answer.text.split()[0] for answer in answers}) == 2


async def test_workers_end_with_the_pool() -> None:
    async with pool(ECHO, count=2) as workers:
        processes = workers.processes
        assert len(processes) == 2

    assert [pid for pid in processes if alive(pid)] == []


async def test_a_worker_killed_between_turns_is_replaced() -> None:
    async with pool(ECHO) as workers:
        (pid,) = workers.processes
        os.kill(pid, signal.SIGKILL)

        transcript = await workers.transcribe(job("olá"))

    assert transcript.text.endswith(" olá")
    assert str(pid) not in transcript.text


async def test_a_turn_that_kills_two_workers_fails_and_the_next_is_heard(tmp_path: Path) -> None:
    flag = tmp_path / "deadly"
    flag.touch()
    async with pool(f"    os.path.exists({str(flag)!r}) and os._exit(3)\n{ECHO}") as workers:
        with pytest.raises(SpeechError, match="die"):
            await workers.transcribe(job())
        flag.unlink()

        assert (await workers.transcribe(job("olá"))).text.endswith(" olá")


async def test_a_turn_that_takes_too_long_is_dropped_with_its_worker() -> None:
    async with pool(HANG, limit_s=0.3) as workers:
        (pid,) = workers.processes
        with pytest.raises(SpeechError, match=r"0\.3 s"):
            await workers.transcribe(job())

        assert workers.processes == []
        assert not alive(pid)


async def test_a_cancelled_turn_frees_its_place_for_the_next(tmp_path: Path) -> None:
    flag = tmp_path / "slow"
    flag.touch()
    body = f"    while os.path.exists({str(flag)!r}): time.sleep(0.01)\n{ECHO}"
    async with pool(body) as workers:
        (pid,) = workers.processes
        turn = asyncio.create_task(workers.transcribe(job()))
        await asyncio.sleep(0)
        turn.cancel()
        await asyncio.wait([turn])
        flag.unlink()

        transcript = await workers.transcribe(job("olá"))

    assert turn.cancelled()
    assert transcript.text.endswith(" olá")
    assert not alive(pid)


async def test_a_pool_that_was_closed_starts_nothing_again() -> None:
    async with pool(ECHO) as workers:
        pass

    with pytest.raises(SpeechError):
        await workers.transcribe(job())
    assert workers.processes == []


@pytest.mark.parametrize("command", [("/nowhere/python",), (sys.executable, "-c", "")])
async def test_a_worker_that_does_not_start_is_a_speech_error(command: tuple[str, ...]) -> None:
    with pytest.raises(SpeechError, match="does not start"):
        async with WorkerPool(WorkerOptions(command=command)):
            pass


async def test_the_real_worker_leaves_ctrl_c_to_the_server() -> None:
    async with WorkerPool(WorkerOptions(count=1)) as workers:
        (pid,) = workers.processes
        os.kill(pid, signal.SIGINT)

        assert await workers.transcribe(job("xx")) == Transcript("", 0.0, sure=False)
        assert workers.processes == [pid]
