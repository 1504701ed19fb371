"""Recognition workers: a bounded set of processes, replaced when they crash or hang."""

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self

import structlog

from porteiro.calls.ports import Transcript
from porteiro.errors import SpeechError
from porteiro.speech.pocketsphinx.messages import (
    LENGTH_BYTES,
    Job,
    body_bytes,
    decode_transcript,
    encode_job,
    framed,
)
from porteiro.speech.processes import end

_log = structlog.get_logger()

_COMMAND = (sys.executable, "-m", "porteiro.speech.pocketsphinx.worker")


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How many turns are heard at once, and how long things may take, in seconds.

    `limit_s` is for a turn, its waiting for a free worker included; `start_limit_s` for a
    worker to load, `stop_limit_s` for it to end by itself.
    """

    count: int = 2
    limit_s: float = 8.0
    start_limit_s: float = 30.0
    stop_limit_s: float = 2.0
    command: tuple[str, ...] = _COMMAND


class WorkerPool:
    """Hears turns in worker processes; an async context manager that starts and ends them."""

    def __init__(self, options: WorkerOptions | None = None) -> None:
        """Make a pool; entering it starts the workers."""
        self._options = options or WorkerOptions()
        self._workers = [_Worker(self._options) for _ in range(self._options.count)]
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()

    async def __aenter__(self) -> Self:
        """Start every worker and wait until its model is loaded. Raises `SpeechError`."""
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.aclose)
            for worker in self._workers:
                await worker.start()
                self._idle.put_nowait(worker)
            undo.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End every worker."""
        await self.aclose()

    async def aclose(self) -> None:
        """End every worker; turns still being heard fail."""
        for worker in self._workers:
            await worker.close()

    @property
    def processes(self) -> list[int]:
        """The process ids of the workers that run."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    async def transcribe(self, job: Job) -> Transcript:
        """Return what was said in a turn.

        A worker that crashes over it is replaced and the turn tried once more. Raises
        `SpeechError` when that fails too, or when the turn takes longer than the limit.
        Cancelling it drops the turn, with the worker that was busy with it.
        """
        limit = self._options.limit_s
        try:
            async with asyncio.timeout(limit):
                worker = await self._idle.get()
                try:
                    return await _twice(worker, encode_job(job))
                finally:
                    self._idle.put_nowait(worker)
        except TimeoutError as error:
            raise SpeechError(
                f"no words within {limit:g} s: raise MAX_CONCURRENT_TRANSCRIPTIONS if this repeats"
            ) from error


async def _twice(worker: "_Worker", body: bytes) -> Transcript:
    """Ask a worker, and once more should it die of the question."""
    try:
        return decode_transcript(await worker.ask(body))
    except (EOFError, ConnectionError):
        _log.warning("a recognition worker died and is replaced")
    try:
        return decode_transcript(await worker.ask(body))
    except (EOFError, ConnectionError) as error:
        raise SpeechError("recognition workers die of this turn") from error


class _Worker:
    """One worker process; started again when it is asked something after its end."""

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._process: asyncio.subprocess.Process | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def start(self) -> asyncio.subprocess.Process:
        """Start the process and wait until it says that it is ready."""
        if self._closed:
            raise SpeechError("recognition is shutting down")
        options = self._options
        pipe = asyncio.subprocess.PIPE
        try:
            async with asyncio.timeout(options.start_limit_s):
                process = await asyncio.create_subprocess_exec(
                    *options.command, stdin=pipe, stdout=pipe
                )
                self._process = process
                await _receive(process)
        except (OSError, EOFError, TimeoutError) as error:
            await self._end()
            raise SpeechError("a recognition worker does not start; see its words above") from error
        return process

    async def ask(self, body: bytes) -> bytes:
        """Send a job and return its answer; a process that gives none is ended."""
        process = self._process or await self.start()
        answer = None
        try:
            await _send(process, body)
            answer = await _receive(process)
        finally:
            if answer is None:
                await self._end()
        return answer

    async def close(self) -> None:
        """Let the process end by closing its input, and make sure that it does."""
        self._closed = True
        process = self._process
        if process and process.stdin:
            process.stdin.close()
            try:
                async with asyncio.timeout(self._options.stop_limit_s):
                    await process.wait()
            except TimeoutError:
                _log.warning("a recognition worker does not end by itself and is killed")
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            await end(process)


async def _send(process: asyncio.subprocess.Process, body: bytes) -> None:
    if process.stdin is None:
        raise EOFError
    process.stdin.write(framed(body))
    await process.stdin.drain()


async def _receive(process: asyncio.subprocess.Process) -> bytes:
    """Return the next frame that the process writes. Raises `EOFError` when it has ended."""
    if process.stdout is None:
        raise EOFError
    head = await process.stdout.readexactly(LENGTH_BYTES)
    return await process.stdout.readexactly(body_bytes(head))
