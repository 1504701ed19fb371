"""The extensions as the local copy of the database has them: `ramais_config.json`."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from porteiro.condominiums.extension import DEFAULT, Extension
from porteiro.errors import StorageError
from porteiro.storage.json_rows import Row, RowError, read_json, text, whole

_LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ExtensionsRead:
    """The extensions to serve, where they come from, and a line for each row refused."""

    extensions: tuple[Extension, ...]
    source: Literal["file", "default"]
    problems: tuple[str, ...] = ()


def read_extensions(path: Path) -> ExtensionsRead:
    """Read the local copy; without one, or where it is no JSON, the default extension serves."""
    try:
        rows = _rows(path)
    except StorageError as error:
        return ExtensionsRead((DEFAULT,), "default", (f"{error}; extension 1000 is served",))
    if rows is None:
        return ExtensionsRead((DEFAULT,), "default")
    kept: list[Extension] = []
    problems: list[str] = []
    for place, row in enumerate(rows, 1):
        try:
            kept.append(_apart_from(kept, _extension(row)))
        except RowError as error:
            problems.append(f"{path}, row {place}{_label(row)} is refused: {error}")
    return ExtensionsRead(tuple(kept), "file", tuple(problems))


def _rows(path: Path) -> list[object] | None:
    content = read_json(path)
    if content is None:
        return None
    rows = content.get("ramais") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise StorageError(f'{path} holds no list "ramais"')
    return rows


def _extension(row: object) -> Extension:
    if not isinstance(row, dict):
        raise RowError("it is no object")
    return Extension(
        extension_id=whole(row, "id", 0, _LARGEST_ID),
        number=_number(row, "ramal_ia"),
        return_number=_number(row, "ramal_retorno"),
        ip=_address(row),
        port=whole(row, "porta_ia", 1, 65535),
        return_port=whole(row, "porta_retorno", 1, 65535),
        condominium_id=whole(row, "condominio_id", 0, _LARGEST_ID),
    )


def _number(row: Row, name: str) -> str:
    number = text(row, name)
    if not number:
        raise RowError(f"{name} is missing")
    return number


def _address(row: Row) -> str:
    written = text(row, "ip_servidor", "0.0.0.0")  # noqa: S104  SPEC 5: usually so
    try:
        return str(ip_address(written))
    except ValueError:
        raise RowError(f"ip_servidor is {written!r}, not an IP address") from None


def _apart_from(others: list[Extension], new: Extension) -> Extension:
    """Return `new`, or say which earlier row already has what it wants."""
    if new.port == new.return_port:
        raise RowError(f"porta_ia and porta_retorno are both {new.port}")
    for other in others:
        if new.extension_id == other.extension_id:
            raise RowError(f"its id {new.extension_id} is taken by an earlier row")
        shared = {new.port, new.return_port} & {other.port, other.return_port}
        if shared:
            raise RowError(
                f"its port {min(shared)} is taken by extension {other.number} (id "
                f"{other.extension_id})"
            )
    return new


def _label(row: object) -> str:
    number = row.get("ramal_ia") if isinstance(row, dict) else None
    return f" ({str(number).strip()[:50]})" if number else ""
