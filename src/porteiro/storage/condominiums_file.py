"""What is particular to each condominium: `condominios.json`, which need not be there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from porteiro.condominiums.fields import RowError
from porteiro.condominiums.profile import Profile, read_profile
from porteiro.errors import StorageError
from porteiro.storage.json_file import read_json


@dataclass(frozen=True, slots=True)
class CondominiumsRead:
    """The profiles by condominium id, and a line for each row refused."""

    profiles: Mapping[int, Profile] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def read_condominiums(path: Path, default: Profile) -> CondominiumsRead:
    """Read the profiles; without a file, or where it is no JSON, there are none.

    What a row leaves out is as in `default`.
    """
    try:
        rows = _rows(path)
    except StorageError as error:
        return CondominiumsRead({}, (str(error),))
    profiles: dict[int, Profile] = {}
    problems: list[str] = []
    for place, row in enumerate(rows, 1):
        try:
            condominium_id, profile = read_profile(row, default)
            profiles[_new(condominium_id, profiles)] = profile
        except RowError as error:
            problems.append(f"{path}, row {place} is refused: {error}")
    return CondominiumsRead(profiles, tuple(problems))


def _rows(path: Path) -> list[object]:
    content = read_json(path)
    if content is None:
        return []
    if not isinstance(content, list):
        raise StorageError(f"{path} holds no list of condominiums")
    return content


def _new(condominium_id: int, profiles: Mapping[int, Profile]) -> int:
    if condominium_id in profiles:
        raise RowError(f"condominium {condominium_id} has an earlier row")
    return condominium_id
