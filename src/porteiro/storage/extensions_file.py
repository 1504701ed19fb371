"""The local copy of the extensions, `ramais_config.json`: written by Porteiro, edited by hand."""

import json
from collections.abc import Iterable
from pathlib import Path

from porteiro.condominiums.extension import Extension
from porteiro.condominiums.extension_rows import as_row
from porteiro.errors import StorageError
from porteiro.storage.atomic_file import replace_file
from porteiro.storage.json_file import read_json


def read_extension_rows(path: Path) -> list[object] | None:
    """Return the copy's rows, each as it stands; None where there is no copy.

    Raises `StorageError` when it cannot be read or is no JSON of that form.
    """
    content = read_json(path)
    if content is None:
        return None
    rows = content.get("ramais") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise StorageError(f'{path} holds no list "ramais"')
    return rows


def write_extension_rows(path: Path, extensions: Iterable[Extension]) -> None:
    """Replace the copy at once, or leave it as it was. Blocks: not for the event loop.

    Raises `StorageError` when it cannot be written.
    """
    rows = [as_row(extension) for extension in extensions]
    lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
    content = '{"ramais": [\n' + lines + "\n]}\n"
    replace_file(path, content)
