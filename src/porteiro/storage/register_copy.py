"""A copy of the database's condominiums and directories, for a start without the database.

It is in the form of `condominios.json` and `apartamentos.json`, under names of its own, and
readable by Porteiro's user alone: it holds names and numbers of residents.
"""

import json
from pathlib import Path

from porteiro.condominiums.profile import Profile, profile_row
from porteiro.condominiums.register import Register
from porteiro.errors import DirectoryError
from porteiro.storage.atomic_file import replace_file
from porteiro.storage.condominiums_file import read_condominiums
from porteiro.storage.directory_file import read_directories

PROFILES_COPY, DIRECTORIES_COPY = "condominios_copia.json", "apartamentos_copia.json"
_MODE = 0o600


def write_register(folder: Path, register: Register) -> None:
    """Replace the copy. Blocks: not for the event loop.

    Raises `StorageError` when it cannot be written.
    """
    profiles = [profile_row(key, profile) for key, profile in register.profiles.items()]
    apartments = [
        {
            "condominium_id": key,
            "apartment_number": apartment.label,
            "residents": apartment.residents,
            "voip_number": apartment.numbers,
        }
        for key, directory in register.directories.items()
        for apartment in directory.records
    ]
    for name, rows in ((PROFILES_COPY, profiles), (DIRECTORIES_COPY, apartments)):
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        replace_file(folder / name, f"[{lines}]\n", _MODE)


def read_register(folder: Path, default: Profile) -> tuple[Register, tuple[str, ...]]:
    """Return the copy, and a line for each thing in it that makes no sense. Blocks.

    Without a copy the register is empty.
    """
    profiles = read_condominiums(folder / PROFILES_COPY, default)
    if not _any(folder / DIRECTORIES_COPY):
        return Register(default, profiles.profiles), profiles.problems
    try:
        directories = read_directories(folder / DIRECTORIES_COPY)
    except DirectoryError as error:
        return Register(default, profiles.profiles), (*profiles.problems, str(error))
    return (
        Register(default, profiles.profiles, directories.directories),
        (*profiles.problems, *directories.problems),
    )


def _any(path: Path) -> bool:
    """Return whether there is a copy that holds anything at all, sense or not."""
    try:
        return path.read_bytes().strip() != b"[]"
    except FileNotFoundError:
        return False
    except OSError:
        return True
