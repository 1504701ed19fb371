"""JSON files that people edit."""

import json
from pathlib import Path

from porteiro.errors import StorageError

_LIMIT_BYTES = 16 * 1024 * 1024


def read_json(path: Path) -> object | None:
    """Return what the file holds, None when there is no such file.

    Raises `StorageError` when it cannot be read or is no JSON.
    """
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise StorageError(f"{path} is larger than {_LIMIT_BYTES} bytes; is it the right file?")
        content: object = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise StorageError(f"{path} cannot be read: {error}") from error
    if content is None:
        raise StorageError(f"{path} holds nothing but null")
    return content
