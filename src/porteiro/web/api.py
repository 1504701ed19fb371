"""The HTTP API: what is on the line now, every change of it, and hanging up."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from porteiro import __version__
from porteiro.calls.board import CallBoard, LegEnd
from porteiro.dialogue.terms import Role
from porteiro.web.answers import CallDetail, Calls, CallSummary, Failure, Health, HungUp, OneCall
from porteiro.web.docs_page import docs_page
from porteiro.web.events import event_stream
from porteiro.web.guard import Guard, GuardOptions, failure

_ABOUT: Final = (
    "Calls of this Porteiro: living ones, one in all detail, every change as it happens, and "
    "hanging up. Answers are JSON with a status of success or error; an error has a message."
)
_NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Failure, "description": "No such call or leg"}
}
_OTHERWISE: Final[dict[int | str, dict[str, Any]]] = {
    "default": {"model": Failure, "description": "What went wrong"}
}
_BAD: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Failure, "description": "The body is not what it should be"}
}


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """Who may ask and how much they may send; a heartbeat each so many seconds on /api/events."""

    guard: GuardOptions = field(default_factory=GuardOptions)
    heartbeat_s: float = 15.0


class HangUpOrder(BaseModel):
    """Which leg to hang up."""

    model_config = ConfigDict(extra="forbid")

    call_id: UUID
    role: Role = Field(default=Role.VISITOR)


def create_api(
    board: CallBoard, options: ApiOptions | None = None, closing: asyncio.Event | None = None
) -> FastAPI:
    """Return the API of `board`; setting `closing` ends its event streams."""
    options = options or ApiOptions()
    api = FastAPI(
        title="Porteiro",
        version=__version__,
        description=_ABOUT,
        responses=_OTHERWISE,
        docs_url=None,
        redoc_url=None,
    )
    api.include_router(_calls(board))
    api.include_router(_events(board, options.heartbeat_s, closing or asyncio.Event()))
    api.include_router(_about(api))
    api.add_exception_handler(StarletteHTTPException, _refused)
    api.add_exception_handler(RequestValidationError, _not_understood)
    api.add_exception_handler(Exception, _broken)
    api.add_middleware(Guard, options=options.guard)
    return api


def _calls(board: CallBoard) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/calls")
    async def calls() -> Calls:
        """Return every call in progress, oldest first."""
        return Calls(calls=[CallSummary.of(view) for view in board.living()])

    @router.get("/calls/{call_id}", responses=_NOT_FOUND)
    async def call(call_id: str) -> OneCall:
        """Return one call, also after its end while its record is kept."""
        view = board.find(_dashed(call_id))
        if view is None:
            raise HTTPException(404, "no such call, or its record is no longer kept")
        return OneCall(call=CallDetail.of(view))

    @router.post("/hangup", responses=_BAD | _NOT_FOUND)
    async def hang_up(order: HangUpOrder) -> HungUp:
        """Hang one leg of a call up now."""
        call_id = str(order.call_id)
        match board.hang_up(call_id, order.role):
            case LegEnd.NO_SUCH_CALL:
                raise HTTPException(404, "no such call in progress")
            case LegEnd.NO_SUCH_LEG:
                raise HTTPException(404, f"this call has no {order.role} on the line")
            case LegEnd.HUNG_UP:
                said = f"the {order.role}'s leg is hung up"
                return HungUp(message=said, call_id=call_id, role=order.role)

    return router


def _events(board: CallBoard, heartbeat_s: float, closing: asyncio.Event) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get(
        "/events",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}, "description": "The stream"}},
    )
    async def events(call_id: str | None = None) -> StreamingResponse:
        """Stream every change of every call, or of one, as server-sent events."""
        only = None if call_id is None else _dashed(call_id)
        return StreamingResponse(
            event_stream(board.changes, closing, heartbeat_s, only),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )

    return router


def _about(api: FastAPI) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Health:
        """Say that the process lives; asks for no token."""
        return Health(version=__version__)

    @router.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(docs_page(api.openapi()))

    return router


def _dashed(call_id: str) -> str:
    """Return a call id in the form that the board knows; what is no UUID is found nowhere."""
    try:
        return str(UUID(call_id))
    except ValueError:
        return call_id


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101  what it is registered for
    answer = failure(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _not_understood(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  what it is registered for
    return failure(400, "; ".join(_complaint(detail) for detail in error.errors()))


async def _broken(_request: Request, _error: Exception) -> JSONResponse:
    return failure(500, "something broke in Porteiro; its log says what")


def _complaint(detail: dict[str, Any]) -> str:
    if detail["type"] == "json_invalid":
        return "the body is not JSON"
    where = ".".join(str(part) for part in detail["loc"][1:])
    if not where:
        return "send a JSON object, with Content-Type: application/json"
    return f"{where}: {detail['msg']}"
