"""A process that has everything loaded and forks workers, each in a hundredth of a start's time.

It is forked itself before there is an event loop, a thread or a connection, and never has one:
nothing of those is ever in a worker.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol, Self

import structlog

_log = structlog.get_logger()

Work = Callable[[int], int]
"""What a worker does with the number of its end of the connection; returns its exit status."""

_PID_BYTES: Final = 4
_ANSWER_S: Final = 10.0
_NURSE, _WORKER = "porteiro-nurse", "porteiro-worker"


class Child(Protocol):
    """A process of ours."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def kill(self) -> None:
        """End it now. Raises `ProcessLookupError` where it has ended."""
        ...

    async def wait(self) -> object:
        """Return once it has ended."""
        ...


class Forked:
    """A worker that the nursery has forked, known by a descriptor that means no other process."""

    def __init__(self, pid: int, descriptor: int) -> None:
        """Watch it, within an event loop; `wait` is to be awaited to its end."""
        self.pid = pid
        self._descriptor = descriptor
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._end)

    def kill(self) -> None:
        """End it now. Raises `ProcessLookupError` where it has ended."""
        if self._ended.is_set():
            raise ProcessLookupError
        signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    async def wait(self) -> None:
        """Return once it has ended."""
        await self._ended.wait()

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._ended.set()


class Nursery:
    """The nursery's process, as the parent has it."""

    def __init__(self, pid: int, orders: socket.socket) -> None:
        """Give `orders` to the process `pid`."""
        self.pid = pid
        self._orders = orders
        self._asking = asyncio.Lock()
        self._alive = True

    @classmethod
    @contextmanager
    def begun(cls, work: Work) -> Iterator[Self]:
        """Fork the nursery, whose workers do `work`; it ends with the block.

        To be called before there is any thread or event loop.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            ours.close()
            _to_the_end(lambda: _nurse(theirs, work))
        theirs.close()
        ours.setblocking(False)  # noqa: FBT003  the function's own form
        try:
            yield cls(pid, ours)
        finally:
            ours.close()
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)

    async def bear(self, end: socket.socket) -> Forked | None:
        """Return a new worker that has `end` of a connection; None where the nursery is gone."""
        async with self._asking:
            if not self._alive:
                return None
            try:
                socket.send_fds(self._orders, [b"1"], [end.fileno()])
                async with asyncio.timeout(_ANSWER_S):
                    child = await self._answer()
            except OSError as error:  # TimeoutError is one
                _log.debug("the nursery does not answer", reason=str(error))
                child = None
            if child is None:
                _log.error(
                    "what forks workers is gone: they are started slowly now",
                    pid=self.pid,
                )
                self._alive = False
                with suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
            return child

    async def _answer(self) -> Forked | None:
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._orders, told.set)
        try:
            await told.wait()
        finally:
            loop.remove_reader(self._orders)
        number, descriptors, _, _ = socket.recv_fds(self._orders, _PID_BYTES, 1)
        return Forked(int.from_bytes(number, "big"), descriptors[0]) if descriptors else None


def _nurse(orders: socket.socket, work: Work) -> int:
    """Fork a worker for each connection that comes, until the parent is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # They may be sent to all of us, and it is the parent who says what to do. A worker
        # takes them up as soon as it has an event loop.
        signal.signal(number, signal.SIG_IGN)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    _call_ourselves(_NURSE)
    gc.collect()
    gc.freeze()  # what all workers share stays shared: no collection writes to it
    signal.signal(signal.SIGCHLD, lambda *_: _reap())
    while True:
        order, ends, _, _ = socket.recv_fds(orders, 1, 1)
        if not order:
            return 0
        _fork(orders, ends[0], work)
        os.close(ends[0])


def _fork(orders: socket.socket, end: int, work: Work) -> None:
    """Fork one worker and tell which; until it is told, its number is nobody else's."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        pid = os.fork()
        if pid == 0:
            _to_the_end(lambda: _work(orders, end, work))
        descriptor = os.pidfd_open(pid)
        try:
            socket.send_fds(orders, [pid.to_bytes(_PID_BYTES, "big")], [descriptor])
        finally:
            os.close(descriptor)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _work(orders: socket.socket, end: int, work: Work) -> int:
    """Be a worker."""
    orders.close()
    os.setsid()
    _call_ourselves(_WORKER)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    return work(end)


def _to_the_end(life: Callable[[], int]) -> None:
    """Live, and end the process, whatever happens: what was forked from must never go on here."""
    status = 1
    try:
        status = life()
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()  # nobody else would hear of it
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _reap() -> None:
    """Let workers that have ended be gone."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _call_ourselves(name: str) -> None:
    """Have `ps` and `top` show what this process is."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name, "ascii")
