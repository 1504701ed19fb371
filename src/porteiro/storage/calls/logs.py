"""The logs of living calls in a folder, written by a thread: the event loop never waits.

A log that cannot be written is removed, for half a story must not be taken up; its call goes on.
A damaged one is set aside, and its call's id is remembered: what the call did is not known.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import Self

import msgspec
import structlog

from porteiro.calls.replay import Past, replay
from porteiro.calls.saved import PATIENCE_S, CallLog, Record, SavedCall, Written
from porteiro.storage.calls.codec import encode
from porteiro.storage.calls.log_file import (
    DAMAGED,
    SUFFIX,
    LogFile,
    call_of,
    create,
    go_on,
    path_of,
    read_left_over,
    set_aside,
)

_log = structlog.get_logger()

_DAMAGED_KEPT_S = 24 * 3600.0
"""How long a damaged file can be looked at; no line comes back after a few minutes."""

_Work = Callable[[], object]
_FAILURES = (OSError, ValueError, TypeError, msgspec.MsgspecError)


class CallLogFiles:
    """A `CallLogs` in a folder; an async context manager, to be entered before any call."""

    def __init__(self, folder: Path) -> None:
        """Keep the files in `folder`, which is made where it is missing."""
        self.folder = folder
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="call logs", daemon=True)
        self._left: list[Past] = []
        self._damaged: frozenset[str] = frozenset()
        self._failing = False

    async def __aenter__(self) -> Self:
        """Read what earlier processes left, and begin to write."""
        self._left = await asyncio.to_thread(self._read_left_over)
        self._thread.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what is still to be written, unless the disk stalls."""
        self._work.put(None)
        await asyncio.to_thread(self._thread.join, PATIENCE_S)

    def open(self, call_id: str) -> CallLog:
        """Begin a log for a call."""
        path = path_of(self.folder, call_id)
        return _FileLog(self, call_id, lambda: create(path), new=True)

    def go_on(self, saved: SavedCall) -> CallLog:
        """Go on with the log of a call that is taken up."""
        path = path_of(self.folder, saved.call_id)
        length = None if saved.damage else saved.length  # damage is kept to be looked at
        return _FileLog(self, saved.call_id, lambda: go_on(path, length), new=False)

    def left_over(self) -> list[Past]:
        """Return the calls of processes that were gone at the start, or at the last look; once."""
        left, self._left = self._left, []
        return left

    async def look_again(self) -> None:
        """Read what processes have left that are gone by now."""
        self._left = await asyncio.to_thread(self._read_left_over)

    async def claim(self, saved: SavedCall) -> CallLog | None:
        """Take a left-over call, to end it; None where another process has it, or had it."""
        log = self.go_on(saved)
        if await log.written() is Written.WHOLE:
            return log
        log.close(keep=True)
        return None

    def damaged(self) -> frozenset[str]:
        """Return the ids of calls whose logs were found damaged, by whichever process."""
        return self._damaged

    # ------------------------------------------------------------------- in its thread

    def put(self, work: _Work) -> None:
        """Have work done by the thread, after all before it."""
        self._work.put(work)

    def failed(self, call_id: str, error: Exception) -> None:
        """Tell, once until it is better, that a call is not written down."""
        if isinstance(error, BlockingIOError | FileNotFoundError) and self.folder.is_dir():
            return  # another process has taken the call
        if not self._failing:
            _log.warning(
                "calls are not written down: they cannot be taken up after a restart",
                call_id=call_id,
                folder=str(self.folder),
                reason=str(error),
            )
        self._failing = True

    def succeeded(self) -> None:
        """Learn that files can be written."""
        self._failing = False

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def _read_left_over(self) -> list[Past]:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._damaged = self._set_aside_before()
            paths = sorted(self.folder.glob(f"*{SUFFIX}"))
        except OSError as error:
            self.failed("", error)
            return []
        found = (self._read(path) for path in paths)
        return [past for past in found if past is not None]

    def _set_aside_before(self) -> frozenset[str]:
        """Return whose files were set aside, and delete those that are too old."""
        paths = list(self.folder.glob(f"*{DAMAGED}"))
        for path in paths:
            with contextlib.suppress(OSError):  # another process deletes it as well
                if path.stat().st_mtime < time.time() - _DAMAGED_KEPT_S:
                    path.unlink()
        return frozenset(map(call_of, paths))

    def _read(self, path: Path) -> Past | None:
        try:
            saved = read_left_over(path)
            if saved is None:
                return None
            past = replay(saved)
            if past is None:
                self._discard(path, saved)
                return None
        except OSError as error:
            self._damaged |= {call_of(path)}
            _log.warning("call log cannot be read", file=path.name, reason=str(error))
            return None
        if past.damage:
            self._damaged |= {call_of(path)}
        return replace(past, saved=replace(saved, call_id=past.begun.call_id))

    def _discard(self, path: Path, saved: SavedCall) -> None:
        """Put a file away that tells of no call: where it tells of anything, keep it."""
        if not saved.damage and not saved.records:
            path.unlink(missing_ok=True)  # its process died before the first record was whole
            _log.warning("call log holds no call: deleted", file=path.name)
            return
        self._damaged |= {call_of(path)}
        with contextlib.suppress(FileNotFoundError):  # another process has put it away
            set_aside(path)
        _log.warning("call log holds no call: set aside", file=path.name, reason=saved.damage)


class _FileLog:
    """The log of one call; its file is touched by the thread alone."""

    def __init__(
        self, files: CallLogFiles, call_id: str, begin: Callable[[], LogFile], *, new: bool
    ) -> None:
        self._files = files
        self._call_id = call_id
        self._file: LogFile | None = None
        self._none = Written.NOTHING if new else Written.UNKNOWN
        """What is on the disk while there is no file in hand."""
        self._beginning = Lock()
        self._begun = self._never = False
        files.put(lambda: self._begin(begin))

    def add(self, record: Record) -> None:
        self._files.put(lambda: self._append(record))

    async def written(self, *, durable: bool = False, limit_s: float = PATIENCE_S) -> Written:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Written] = loop.create_future()

        def tell(found: Written) -> None:
            if not done.done():
                done.set_result(found)

        def work() -> None:
            found = self._sync(durable=durable)
            with contextlib.suppress(RuntimeError):  # the loop is closed by now
                loop.call_soon_threadsafe(tell, found)

        self._files.put(work)
        try:
            async with asyncio.timeout(limit_s):
                return await done
        except TimeoutError:
            _log.warning("the disk stalls: a call goes on unwritten", call_id=self._call_id)
            return self._give_up_beginning()

    def _give_up_beginning(self) -> Written:
        """Never make the file that the thread has not come to yet: no half story can be left."""
        with self._beginning:
            if self._begun:
                return Written.UNKNOWN
            self._never = True
            return self._none

    def close(self, *, keep: bool = False) -> None:
        self._files.put(lambda: self._end(LogFile.close if keep else LogFile.remove))

    def set_aside(self) -> None:
        self._files.put(lambda: self._end(LogFile.set_aside))

    # ------------------------------------------------------------------- in the thread

    def _begin(self, begin: Callable[[], LogFile]) -> None:
        with self._beginning:
            if self._never:
                return
            self._begun = True
        try:
            self._file = begin()
        except OSError as error:
            self._files.failed(self._call_id, error)

    def _append(self, record: Record) -> None:
        if self._file is None:
            return
        try:
            self._file.append(encode(record))
        except _FAILURES as error:
            self._give_up(error)
        else:
            self._files.succeeded()

    def _sync(self, *, durable: bool) -> Written:
        if self._file is not None and durable:
            try:
                self._file.sync()
            except OSError as error:
                self._give_up(error)
        return self._none if self._file is None else Written.WHOLE

    def _give_up(self, error: Exception) -> None:
        """Leave no half story; where even that fails, know that one is left."""
        self._files.failed(self._call_id, error)
        gone = self._end(lambda file: file.remove(durable=True))
        self._none = Written.NOTHING if gone else Written.UNKNOWN

    def _end(self, end: Callable[[LogFile], None]) -> bool:
        file, self._file = self._file, None
        if file is None:
            return True
        try:
            end(file)
        except OSError as error:
            _log.warning("call log not removed", call_id=self._call_id, reason=str(error))
            return False
        return True
