"""The directory as a file, `data/apartamentos.json`: read whole, judged entry by entry."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from porteiro.condominiums.directory import Apartment, Directory
from porteiro.dialogue.words import fold
from porteiro.errors import DirectoryError

_NUMBER = re.compile(r"\+?[0-9*#][0-9*# ().-]*|sips?:[^\s@]+@[^\s@]+|sips?:[^\s@]+|[A-Za-z]+/\S+")
_KEYS = frozenset({"apartment_number", "residents", "voip_number", "condominium_id"})


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
            condominium_id, apartment, doubts = _apartment(entry)
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


def _apartment(entry: object) -> tuple[int | None, Apartment, list[str]]:
    """Return the condominium, the apartment and what is doubtful about one entry."""
    if not isinstance(entry, dict):
        raise DirectoryError(f"an object is expected, not {_shown(entry)}")
    label = _label(entry.get("apartment_number"))
    residents, doubts = _residents(entry.get("residents", []))
    numbers = _numbers(entry.get("voip_number"), doubts)
    condominium_id = entry.get("condominium_id")
    if condominium_id is not None and (
        not isinstance(condominium_id, int) or isinstance(condominium_id, bool)
    ):
        raise DirectoryError(f"condominium_id must be a whole number, not {_shown(condominium_id)}")
    doubts += [f"unknown key {_shown(key)}" for key in entry if key not in _KEYS]
    return condominium_id, Apartment(label, residents, numbers), doubts


def _label(value: object) -> str:
    label = _text(value)
    if label is None or not fold(label):
        raise DirectoryError(f'apartment_number must be a text like "501", not {_shown(value)}')
    return label


def _residents(value: object) -> tuple[tuple[str, ...], list[str]]:
    """Return the names, each once, and a doubt for each that is there twice."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise DirectoryError(f"residents must be a list of names, not {_shown(value)}")
    names: dict[str, str] = {}
    doubts = []
    for name in (" ".join(name.split()) for name in value):
        if not name:
            doubts.append("a resident without a name is left out")
        elif fold(name) in names:
            doubts.append("two residents have the same name; they are taken for one person")
        else:
            names[fold(name)] = name
    return tuple(names.values()), doubts


def _numbers(value: object, doubts: list[str]) -> tuple[str, ...]:
    """Return the numbers to ring; those that cannot be dialed are left out and told."""
    given = value if isinstance(value, list) else [] if value is None else [value]
    numbers = []
    for one in given:
        number = _text(one)
        if number is None:
            raise DirectoryError(f"voip_number must be a text or a list of them, not {_shown(one)}")
        if not _NUMBER.fullmatch(number):
            doubts.append(f"voip_number {_shown(one)} cannot be dialed and is left out")
        else:
            numbers.append(number)
    if not numbers:
        doubts.append("no voip_number that can be dialed: nobody there can be phoned")
    return tuple(dict.fromkeys(numbers))


def _text(value: object) -> str | None:
    """Return a text trimmed; a whole number is taken as its digits."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _shown(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
