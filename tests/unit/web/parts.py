"""Extensions and visits that a test fills by hand, and the whole of what an API shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.calls.board import CallBoard
from porteiro.calls.visit import Visit
from porteiro.condominiums.board import ExtensionState, ExtensionView, RefreshStats, Source
from porteiro.condominiums.fields import Row
from porteiro.errors import StorageError
from porteiro.web.asking import OwnCalls
from porteiro.web.parts import ApiParts
from tests.unit.web.board import Board, visit

AWAY = "the database cannot be reached: set DB_HOST, or start it"

SERVED = ExtensionView(10, "2018519", "2018520", "0.0.0.0", 8101, 8201, 15, ExtensionState.SERVING)
MOVED = ExtensionView(
    11, "2018521", "2018522", "0.0.0.0", 8104, 8206, 16, ExtensionState.SERVING, "", 8102, 8202
)
REFUSED = ExtensionView(
    *(12, "2018523", "", "0.0.0.0", "99999", None, 17),
    ExtensionState.FAILED,
    "porta_ia is 99999, not from 1 to 65535",
)
ROW: Row = {
    "id": 10,
    "ramal_ia": "2018519" + " " * 43,
    "ramal_retorno": "2018520" + " " * 43,
    "ip_servidor": "0.0.0.0".ljust(50),
    "porta_ia": "8101".ljust(50),
    "porta_retorno": None,
    "condominio_id": 15,
}


@dataclass
class Extensions:
    """An `ExtensionBoard` of the views given; `away` is a database that cannot be reached."""

    views: Sequence[ExtensionView] = (SERVED, MOVED, REFUSED)
    kept: Sequence[Row] = (ROW,)
    source: Source = Source.DATABASE
    away: bool = False
    restarted: list[int | None] = field(default_factory=list)

    def extensions(self) -> Sequence[ExtensionView]:
        return self.views

    async def refresh(self) -> RefreshStats:
        self._reach()
        return RefreshStats(removed=1, updated=2, added=3, total_active=4)

    async def rows(self) -> Sequence[Row]:
        self._reach()
        return self.kept

    async def restart(
        self, extension_id: int | None = None, number: str | None = None
    ) -> ExtensionView | None:
        for view in self.views:
            if view.extension_id == extension_id or view.number == number:
                self.restarted.append(view.extension_id)
                return view
        return None

    def _reach(self) -> None:
        if self.away:
            raise StorageError(AWAY)


@dataclass
class Archive:
    """A `VisitArchive`; its cursor is the number of visits passed by."""

    visits: Sequence[Visit] = field(default_factory=lambda: [visit()])
    away: bool = False
    asked: list[VisitFilter] = field(default_factory=list)

    async def find(self, wanted: VisitFilter, limit: int, cursor: str | None = None) -> VisitsPage:
        if self.away:
            raise StorageError(AWAY)
        self.asked.append(wanted)
        start = self.position(cursor or "0")
        end = start + limit
        return VisitsPage(self.visits[start:end], str(end) if end < len(self.visits) else None)

    def position(self, cursor: str) -> int:
        return int(cursor)


def parts(
    calls: CallBoard | None = None,
    extensions: Extensions | None = None,
    visits: Archive | None = None,
) -> ApiParts:
    """Return what an API shows, with something of everything where nothing is given."""
    return ApiParts(OwnCalls(calls or Board()), extensions or Extensions(), visits or Archive())


def many_visits(count: int) -> list[Visit]:
    """Return visits that can be told apart."""
    return [replace(visit(), apartment=str(number)) for number in range(count)]
