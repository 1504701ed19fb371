"""Tiny models for the local engines, made once and kept in `.cache`."""

import hashlib
import inspect
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

_KEPT: Final = Path(__file__).resolve().parents[2] / ".cache" / "models"


def made_here(make: Callable[[Path], None], *facts: object) -> Path:
    """Return the folder that `make` fills, which is named by its source and `facts`."""
    source = Path(inspect.getfile(make)).read_text(encoding="utf-8")
    named = hashlib.sha256("\0".join((source, *map(repr, facts))).encode()).hexdigest()[:24]
    folder = _KEPT / named
    if folder.is_dir():
        return folder
    _KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_KEPT) as draft:
        made = Path(draft) / "made"
        made.mkdir()
        make(made)
        try:
            made.rename(folder)
        except OSError:  # another process made the same meanwhile
            assert folder.is_dir()
    return folder
