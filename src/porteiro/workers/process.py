"""One worker's process, as its parent has it: started, spoken with, watched and ended."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import count

import structlog

from porteiro.errors import ProtocolError, WorkerError
from porteiro.workers.channel import Channel
from porteiro.workers.messages import (
    REPORTS,
    Answer,
    Begin,
    End,
    Order,
    Ready,
    Refused,
    Report,
)
from porteiro.workers.nursery import Child, Nursery

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """How a process is started and how long it may take; times in seconds.

    The `nursery` forks it; where there is none, or it is gone, it is `command` with the number
    of its end of the connection as one more argument. It must be ready within `start_s`, and
    then is looked at each `look_s`: `silent_looks` looks without a word, and it is killed.
    They are counted rather than timed, so that a parent that was held up itself does not take
    its workers for dead. Without its connection it may take `stop_s` to end.
    """

    command: Sequence[str]
    nursery: Nursery | None = None
    start_s: float = 60.0
    look_s: float = 0.5
    silent_looks: int = 10
    stop_s: float = 2.0


class WorkerProcess:
    """A process of our own; nothing of this one's event loop is in it."""

    def __init__(
        self,
        options: ProcessOptions,
        begin: Begin,
        heard: Callable[["WorkerProcess", Report], None],
    ) -> None:
        """Make it; `run` starts it. `heard` takes everything it says, on the event loop."""
        self._options = options
        self._begin = begin
        self._heard = heard
        self._channel: Channel[Report] | None = None
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Queue[Answer | WorkerError]] = {}
        self._spoke = False
        self._unwanted = asyncio.Event()
        self.pid: int | None = None
        self.ready = False

    async def run(self) -> None:
        """Run the process until it ends or must be killed; cancelling this kills it.

        Raises `OSError` where the machine lets no process be started.
        """
        ours, theirs = socket.socketpair()
        with ExitStack() as undo, theirs:
            undo.callback(ours.close)
            process = await self._start(theirs)
            undo.pop_all()
        self.pid = process.pid
        try:
            self._channel = await Channel.over(ours, REPORTS, self._took)
            self._channel.send(self._begin)
            await self._watch(process, self._channel)
        finally:
            self._leave()
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def tell(self, order: Order) -> None:
        """Send an order; a process that is gone does not hear it.

        Raises `ProtocolError` when it is too large.
        """
        if self._channel is not None:
            self._channel.send(order)

    def end(self) -> None:
        """Have the process end; one that is not ready yet has nothing to end, and is killed."""
        if self.ready:
            self.tell(End())
        else:
            self._unwanted.set()

    async def ask(self, order: Callable[[int], Order], limit_s: float) -> Answer:
        """Send an order, made for its number, and return the answer.

        Raises `WorkerError` when none comes within `limit_s` seconds.
        """
        answers = self.ask_for_all(order, limit_s)
        try:
            return await anext(answers)
        finally:
            await answers.aclose()

    async def ask_for_all(
        self, order: Callable[[int], Order], limit_s: float
    ) -> AsyncGenerator[Answer, None]:
        """Send an order, and yield each answer to it as it comes; closing it ends the listening.

        Raises `WorkerError` when the next does not come within `limit_s` seconds.
        """
        number = next(self._numbers)
        coming: asyncio.Queue[Answer | WorkerError] = asyncio.Queue()
        self._asked[number] = coming
        try:
            if self._channel is None or self._channel.closed.is_set():
                raise self._gone()
            self._channel.send(order(number))
            while True:
                async with asyncio.timeout(limit_s):
                    answer = await coming.get()
                if isinstance(answer, WorkerError):
                    raise answer
                yield answer
        except TimeoutError:
            raise WorkerError(
                f"a worker (process {self.pid}) did not answer within {limit_s:g} s; try again"
            ) from None
        except ProtocolError as error:
            raise WorkerError(str(error)) from error
        finally:
            del self._asked[number]

    # ------------------------------------------------------------------------- inside

    async def _start(self, theirs: socket.socket) -> Child:
        """Start the process; a start that is cancelled half way is ended as well."""
        making = asyncio.ensure_future(self._make(theirs))
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            with suppress(OSError):
                process = await making
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            raise

    async def _make(self, theirs: socket.socket) -> Child:
        nursery, end = self._options.nursery, theirs.fileno()
        if nursery is not None and (forked := await nursery.bear(theirs)) is not None:
            return forked
        return await asyncio.create_subprocess_exec(
            *self._options.command,
            str(end),
            pass_fds=(end,),
            stdin=asyncio.subprocess.DEVNULL,
            # Ctrl-C in a terminal is the parent's to act on, also before a worker can say so.
            start_new_session=True,
        )

    async def _watch(self, process: Child, channel: Channel[Report]) -> None:
        """Return when the process has ended, or must be killed."""
        options, silent = self._options, 0
        gone = asyncio.ensure_future(process.wait())
        closed = asyncio.ensure_future(channel.closed.wait())
        unwanted = asyncio.ensure_future(self._unwanted.wait())
        try:
            while not gone.done() and not closed.done():
                await asyncio.wait(
                    (gone, closed, unwanted),
                    timeout=options.look_s,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if unwanted.done():
                    return
                silent = 0 if self._spoke else silent + 1
                self._spoke = False
                most = options.silent_looks if self.ready else options.start_s / options.look_s
                if silent > most:
                    _log.error("a worker is silent and is killed", pid=self.pid)
                    return
            await asyncio.wait((gone,), timeout=options.stop_s)
        finally:
            for wait in (gone, closed, unwanted):
                wait.cancel()
            await asyncio.gather(gone, closed, unwanted, return_exceptions=True)

    def _took(self, report: Report) -> None:
        self._spoke = True
        match report:
            case Ready():
                self.ready = True
            case Refused(reason):
                _log.error("a worker cannot work", pid=self.pid, reason=reason)
            case _:
                pass
        self._heard(self, report)
        if isinstance(report, Answer) and (asker := self._asked.get(report.number)) is not None:
            asker.put_nowait(report)

    def _leave(self) -> None:
        """Hear no more, and tell whoever waits for an answer."""
        if self._channel is not None:
            self._channel.close()
        for asker in self._asked.values():
            asker.put_nowait(self._gone())

    def _gone(self) -> WorkerError:
        return WorkerError(f"a worker (process {self.pid}) is gone, another takes its place")
