"""What the data folder says of extensions, condominiums and directories, read in one go."""

from dataclasses import dataclass
from pathlib import Path

from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.directory import Directory
from porteiro.errors import DirectoryError
from porteiro.storage.condominiums_file import CondominiumsRead, Profile, read_condominiums
from porteiro.storage.directory_file import DirectoriesRead, read_directories
from porteiro.storage.extensions_file import ExtensionsRead, read_extensions


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """The files of a data folder; `problems` is a line for each thing that was refused."""

    extensions: ExtensionsRead
    condominiums: CondominiumsRead
    directories: DirectoriesRead
    problems: tuple[str, ...]

    def condominium(self, condominium_id: int) -> Condominium:
        """Return a condominium with its words and its directory; an unknown one has defaults."""
        profile = self.condominiums.of(condominium_id)
        directories = self.directories.directories
        own = directories.get(condominium_id) or directories.get(None)
        return Condominium(
            condominium_id=condominium_id,
            name=profile.name,
            greeting=profile.greeting,
            guide=own if own is not None else Directory(()),
            voice=profile.voice,
            silence_s=profile.silence_s,
            attempts=profile.attempts,
            ring_s=profile.ring_s,
            fallback_number=profile.fallback_number,
        )


def read_local_files(folder: Path, default: Profile) -> LocalFiles:
    """Read `ramais_config.json`, `condominios.json` and `apartamentos.json` of `folder`.

    A directory that cannot be read leaves its condominium without one: visitors are then
    passed on to a human, and the problem is told. Blocks: not for the event loop.
    """
    extensions = read_extensions(folder / "ramais_config.json")
    condominiums = read_condominiums(folder / "condominios.json", default)
    try:
        directories = read_directories(folder / "apartamentos.json")
    except DirectoryError as error:
        directories = DirectoriesRead({}, (f"{error}; no resident can be found",))
    return LocalFiles(
        extensions,
        condominiums,
        directories,
        (*extensions.problems, *condominiums.problems, *directories.problems),
    )
