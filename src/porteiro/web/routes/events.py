"""Every change of every call, as it happens."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from porteiro.web.asking import AllCalls
from porteiro.web.events import event_stream
from porteiro.web.refusals import BAD, BUSY

_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {}}, "description": "The stream, without end"}
}


class EventsQuery(BaseModel):
    """Which events are wanted: those of one call, or all."""

    model_config = ConfigDict(extra="forbid")

    call_id: UUID | None = None


@dataclass(slots=True)
class _Readers:
    """Counts who reads now: streams last, and must not take every connection."""

    most: int
    now: int = 0

    async def counted(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        self.now += 1
        try:
            async for event in stream:
                yield event
        finally:
            self.now -= 1


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """A heartbeat each so many seconds, and how many may read at once."""

    heartbeat_s: float = 15.0
    readers: int = 64


def events_routes(board: AllCalls, closing: asyncio.Event, options: StreamOptions) -> APIRouter:
    """Return the stream of events; setting `closing` ends it for every reader."""
    router = APIRouter(prefix="/api")
    readers = _Readers(options.readers)

    @router.get("/events", response_class=StreamingResponse, responses=_STREAM | BAD | BUSY)
    async def events(query: Annotated[EventsQuery, Query()]) -> StreamingResponse:
        """Stream every change of every call, or of one, as server-sent events."""
        if readers.now >= readers.most:
            raise HTTPException(503, "too many read events already: close some, or try later")
        only = None if query.call_id is None else str(query.call_id)
        stream = event_stream(board.changes, closing, options.heartbeat_s, only)
        return StreamingResponse(
            readers.counted(stream),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )

    return router
