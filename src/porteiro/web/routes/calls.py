"""Calls: living ones, one in all detail, and hanging up."""

from uuid import UUID

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from porteiro.calls.board import LegEnd
from porteiro.dialogue.terms import Role
from porteiro.web.answers import CallDetail, Calls, CallSummary, HungUp, OneCall
from porteiro.web.asking import AllCalls
from porteiro.web.refusals import BAD, NO_SUCH_CALL, TOO_LARGE
from porteiro.web.slices import as_json, as_list, whole


class HangUpOrder(BaseModel):
    """Which leg to hang up."""

    model_config = ConfigDict(extra="forbid")

    call_id: UUID
    role: Role = Field(default=Role.VISITOR)


def calls_routes(board: AllCalls) -> APIRouter:
    """Return the requests about calls."""
    router = APIRouter(prefix="/api")

    @router.get("/calls", response_model=Calls)
    async def calls() -> Response:
        """Return every call in progress, oldest first."""
        return await as_list({}, "calls", await board.living(), CallSummary.json_of)

    @router.get("/calls/{call_id}", response_model=OneCall, responses=BAD | NO_SUCH_CALL)
    async def call(call_id: str) -> Response:
        """Return one call, also after its end while its record is kept."""
        view = await board.find(dashed(call_id))
        if view is None:
            raise HTTPException(404, "no such call, or its record is no longer kept")
        return whole(as_json(OneCall(call=CallDetail.of(view))))

    @router.post("/hangup", responses=BAD | NO_SUCH_CALL | TOO_LARGE)
    async def hang_up(order: HangUpOrder) -> HungUp:
        """Hang one leg of a call up now."""
        call_id = str(order.call_id)
        match await board.hang_up(call_id, order.role):
            case LegEnd.NO_SUCH_CALL:
                raise HTTPException(404, "no such call in progress")
            case LegEnd.NO_SUCH_LEG:
                raise HTTPException(404, f"this call has no {order.role} on the line")
            case LegEnd.HUNG_UP:
                said = f"the {order.role}'s leg is hung up"
                return HungUp(message=said, call_id=call_id, role=order.role)

    return router


def dashed(call_id: str) -> str:
    """Return a call id in the form that the board knows; what is no UUID is found nowhere."""
    try:
        return str(UUID(call_id))
    except ValueError:
        return call_id
