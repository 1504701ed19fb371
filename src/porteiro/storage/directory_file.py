"""The directory as a file, `data/apartamentos.json`: read whole, judged entry by entry."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from porteiro.condominiums.apartment_rows import read_apartment
from porteiro.condominiums.directory import Apartment, Directory
from porteiro.errors import DirectoryError


@dataclass(frozen=True, slots=True)
class DirectoriesRead:
    """What a directory file holds.

    `directories` is keyed by condominium id; entries without one are under None and are
    for every condominium that has none of its own. `problems` is one line for each thing
    left out or doubted.
    """

    directories: Mapping[int | None, Directory]
    problems: tuple[str, ...]


def read_directories(path: Path) -> DirectoriesRead:
    """Read the directory in `path` (SPEC 5).

    An entry that makes no sense is left out and told in `problems`; the others are kept.

    Raises:
        DirectoryError: the file cannot be read, is not a JSON list, or has no entry of use.
    """
    entries = _entries(path)
    problems: list[str] = []
    apartments: dict[int | None, list[Apartment]] = defaultdict(list)
    for index, entry in enumerate(entries):
        try:
            condominium_id, apartment, doubts = read_apartment(entry)
        except DirectoryError as error:
            problems.append(f"{path}: entry {index} left out: {error}")
            continue
        problems += [f"{path}: entry {index}: {doubt}" for doubt in doubts]
        apartments[condominium_id].append(apartment)
    if not apartments:
        first = f"; first of {len(problems)}: {problems[0]}" if problems else ""
        raise DirectoryError(f"{path}: no apartment in it can be used{first}")
    return DirectoriesRead({key: Directory(of) for key, of in apartments.items()}, tuple(problems))


def _entries(path: Path) -> list[object]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DirectoryError(f"{path}: there is no such file; write the apartments there") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(f"{path}: cannot be read: {error}") from error
    if not text.strip():
        raise DirectoryError(f"{path}: the file is empty; a JSON list of apartments is expected")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise DirectoryError(f"{path}: not valid JSON at {where}: {error.msg}") from None
    except RecursionError:
        raise DirectoryError(f"{path}: not a list of apartments: nested too deeply") from None
    if not isinstance(content, list):
        kind = type(content).__name__
        raise DirectoryError(f"{path}: a JSON list of apartments is expected, not {kind}")
    return content
