"""One apartment as a row of any source has it, judged field by field."""

import json
import re

from porteiro.condominiums.directory import Apartment
from porteiro.dialogue.words import fold
from porteiro.errors import DirectoryError

_NUMBER = re.compile(r"\+?[0-9*#][0-9*# ().-]*|sips?:[^\s@]+@[^\s@]+|sips?:[^\s@]+|[A-Za-z]+/\S+")
_KEYS = frozenset({"apartment_number", "residents", "voip_number", "condominium_id"})


def read_apartment(entry: object) -> tuple[int | None, Apartment, list[str]]:
    """Return the condominium (None: any), the apartment, and what is doubtful about it.

    Raises `DirectoryError` where the entry makes no sense.
    """
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
