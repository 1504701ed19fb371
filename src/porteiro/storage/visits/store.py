"""Where visits are kept for good, as one protocol for every kind of database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.calls.visit import Visit
from porteiro.errors import StorageError

FORGET_BATCH = 500
"""How many visits one `forget` deletes at most, so that it never holds others up for long."""


class UnfitVisitError(StorageError):
    """The store refuses what a visit holds; trying again cannot help."""

    retryable = False


class VisitStore(Protocol):
    """A database of visits; each is known by its call id and its start."""

    async def add(self, visits: Sequence[Visit]) -> None:
        """Keep visits, all of them or none; one that is there already stays as it is.

        They outlive a power cut when this returns. Raises `UnfitVisitError` when the store
        will never take one of them, another `StorageError` when it cannot take them now.
        """
        ...

    async def find(self, wanted: VisitFilter, limit: int, cursor: str | None = None) -> VisitsPage:
        """Return up to `limit` visits, newest first, after where `cursor` left off.

        An apartment is compared without case, accents and needless white space. Visits
        added meanwhile neither repeat nor drop others of later pages. Raises `ValueError`
        for a cursor that is none, `StorageError` when they cannot be read now.
        """
        ...

    async def condominiums(self) -> Sequence[int]:
        """Return the ids of the condominiums that have visits. Raises `StorageError`."""
        ...

    async def forget(self, condominium_id: int, before: datetime) -> int:
        """Delete a condominium's oldest visits that began before a time.

        At most `FORGET_BATCH` at once; returns how many it were. Raises `StorageError`.
        """
        ...
