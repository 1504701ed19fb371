"""Files that are replaced whole, or stay as they were."""

import os
from pathlib import Path

from porteiro.errors import StorageError


def replace_file(path: Path, content: str, mode: int = 0o644) -> None:
    """Put `content` in place of the file's at once, on disk when this returns. Blocks.

    Raises `StorageError` when it cannot be written; the file is then as it was.
    """
    draft = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  its mode is given
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error.strerror or error}; a start without the "
            "database would serve what it held before"
        ) from error
