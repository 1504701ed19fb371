"""Phrases on disk: a folder of sound files, bounded, that survives restarts."""

import contextlib
import os
import tempfile
import threading
import zlib
from pathlib import Path

_MAGIC = b"PORTEIRO-PHRASE-1\n"
_CHECKSUM_BYTES = 4


class PhraseStore:
    """Keeps sound under names that tell nothing, and forgets the longest unused first.

    Every method reads or writes files: call them in a thread. Several at once are safe.
    Files that were cut short or altered count as absent.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        """Keep at most `limit_bytes` in `folder`, which is made when first needed."""
        self._folder = folder
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._sizes: dict[str, int] | None = None

    def read(self, name: str) -> bytes | None:
        """Return the sound kept under `name`, None where there is none that is whole."""
        path = self._folder / name
        try:
            pcm = _unpack(path.read_bytes())
        except FileNotFoundError:
            return None
        with contextlib.suppress(OSError):  # a read-only disk can still be read
            if pcm is None:
                path.unlink()
            else:
                os.utime(path)
        return pcm

    def write(self, name: str, pcm: bytes) -> None:
        """Keep `pcm` under `name`, making room where needed. Raises `OSError` when it cannot."""
        data = _MAGIC + zlib.crc32(pcm).to_bytes(_CHECKSUM_BYTES, "big") + pcm
        if len(data) > self._limit:
            return
        with self._lock:
            sizes = self._known()
            _replace(self._folder, name, data)
            sizes.pop(name, None)
            sizes[name] = len(data)
            self._make_room(sizes)

    def _known(self) -> dict[str, int]:
        """Return the size of every file, longest unused first; looks at the disk once."""
        if self._sizes is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = []
            for path in self._folder.iterdir():
                with contextlib.suppress(FileNotFoundError):
                    found.append((path.stat().st_mtime, path.name, path.stat().st_size))
            self._sizes = {name: size for _, name, size in sorted(found)}
        return self._sizes

    def _make_room(self, sizes: dict[str, int]) -> None:
        """Delete down to nine tenths of the limit, so that not every new file looks again."""
        if sum(sizes.values()) <= self._limit:
            return
        self._sizes = None  # the times on disk know better who was used last
        sizes = self._known()
        total = sum(sizes.values())
        for name, size in list(sizes.items()):
            if total <= self._limit * 9 // 10:
                break
            (self._folder / name).unlink(missing_ok=True)
            del sizes[name]
            total -= size


def _unpack(data: bytes) -> bytes | None:
    start = len(_MAGIC) + _CHECKSUM_BYTES
    checksum, pcm = data[len(_MAGIC) : start], data[start:]
    whole = data.startswith(_MAGIC) and zlib.crc32(pcm).to_bytes(_CHECKSUM_BYTES, "big") == checksum
    return pcm if whole else None


def _replace(folder: Path, name: str, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    handle, draft = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(draft).replace(folder / name)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
