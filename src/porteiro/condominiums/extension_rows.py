"""Rows of extensions as a source has them, and which of them can be served (SPEC 5)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from porteiro.condominiums.extension import Extension
from porteiro.condominiums.fields import Row, RowError, text, whole
from porteiro.condominiums.profile import LARGEST_ID

FIELDS: Final = (
    *("id", "ramal_ia", "ramal_retorno", "ip_servidor"),
    *("porta_ia", "porta_retorno", "condominio_id"),
)
"""What a row holds, by the names of the local copy, in its order."""

_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104  as the rows have it


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be served, and why; `extension_id` is None where it has none."""

    extension_id: int | None
    row: Row
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows judged: the extensions to serve, by id, and those refused."""

    accepted: Mapping[int, Extension]
    refused: tuple[RefusedRow, ...]


def judge(rows: Iterable[object], served: Mapping[int, Extension] | None = None) -> Judged:
    """Read every row; one that makes no sense, or wants another's port, is refused.

    Of two rows that want one port, the one in `served` with that port keeps it, then the
    one with the lower id.
    """
    read: list[tuple[Row, Extension]] = []
    refused: list[RefusedRow] = []
    for row in rows:
        fields: Row = row if isinstance(row, dict) else {}
        try:
            read.append((fields, _extension(row)))
        except RowError as error:
            refused.append(RefusedRow(_id(fields), fields, str(error)))
    holding = served or {}
    read.sort(key=lambda one: (holding.get(one[1].extension_id) != one[1], one[1].extension_id))
    accepted: dict[int, Extension] = {}
    on_port: dict[int, list[Extension]] = defaultdict(list)
    for fields, extension in read:
        try:
            _apart_from(extension, accepted.get(extension.extension_id), on_port)
        except RowError as error:
            refused.append(RefusedRow(extension.extension_id, fields, str(error)))
            continue
        accepted[extension.extension_id] = extension
        for port in (extension.port, extension.return_port):
            on_port[port].append(extension)
    return Judged(dict(sorted(accepted.items())), tuple(refused))


def named(refused: RefusedRow) -> str:
    """Return what to call a refused row in a message."""
    number = str(refused.row.get("ramal_ia") or "?").strip()[:50]
    return f"extension {number} (id {refused.extension_id})"


def as_row(extension: Extension) -> dict[str, str | int]:
    """Return an extension as the local copy has it."""
    return {
        "id": extension.extension_id,
        "ramal_ia": extension.number,
        "ramal_retorno": extension.return_number,
        "ip_servidor": extension.ip,
        "porta_ia": extension.port,
        "porta_retorno": extension.return_port,
        "condominio_id": extension.condominium_id,
    }


def _id(row: Row) -> int | None:
    try:
        return whole(row, "id", 0, LARGEST_ID)
    except RowError:
        return None


def _extension(row: object) -> Extension:
    if not isinstance(row, dict):
        raise RowError("it is no object")
    extension = Extension(
        extension_id=whole(row, "id", 0, LARGEST_ID),
        number=_number(row, "ramal_ia"),
        return_number=_number(row, "ramal_retorno"),
        ip=_address(row),
        port=whole(row, "porta_ia", 1, 65535),
        return_port=whole(row, "porta_retorno", 1, 65535),
        condominium_id=whole(row, "condominio_id", 0, LARGEST_ID),
    )
    if extension.port == extension.return_port:
        raise RowError(f"porta_ia and porta_retorno are both {extension.port}")
    return extension


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


def _apart_from(
    new: Extension, same_id: Extension | None, on_port: Mapping[int, list[Extension]]
) -> None:
    """Say which other row already has what `new` wants."""
    if same_id is not None:
        raise RowError(f"its id {new.extension_id} is taken by an earlier row")
    for port in (new.port, new.return_port):
        for other in on_port.get(port, ()):
            if new.ip == other.ip or _EVERY_ADDRESS & {new.ip, other.ip}:
                raise RowError(
                    f"its port {port} is taken by extension {other.number} (id "
                    f"{other.extension_id})"
                )
