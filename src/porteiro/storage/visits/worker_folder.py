"""A folder of its own for each process that writes visits down: one writer to a file.

A folder belongs to the process that holds its lock, which the kernel takes away with the
process. What a dead one left there is moved on by the next that takes the folder, or by the
parent's start.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger()

SPOOL: Final = "visits.jsonl"
_FOLDERS: Final = "workers"
_LOCK: Final = "lock"
_MOST: Final = 1000


@contextmanager
def worker_folder(data: Path) -> Iterator[Path]:
    """Hold the first folder below `data` that no living process holds, while the block lasts.

    Where none can be made or locked, the folder is one that nobody else has had.
    """
    for place in range(_MOST):
        folder = data / _FOLDERS / str(place)
        try:
            lock = _lock(folder)
        except BlockingIOError:
            continue
        except OSError as error:
            log.error("no lock for a worker's folder", reason=error.strerror, folder=str(folder))  # noqa: TRY400  the reason is the whole story
            break
        try:
            yield folder
        finally:
            os.close(lock)
        return
    yield data / _FOLDERS / f"process-{os.getpid()}"


def adopt_visits(data: Path) -> None:
    """Move the visits that dead workers left to the data folder's own file. Blocks.

    Those of a process that still lives are left alone. Visits may come twice, which the store
    does not mind; none is lost.
    """
    for spool in sorted((data / _FOLDERS).glob(f"*/{SPOOL}")):
        try:
            lock = _lock(spool.parent)
        except OSError:
            continue
        try:
            _move(spool, data / SPOOL)
        except OSError as error:
            log.error("a worker's visits are not moved", file=str(spool), reason=error.strerror)  # noqa: TRY400  the reason is the whole story
        finally:
            os.close(lock)


def _lock(folder: Path) -> int:
    """Return a descriptor that holds the folder's lock. Raises `OSError` when it is held."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def _move(spool: Path, into: Path) -> None:
    """Append a file to another, on disk for good before the first is removed."""
    left = spool.read_bytes()
    if left:
        if not left.endswith(b"\n"):
            left += b"\n"  # cut off as it was written: the store will say that it is no visit
        out = os.open(into, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(out, "ab") as file:
            file.write(left)
            file.flush()
            os.fsync(file.fileno())
        log.info("visits of a worker that is gone are moved on", bytes=len(left))
    spool.unlink()
