"""A bounded set of worker processes, each replaced when it crashes or hangs."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Self

import structlog

from porteiro.errors import SpeechError
from porteiro.speech.processes import end
from porteiro.speech.worker_frames import COMPLAINT, END, LENGTH_BYTES, PART, body_bytes, framed

_log = structlog.get_logger()

_TRIES = 2
"""A job that a worker dies of is tried once more: it need not have been the job's fault."""
_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
"""Before a worker that came to nothing is started again; each pause is twice the one before."""


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """Which program works, how many of it, and how long things may take, in seconds.

    `work` is what messages call it, and `setting` the variable that sets `count`. `limit_s`
    is for each part of an answer, for the first one with the waiting for a free worker.
    `start_limit_s` is for a worker to load, `stop_limit_s` for it to end by itself. A job
    that nobody waits for any more may take `abandoned_s` on: where a worker takes long to
    load, that is cheaper than another one.
    """

    command: tuple[str, ...]
    work: str
    setting: str
    count: int = 2
    limit_s: float = 8.0
    start_limit_s: float = 30.0
    stop_limit_s: float = 2.0
    abandoned_s: float = 0.0


class WorkerPool:
    """Has jobs done in worker processes; an async context manager that starts and ends them."""

    def __init__(self, options: WorkerOptions) -> None:
        """Make a pool; entering it starts the workers."""
        self._options = options
        self._workers = [_Worker(options) for _ in range(options.count)]
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._waiting: set[_Job] = set()
        self._serving: list[asyncio.Task[None]] = []
        self._called = asyncio.Event()
        self._busy = 0
        self._closed = False

    async def __aenter__(self) -> Self:
        """Start all workers at once and wait until they are ready. Raises `SpeechError`."""
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.aclose)
            starts = (worker.start() for worker in self._workers)
            for outcome in await asyncio.gather(*starts, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
            undo.pop_all()
        self._serving = [asyncio.create_task(self._serve(worker)) for worker in self._workers]
        return self

    async def __aexit__(self, *_: object) -> None:
        """End every worker."""
        await self.aclose()

    async def aclose(self) -> None:
        """End every worker; jobs that are not done fail."""
        self._closed = True
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)
        for worker in self._workers:
            await worker.close()
        self._fail_waiting(str(self._closing()))

    @property
    def processes(self) -> list[int]:
        """The process ids of the workers that run."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    @property
    def busy(self) -> int:
        """How many jobs are being done."""
        return self._busy

    @property
    def queued(self) -> int:
        """How many jobs wait for a free worker."""
        return len(self._waiting)

    async def answer(self, body: bytes) -> bytes:
        """Return a job's whole answer; the rest is as in `answers`."""
        async with aclosing(self.answers(body)) as parts:
            return b"".join([part async for part in parts])

    async def answers(self, body: bytes) -> AsyncGenerator[bytes, None]:
        """Yield a job's answer, each part as it comes.

        A worker that crashes over it is replaced, and the job tried once more where nothing
        of an answer came. Raises `SpeechError` when that fails too, when a part takes longer
        than the limit, or with what the worker complains of. Closing it drops the job.
        """
        if self._closed:
            raise self._closing()
        job = _Job(body)
        self._waiting.add(job)
        self._jobs.put_nowait(job)
        if not self.processes:
            self._called.set()
        try:
            while (part := await self._next_part(job)) is not None:
                yield part
        finally:
            self._waiting.discard(job)
            job.drop(self._options.abandoned_s)

    async def _next_part(self, job: "_Job") -> bytes | None:
        options = self._options
        try:
            async with asyncio.timeout(options.limit_s):
                part = await job.parts.get()
        except TimeoutError as error:
            raise SpeechError(
                f"{options.work} gave nothing within {options.limit_s:g} s: raise "
                f"{options.setting} if this repeats"
            ) from error
        if isinstance(part, SpeechError):
            raise part
        return part

    async def _serve(self, worker: "_Worker") -> None:
        """Have one worker do job after job, until cancelled; while it is gone it takes none."""
        pause_s = 0.0
        while True:
            if worker.pid is None:
                if worker.died:
                    _log.warning("a worker died and is replaced", work=self._options.work)
                await self._pause(pause_s)
                pause_s = min(max(_PAUSE_S, 2 * pause_s), _LONGEST_PAUSE_S)
                await self._start(worker)
            elif (job := await self._next_job(worker)) is not None:
                pause_s = 0.0
                await self._take(worker, job)

    async def _pause(self, pause_s: float) -> None:
        """Wait; no longer where a job comes that no other worker is there for."""
        self._called.clear()
        if self._waiting and not self.processes:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._called.wait()

    async def _start(self, worker: "_Worker") -> None:
        try:
            await worker.start()
        except SpeechError as error:
            _log.error("a worker is missing", reason=str(error))
            if not self.processes:
                self._fail_waiting(str(error))

    async def _next_job(self, worker: "_Worker") -> "_Job | None":
        """Return the next job; None once the worker is gone."""
        coming = asyncio.ensure_future(self._jobs.get())
        try:
            await worker.gone(coming)
            return coming.result() if coming.done() else None
        finally:
            coming.cancel()

    async def _take(self, worker: "_Worker", job: "_Job") -> None:
        if job not in self._waiting:
            return
        self._waiting.discard(job)
        self._busy += 1
        try:
            await self._do(worker, job)
        except asyncio.CancelledError:
            job.fail(self._closing())
            raise
        finally:
            self._busy -= 1

    async def _do(self, worker: "_Worker", job: "_Job") -> None:
        work = self._options.work
        for _ in range(_TRIES):
            try:
                async with job.wanted(self._options.abandoned_s):
                    await worker.converse(job)
            except (EOFError, ConnectionError):
                _log.warning("a worker died and is replaced", work=work)
            except TimeoutError:
                return
            except SpeechError as error:
                job.fail(error)
                return
            else:
                return
            if job.begun:
                break
        job.fail(SpeechError(f"{work} died of this: see its words above"))

    def _fail_waiting(self, reason: str) -> None:
        for job in self._waiting:
            job.fail(SpeechError(reason))
        self._waiting.clear()

    def _closing(self) -> SpeechError:
        return SpeechError(f"{self._options.work} is shutting down")


class _Job:
    """What is to be done, and the parts of its answer as they come; None is their end."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.parts: asyncio.Queue[bytes | SpeechError | None] = asyncio.Queue()
        self.begun = False
        self._dropped = False
        self._limit: asyncio.Timeout | None = None

    def part(self, pcm: bytes) -> None:
        self.begun = True
        self.parts.put_nowait(pcm)

    def end(self) -> None:
        self.parts.put_nowait(None)

    def fail(self, error: SpeechError) -> None:
        self.parts.put_nowait(error)

    def drop(self, abandoned_s: float) -> None:
        """Say that nobody wants it any more."""
        self._dropped = True
        if self._limit:
            self._limit.reschedule(asyncio.get_running_loop().time() + abandoned_s)

    @asynccontextmanager
    async def wanted(self, abandoned_s: float) -> AsyncIterator[None]:
        """Raise `TimeoutError` inside once it was dropped `abandoned_s` seconds ago."""
        async with asyncio.timeout(abandoned_s if self._dropped else None) as limit:
            self._limit = limit
            try:
                yield
            finally:
                self._limit = None


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

    @property
    def died(self) -> bool:
        """Whether the process ended, and not because we ended it."""
        return self._process is not None and self.pid is None

    async def start(self) -> asyncio.subprocess.Process:
        """Start the process and wait until it says that it is ready. Raises `SpeechError`."""
        options = self._options
        if self._closed:
            raise SpeechError(f"{options.work} is shutting down")
        await self._end()
        ready = False
        try:
            async with asyncio.timeout(options.start_limit_s):
                process = await self._begin()
                said = await _receive(process)
            ready = not said
        except (OSError, EOFError) as error:  # TimeoutError is one
            raise SpeechError(
                f"a worker of {options.work} does not start; see its words above"
            ) from error
        finally:
            if not ready:
                await self._end()
        if said:
            raise _complained(said)
        return process

    async def gone(self, earlier: asyncio.Future[_Job]) -> None:
        """Wait until the process has ended, or what is to come `earlier` has come."""
        if self._process is None:
            return
        ending = asyncio.ensure_future(self._process.wait())
        try:
            await asyncio.wait((ending, earlier), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()

    async def converse(self, job: _Job) -> None:
        """Have a job done; a process that does not come to its end is ended.

        Raises `EOFError` or `ConnectionError` when the process dies of it.
        """
        process = self._process if self.pid is not None else None
        process = process or await self.start()
        last = b""
        try:
            await _send(process, job.body)
            while (said := await _receive(process))[:1] == PART:
                job.part(said[1:])
            last = said
        finally:
            if not last:
                await self._end()
        if last == END:
            job.end()
        else:
            job.fail(_complained(last))

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
                _log.warning("a worker does not end and is killed", work=self._options.work)
        await self._end()

    async def _begin(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        making = asyncio.ensure_future(
            asyncio.create_subprocess_exec(*self._options.command, stdin=pipe, stdout=pipe)
        )
        try:
            self._process = await asyncio.shield(making)
        except asyncio.CancelledError:
            with suppress(OSError):  # half made, it could not be ended
                self._process = await making
            raise
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            await end(process)


def _complained(said: bytes) -> SpeechError:
    return SpeechError(said.removeprefix(COMPLAINT).decode(errors="replace"), retryable=False)


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
