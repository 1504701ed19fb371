"""What can be seen of extensions from outside, and asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from porteiro.condominiums.fields import Row


class Source(StrEnum):
    """Where the extensions that are served come from."""

    DATABASE = "database"
    FILE = "file"
    DEFAULT = "default"


class ExtensionState(StrEnum):
    """Whether an extension is served."""

    SERVING = "ativo"
    FAILED = "erro"


@dataclass(frozen=True, slots=True)
class ExtensionView:
    """One extension as it stands now.

    The fields are as the source has them where it is not served: then `reason` says why.
    `port` and `return_port` are what is really listened on; where these were moved, the
    configured ones stand beside.
    """

    extension_id: int | None
    number: str
    return_number: str
    ip: str
    port: int | str | None
    return_port: int | str | None
    condominium_id: int | str | None
    state: ExtensionState
    reason: str = ""
    configured_port: int | None = None
    configured_return_port: int | None = None


@dataclass(frozen=True, slots=True)
class RefreshStats:
    """What a fresh look at the source changed, and how many extensions are served now."""

    removed: int
    updated: int
    added: int
    total_active: int


class ExtensionBoard(Protocol):
    """The extensions of this process, to be looked at and steered."""

    @property
    def source(self) -> Source:
        """Where they come from."""
        ...

    def extensions(self) -> Sequence[ExtensionView]:
        """Return every extension, those refused or failed included, by id."""
        ...

    async def refresh(self) -> RefreshStats:
        """Read the source again and bring what is served into line with it.

        Raises `StorageError` when the database cannot be reached; nothing has changed then.
        """
        ...

    async def rows(self) -> Sequence[Row]:
        """Return the rows as the database has them now, by the names of the local copy.

        Raises `StorageError` when it cannot be reached.
        """
        ...

    async def restart(
        self, extension_id: int | None = None, number: str | None = None
    ) -> ExtensionView | None:
        """Close and open the ports of one extension, named by id or number; calls go on.

        Returns how it stands then; None where there is no such extension.
        """
        ...
