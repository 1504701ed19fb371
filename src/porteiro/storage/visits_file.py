"""The record of visits as a file of JSON lines, one line a visit, oldest first."""

import asyncio
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import structlog

from porteiro.calls.visit import Visit
from porteiro.errors import StorageError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class VisitsFileOptions:
    """Where visits are kept, and how many of them wait in memory while they cannot be."""

    path: Path
    waiting: int = 10_000


class JsonLinesVisitLog:
    """Appends visits to a file, each on disk before `record` returns; a `VisitLog`.

    A visit that cannot be written stays in memory and goes out, in order, with the
    next one that can, or when the log is closed. Use it as an async context manager.
    """

    def __init__(self, options: VisitsFileOptions) -> None:
        """Write to `options.path`, whose folder is made when the first visit comes."""
        self._options = options
        self._waiting: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        # One thread: writes keep their order, and only it touches what is waiting.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="visits")

    async def __aenter__(self) -> Self:
        """Open the log; the file itself is opened for each write."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Try once more to write what is waiting, and say loudly what is lost."""
        try:
            await asyncio.wrap_future(self._writer.submit(self._flush))
        except StorageError as failed:
            log.critical("visits lost", reason=str(failed), visits=len(self._waiting))
        finally:
            self._writer.shutdown(wait=False)

    async def record(self, visit: Visit) -> None:
        """Keep an ended visit, on disk when this returns.

        Raises `StorageError` when it cannot be written now: it then stays in memory, and
        recording the same visit again does not double it. Cancelling the wait does not
        stop the writing.
        """
        name = (visit.call_id, visit.started.isoformat())
        line = msgspec.json.encode(visit) + b"\n"
        try:
            await asyncio.shield(asyncio.wrap_future(self._writer.submit(self._keep, name, line)))
        except StorageError as error:
            log.error(  # noqa: TRY400  the reason is the whole story
                "visit not written", call_id=visit.call_id, reason=str(error)
            )
            raise

    def _keep(self, name: tuple[str, str], line: bytes) -> None:
        self._waiting[name] = line
        if len(self._waiting) > self._options.waiting:
            (call_id, _), _ = self._waiting.popitem(last=False)
            log.critical("visit lost", call_id=call_id, reason="too many wait to be written")
        self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        path = self._options.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _append(path, b"".join(self._waiting.values()))
        except OSError as error:
            raise StorageError(
                f"{path} cannot be written: {error.strerror or error}; {len(self._waiting)} "
                "visit(s) wait in memory: free the disk or set the folder's permissions"
            ) from error
        self._waiting.clear()


def _append(path: Path, lines: bytes) -> None:
    """Add whole lines at the end of the file and see them on disk, or leave it as it was."""
    # Personal data: nobody but Porteiro's own user reads it.
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            lines = b"\n" + lines  # a power cut left half a line: it stays a line of its own
        try:
            _write_all(descriptor, lines)
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
