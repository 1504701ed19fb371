"""Running programs, and ending them with nothing of theirs left open."""

import asyncio
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress

_PIPE_S = 1.0


async def answer_of(
    command: Sequence[str], told: bytes, limit_s: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a program that is told everything at once, and return its status and output.

    A thread waits for it: uvloop now and then leaves a pipe of a short-lived program open.
    Raises `OSError` when it cannot be started and `TimeoutError` when it takes longer than
    `limit_s` seconds; then, and when the wait is cancelled, it is killed.
    """
    running: list[subprocess.Popen[bytes]] = []
    abandoned = threading.Event()

    def converse() -> subprocess.CompletedProcess[bytes]:
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as program:  # noqa: S603  the caller's affair
            running.append(program)
            if abandoned.is_set():
                program.kill()
            try:
                said, complaint = program.communicate(told, limit_s)
            except subprocess.TimeoutExpired:
                program.kill()
                raise TimeoutError from None
            return subprocess.CompletedProcess(command, program.returncode, said, complaint)

    waiting = asyncio.get_running_loop().run_in_executor(None, converse)
    waiting.add_done_callback(_taken_note_of)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        abandoned.set()
        for program in running:
            program.kill()
        await asyncio.wait([waiting], timeout=_PIPE_S)
        raise


def _taken_note_of(done: asyncio.Future[subprocess.CompletedProcess[bytes]]) -> None:
    """Look at how it ended, since nobody else may any more."""
    if not done.cancelled():
        done.exception()


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill `process` if it still runs, and wait until it and its output are gone.

    Its pipes close once they are read to the end; what a child of its own keeps open for
    more than a second is left.
    """
    if process.returncode is None:
        process.kill()
    await process.wait()
    for output in (process.stdout, process.stderr):
        if output is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PIPE_S):
                    await output.read()
