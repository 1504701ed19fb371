"""The file of one living call: locked by the process that holds the call, and gone with it.

A file that nobody holds is of a process that died. Everything here blocks.
"""

import fcntl
import os
from pathlib import Path
from urllib.parse import quote, unquote

from porteiro.calls.saved import Record, SavedCall
from porteiro.storage.calls.codec import decode

SUFFIX = ".jsonl"
DAMAGED = ".damaged"
"""The suffix of a file that no call can be taken up from; its name still tells whose it was."""
_MODE = 0o600
_LIMIT_BYTES = 16 * 1024 * 1024


def path_of(folder: Path, call_id: str) -> Path:
    """Return the file of a call, whatever its id is made of."""
    return folder / f"{quote(call_id, safe='')}{SUFFIX}"


def call_of(path: Path) -> str:
    """Return the id of the call whose file it is."""
    return unquote(path.stem)


def set_aside(path: Path) -> None:
    """Keep a damaged file under another name. Raises `OSError`."""
    path.replace(path.with_suffix(DAMAGED))


class LogFile:
    """An open file that only this process writes to."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Write to `descriptor`, which is locked."""
        self._path = path
        self._descriptor = descriptor

    def append(self, line: bytes) -> None:
        """Write a line. Raises `OSError`."""
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def sync(self) -> None:
        """Have what was written survive the machine's crash. Raises `OSError`."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file, and leave it where it is."""
        os.close(self._descriptor)

    def remove(self, *, durable: bool = False) -> None:
        """Let go of the file, and leave nothing of it. Raises `OSError`.

        With `durable` what it said would not come back after the machine's crash, either.
        """
        try:
            os.ftruncate(self._descriptor, 0)  # where the folder does not let it be unlinked
            if durable:
                os.fsync(self._descriptor)
            self._path.unlink(missing_ok=True)
        finally:
            os.close(self._descriptor)

    def set_aside(self) -> None:
        """Let go of the file, which is damaged, and keep it as such. Raises `OSError`."""
        try:
            set_aside(self._path)
        finally:
            os.close(self._descriptor)


def create(path: Path) -> LogFile:
    """Begin the file of a call, in place of any there was. Raises `OSError`."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
    try:
        # Locked before it has its name: nobody ever finds it and takes it for left over.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.rename(path)
    except OSError:
        os.close(descriptor)
        raise
    return LogFile(path, descriptor)


def go_on(path: Path, length: int | None) -> LogFile:
    """Take a left-over file, after its first `length` bytes; None is all of it.

    Raises `OSError`: `FileNotFoundError` or `BlockingIOError` where another process took it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino != path.stat().st_ino:
            raise FileNotFoundError(f"{path} is another file now")
        if length is not None:
            os.ftruncate(descriptor, length)
    except OSError:
        os.close(descriptor)
        raise
    return LogFile(path, descriptor)


def read_left_over(path: Path) -> SavedCall | None:
    """Return what a file holds; None where a living process holds it, or it is gone.

    Half a line at the end was not written in time, and is none. Raises `OSError`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123  by its descriptor
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        content = file.read(_LIMIT_BYTES + 1)
    return _parse(content)


def _parse(content: bytes) -> SavedCall:
    records: list[Record] = []
    length, damage = 0, ""
    if len(content) > _LIMIT_BYTES:
        damage = f"it is longer than {_LIMIT_BYTES} bytes"
    for line in content.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        try:
            records.append(decode(line))
        except ValueError as error:
            damage = f"line {len(records) + 1}: {error}"
            break
        length += len(line)
    return SavedCall("", tuple(records), length, damage)
