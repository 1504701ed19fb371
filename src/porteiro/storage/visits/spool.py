"""The record of visits: written down at once, and moved into the store as that can take it."""

import asyncio
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import structlog

from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.calls.visit import Visit
from porteiro.errors import StorageError
from porteiro.storage.visits.codec import decode, encode
from porteiro.storage.visits.spool_file import Batch, SpoolFile
from porteiro.storage.visits.store import UnfitVisitError, VisitStore

log = structlog.get_logger()
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class VisitsOptions:
    """Where visits wait for the store, and for how long it is let alone after a failure.

    `in_memory` is how many visits wait there while the disk is full, `batch` how many go
    into the store at once. Times are in seconds: the store's answer must come within
    `answer_s`, and `farewell_s` is for what still waits in the end.
    """

    folder: Path
    in_memory: int = 10_000
    batch: int = 100
    first_retry_s: float = 0.5
    longest_retry_s: float = 30.0
    answer_s: float = 10.0
    farewell_s: float = 3.0


class SpooledVisits:
    """A `VisitLog` that never waits for its store, and the `VisitArchive` over that store.

    `record` writes a visit to `visits.jsonl`; from there it goes on into the store by
    itself. What stands in that file at the start goes on as well. A line that is no visit
    goes to `visits.rejected.jsonl`. Use it as an async context manager.
    """

    def __init__(self, options: VisitsOptions, store: VisitStore) -> None:
        """Move visits from `options.folder` into `store`, which must outlive this."""
        self._options = options
        self._store = store
        folder = options.folder
        rejected = folder / "visits.rejected.jsonl"
        self._spool = SpoolFile(folder / "visits.jsonl", rejected, options.in_memory)
        # One thread: writes keep their order, and only it touches the spool.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="visits")
        self._news = asyncio.Event()
        self._mover: asyncio.Task[None] | None = None
        self._failures = 0

    @property
    def waiting(self) -> int:
        """How many visits are not in the store yet."""
        return self._spool.waiting

    async def __aenter__(self) -> Self:
        """Begin to move visits into the store."""
        self._mover = asyncio.create_task(self._move_on(), name="visits into the store")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Move what still waits, within a short time; it stays in the file otherwise."""
        deadline = asyncio.get_running_loop().time() + self._options.farewell_s
        try:
            if self._mover is not None:
                self._mover.cancel()
                await asyncio.wait([self._mover])
            await self._finish(deadline)
        finally:
            self._thread.shutdown(wait=False)

    async def record(self, visit: Visit) -> None:
        """Keep an ended visit, on disk when this returns.

        Raises `StorageError` when it cannot be written now: it then stays in memory, and
        recording the same visit again does not double it. Cancelling the wait does not
        stop the writing.
        """
        name = (visit.call_id, visit.started.isoformat())
        try:
            await self._blocking(partial(self._spool.append, name, encode(visit)))
        except StorageError as error:
            log.error(  # noqa: TRY400  the reason is the whole story
                "visit not written", call_id=visit.call_id, reason=str(error)
            )
            raise
        finally:
            self._news.set()

    async def find(self, wanted: VisitFilter, limit: int, cursor: str | None = None) -> VisitsPage:
        """Return up to `limit` visits of the store, newest first, after `cursor`.

        Raises `ValueError` for a cursor that is none, `StorageError` when they cannot be
        read now.
        """
        try:
            async with asyncio.timeout(self._options.answer_s):
                return await self._store.find(wanted, limit, cursor)
        except TimeoutError as error:
            raise self._no_answer() from error

    async def _move_on(self) -> None:
        """Move visits for as long as there are any, then wait for the next."""
        while True:
            self._news.clear()
            waiting = self.waiting
            # A fault of ours is told and tried again: the next visits need their record too.
            (moved,) = await asyncio.gather(self._move(), return_exceptions=True)
            if isinstance(moved, BaseException):
                if not isinstance(moved, StorageError):
                    log.error("moving visits failed", exc_info=moved)
                await self._let_alone(str(moved) or repr(moved))
                continue
            if self._failures:
                log.info("visits go into the store again", waiting=waiting)
                self._failures = 0
            if not moved:
                await self._news.wait()

    async def _move(self) -> bool:
        """Move one batch; tell whether there was any. Raises `StorageError`."""
        batch, visits, refused = await self._blocking(self._take)
        if batch.empty:
            return False
        refused += await self._add(visits)
        await self._blocking(partial(self._spool.done, batch, refused))
        return True

    def _take(self) -> tuple[Batch, list[Visit], list[bytes]]:
        """Return a batch, the visits in it, and its lines that are none."""
        batch = self._spool.take(self._options.batch)
        visits: list[Visit] = []
        refused: list[bytes] = []
        for line in batch.lines:
            try:
                visits.append(decode(line))
            except ValueError as error:
                log.error(  # noqa: TRY400  the reason is the whole story
                    "line is no visit", reason=str(error), kept_in=str(self._spool.rejected)
                )
                refused.append(line)
        return batch, visits, refused

    async def _add(self, visits: Sequence[Visit]) -> list[bytes]:
        """Put visits into the store; return the lines of those that it will never take."""
        if not visits:
            return []
        try:
            async with asyncio.timeout(self._options.answer_s):
                await self._store.add(visits)
        except TimeoutError as error:
            raise self._no_answer() from error
        except UnfitVisitError as error:
            if len(visits) > 1:
                middle = len(visits) // 2
                return [*await self._add(visits[:middle]), *await self._add(visits[middle:])]
            log.error(  # noqa: TRY400  the reason is the whole story
                "visit refused by the store",
                call_id=visits[0].call_id,
                reason=str(error),
                kept_in=str(self._spool.rejected),
            )
            return [encode(visits[0])]
        return []

    async def _let_alone(self, reason: str) -> None:
        """Wait before the store is tried again, longer each time; say it the first time."""
        if not self._failures:
            log.error("visits wait for the store", reason=reason, waiting=self.waiting)
        longest = self._options.first_retry_s * 2 ** min(self._failures, 16)
        self._failures += 1
        # No secret: the jitter keeps several servers from coming back at the same moment.
        wait_s = min(longest, self._options.longest_retry_s) * random.uniform(0.5, 1)  # noqa: S311
        await asyncio.sleep(wait_s)

    async def _finish(self, deadline: float) -> None:
        """Write and move what can be; say loudly what is lost, and what waits."""
        reason = ""
        try:
            await self._blocking(self._spool.flush)
        except StorageError as error:
            reason = str(error)
        try:
            async with asyncio.timeout_at(deadline):
                while await self._move():
                    pass
        except TimeoutError:
            reason = reason or f"the store took longer than {self._options.farewell_s:g} s"
        except StorageError as error:
            reason = reason or str(error)
        if self._spool.unwritten:
            log.critical("visits lost", reason=reason, visits=self._spool.unwritten)
        elif self.waiting:
            log.warning("visits wait for the next start", reason=reason, waiting=self.waiting)

    def _no_answer(self) -> StorageError:
        return StorageError(
            f"the visits' database did not answer within {self._options.answer_s:g} s; "
            "look at its load and at the network"
        )

    async def _blocking(self, work: Callable[[], Result]) -> Result:
        return await asyncio.shield(asyncio.wrap_future(self._thread.submit(work)))
