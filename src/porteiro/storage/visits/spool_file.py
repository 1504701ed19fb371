"""The file where visits wait, one line of JSON each, until a store has them."""

import os
import stat
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from porteiro.errors import StorageError

log = structlog.get_logger()

Name = tuple[str, str]
"""A visit's call id and its start."""
FileId = tuple[int, int]
"""A file's device and its number there."""

_LONGEST_LINE = 8 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of the oldest lines, without their ends: of `file` up to `end`, or of memory."""

    lines: Sequence[bytes] = ()
    file: FileId | None = None
    end: int = 0
    unwritten: Sequence[Name] = ()

    @property
    def empty(self) -> bool:
        """Whether there was nothing to take."""
        return self.file is None and not self.lines


@dataclass(slots=True)
class _Reading:
    """How far the file has been moved on, and how many lines of it have not been."""

    file: FileId | None = None
    moved: int = 0
    lines: int = 0


@dataclass(slots=True)
class SpoolFile:
    """Lines on their way to the store. Every method blocks, and all belong in one thread.

    A line that cannot be written stays in memory and goes out, in order, with the next one
    that can. `limit` is how many lines memory takes. Lines that are refused go to
    `rejected`, so that somebody can look at them.
    """

    path: Path
    rejected: Path
    limit: int
    _unwritten: OrderedDict[Name, bytes] = field(default_factory=OrderedDict)
    _refused: list[bytes] = field(default_factory=list)
    _reading: _Reading = field(default_factory=_Reading)

    @property
    def unwritten(self) -> int:
        """How many lines are in memory alone; may be asked in any thread."""
        return len(self._unwritten)

    @property
    def waiting(self) -> int:
        """How many lines are not moved on yet; may be asked in any thread."""
        return max(0, self._reading.lines) + len(self._unwritten)

    def append(self, name: Name, line: bytes) -> None:
        """Add a line, which is on disk when this returns.

        Raises `StorageError` when it cannot be: it then waits in memory, once by its name.
        """
        self._unwritten[name] = line
        if len(self._unwritten) > self.limit:
            (call_id, _), _ = self._unwritten.popitem(last=False)
            log.critical("visit lost", call_id=call_id, reason="too many wait to be written")
        self.flush()

    def flush(self) -> None:
        """Write what waits in memory. Raises `StorageError` when that cannot be."""
        if not self._unwritten:
            return
        try:
            self._look()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _append(self.path, b"".join(line + b"\n" for line in self._unwritten.values()))
        except OSError as error:
            raise StorageError(
                f"{self.path} cannot be written: {error.strerror or error}; "
                f"{len(self._unwritten)} visit(s) wait in memory: free the disk or set the "
                "folder's permissions"
            ) from error
        written, self._unwritten = len(self._unwritten), OrderedDict()
        self._reading.lines += written

    def take(self, most: int) -> Batch:
        """Return the oldest lines; what is in memory only after all of the file.

        Raises `StorageError` when the file cannot be read.
        """
        try:
            size = self._look()
            if size > self._reading.moved:
                return self._read(most, size)
        except OSError as error:
            raise StorageError(
                f"{self.path} cannot be read: {error.strerror or error}; "
                "set its permissions so that Porteiro can"
            ) from error
        names = list(self._unwritten)[:most]
        return Batch([self._unwritten[name] for name in names], unwritten=names)

    def done(self, batch: Batch, refused: Sequence[bytes]) -> None:
        """Take it that the store has a batch, but for what was refused.

        The file is emptied once all of it is done. Where it cannot be, nothing is lost:
        its lines are taken again at the next start.
        """
        self._refused += refused
        for name in batch.unwritten:
            self._unwritten.pop(name, None)
        if batch.file is not None and batch.file == self._reading.file:
            self._reading.moved = batch.end
            self._reading.lines -= len(batch.lines)
        try:
            self._settle()
        except OSError as error:
            log.warning("visits file not emptied", file=str(self.path), reason=str(error))

    def _settle(self) -> None:
        if self._refused:
            _append(self.rejected, b"".join(line + b"\n" for line in self._refused))
            self._refused = []
        if 0 < self._look() == self._reading.moved:
            os.truncate(self.path, 0)
            self._reading.moved = self._reading.lines = 0

    def _look(self) -> int:
        """Return the file's size; begin anew when it is another one than last time."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            self._reading = _Reading()
            return 0
        if not stat.S_ISREG(found.st_mode):
            return 0
        file, reading = (found.st_dev, found.st_ino), self._reading
        if file != reading.file or found.st_size < reading.moved:
            self._reading = _Reading(file, 0, _count(self.path))
        return found.st_size

    def _read(self, most: int, size: int) -> Batch:
        lines: list[bytes] = []
        with self.path.open("rb") as file:
            file.seek(self._reading.moved)
            while len(lines) < most and file.tell() < size:
                # Half a line at the end is one that a power cut left: nobody else writes.
                line = file.readline(_LONGEST_LINE).strip()
                if line:
                    lines.append(line)
            return Batch(lines, self._reading.file, file.tell())


def _count(path: Path) -> int:
    """Return how many lines a file has, half of one at the end included."""
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    return lines + (last != b"\n")


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
            with suppress(OSError):  # what hindered the writing is worth telling
                os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
