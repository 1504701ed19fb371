"""The log of visits, looked through page by page."""

import asyncio
import re
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from porteiro.calls.archive import VisitArchive, VisitFilter
from porteiro.condominiums.profile import LARGEST_ID
from porteiro.dialogue.terms import Decision
from porteiro.web.answers import VisitRecord, Visits
from porteiro.web.refusals import AWAY, BAD
from porteiro.web.slices import as_list
from porteiro.web.waiting import within

_AT_ONCE: Final = 2
"""How many pages are made at a time: one may hold megabytes."""
_ZONE_WITHOUT_PLUS = re.compile(r" (\d\d:\d\d)$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")


def _moment(written: object) -> datetime:
    """Read an ISO 8601 moment; a plus that came unescaped, and so as a blank, is mended."""
    if not isinstance(written, str) or not _DAY.match(written):
        raise ValueError("write it as 2026-11-21T10:30:00Z, or with +00:00 (in an URL %2B00:00)")
    return datetime.fromisoformat(_ZONE_WITHOUT_PLUS.sub(r"+\1", written))


_Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class VisitsQuery(BaseModel):
    """Which visits are wanted, and how many at a time; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")

    condominium_id: Annotated[int, Field(ge=0, le=LARGEST_ID)] | None = None
    apartment: Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f]*$")] | None = None
    decision: Decision | None = None
    since: _Moment | None = Field(None, description="Started then or later; with a time zone")
    until: _Moment | None = Field(None, description="Started before then; with a time zone")
    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(
        None, max_length=500, description="next_cursor of the page before; with the same filters"
    )

    def filter(self) -> VisitFilter:
        """Return what is asked of the archive."""
        return VisitFilter(
            self.condominium_id, self.apartment, self.decision, self.since, self.until
        )


def visits_routes(archive: VisitArchive) -> APIRouter:
    """Return the requests about visits."""
    router = APIRouter(prefix="/api")
    turn = asyncio.Semaphore(_AT_ONCE)

    @router.get("/visits", response_model=Visits, responses=BAD | AWAY)
    async def visits(query: Annotated[VisitsQuery, Query()]) -> Response:
        """Return the visits that were asked for, newest first, a page at a time."""
        async with turn:
            try:
                page = await within(
                    "the log of visits", archive.find(query.filter(), query.limit, query.cursor)
                )
            except ValueError as error:
                if query.cursor is None:
                    raise
                raise HTTPException(
                    400, "cursor: it is none of ours; begin again without it"
                ) from error
            return await as_list(
                {"next_cursor": page.next_cursor},
                "visits",
                page.visits,
                VisitRecord.json_of,
            )

    return router
