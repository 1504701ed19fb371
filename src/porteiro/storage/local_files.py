"""What the data folder says of extensions, condominiums and directories, read in one go."""

from dataclasses import dataclass
from pathlib import Path

from porteiro.condominiums.profile import Profile
from porteiro.condominiums.register import Register
from porteiro.errors import DirectoryError, StorageError
from porteiro.storage.condominiums_file import read_condominiums
from porteiro.storage.directory_file import DirectoriesRead, read_directories
from porteiro.storage.extensions_file import read_extension_rows

EXTENSIONS_COPY = "ramais_config.json"


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """The files of a data folder; `problems` is a line for each thing that was refused.

    `rows` are the extensions of the local copy, None where there is none that can be read.
    """

    rows: list[object] | None
    register: Register
    problems: tuple[str, ...]


def read_local_files(folder: Path, default: Profile) -> LocalFiles:
    """Read `ramais_config.json`, `condominios.json` and `apartamentos.json` of `folder`.

    A directory that cannot be read leaves its condominium without one: visitors are then
    passed on to a human, and the problem is told. Blocks: not for the event loop.
    """
    problems: list[str] = []
    rows: list[object] | None = None
    try:
        rows = read_extension_rows(folder / EXTENSIONS_COPY)
    except StorageError as error:
        problems.append(str(error))
    condominiums = read_condominiums(folder / "condominios.json", default)
    try:
        directories = read_directories(folder / "apartamentos.json")
    except DirectoryError as error:
        directories = DirectoriesRead({}, (f"{error}; no resident can be found",))
    return LocalFiles(
        rows,
        Register(default, condominiums.profiles, directories.directories),
        (*problems, *condominiums.problems, *directories.problems),
    )
