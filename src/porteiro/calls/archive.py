"""Looking visits up, after they ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from porteiro.calls.visit import Visit
from porteiro.dialogue.terms import Decision


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """Which visits are wanted; what is None does not matter.

    `since` is included, `until` is not; both are compared with the visit's start.
    """

    condominium_id: int | None = None
    apartment: str | None = None
    decision: Decision | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class VisitsPage:
    """Some visits, newest first; `next_cursor` continues after them, None at the end."""

    visits: Sequence[Visit]
    next_cursor: str | None


class VisitArchive(Protocol):
    """The visits that are kept."""

    async def find(self, wanted: VisitFilter, limit: int, cursor: str | None = None) -> VisitsPage:
        """Return up to `limit` visits, newest first, after where `cursor` left off.

        Raises `ValueError` for a cursor that is none, `StorageError` when they cannot be
        read now.
        """
        ...
