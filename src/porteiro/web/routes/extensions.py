"""Extensions: how they stand, what the database says of them, and bringing them in line."""

from typing import Annotated, Final, Self

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from porteiro.calls.admission import Refusal
from porteiro.condominiums.board import ExtensionState, ExtensionView
from porteiro.condominiums.profile import LARGEST_ID
from porteiro.web.extension_answers import (
    ExtensionRow,
    ExtensionStatus,
    Refreshed,
    Restarted,
    Room,
    Rows,
    SpeechProvider,
    Status,
    WorkerStatus,
)
from porteiro.web.parts import ApiParts
from porteiro.web.refusals import AWAY, BAD, NO_SUCH_EXTENSION, STOPPING, TOO_LARGE
from porteiro.web.slices import JsonObject, as_json, as_list, whole
from porteiro.web.waiting import within

_ONE_OF_THE_TWO: Final[list[JsonValue]] = [{"required": ["extension_id"]}, {"required": ["ramal"]}]


def _no_digits(given: object) -> object:
    """Refuse what would only be read as a number."""
    if isinstance(given, str | bool):
        raise ValueError("send it as a number, without quotes")  # noqa: TRY004  pydantic's way
    return given


_Id = Annotated[int, Field(ge=0, le=LARGEST_ID), BeforeValidator(_no_digits)]
_Number = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class RestartOrder(BaseModel):
    """Which extension to restart: its id, or its AI number; one of the two."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"oneOf": _ONE_OF_THE_TWO})

    # A factory, so that the description shows no default: what is left out is left out.
    extension_id: _Id = Field(default_factory=int)
    ramal: _Number = Field(default_factory=str)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError('send {"extension_id": …} or {"ramal": "…"}, one of the two')
        return self

    def named(self) -> tuple[int | None, str | None]:
        """Return the id or the AI number, and None for the other."""
        if "extension_id" in self.model_fields_set:
            return self.extension_id, None
        return None, self.ramal.strip()


def extensions_routes(parts: ApiParts) -> APIRouter:
    """Return the requests about extensions."""
    router = APIRouter(prefix="/api")
    board = parts.extensions

    @router.get("/status", response_model=Status)
    async def status() -> Response:
        """Return every extension as it stands, the calls in progress, and the room for more."""
        await parts.look()
        views, calls = board.extensions(), parts.calls.by_extension()
        return await as_list(
            _head(parts), "extensions", views, lambda view: ExtensionStatus.json_of(view, calls)
        )

    @router.post("/refresh", responses=AWAY)
    async def refresh() -> Refreshed:
        """Read the database again, and bring what is served into line with it."""
        _stays(parts)
        return Refreshed.of(await board.refresh())

    @router.get("/extensions", response_model=Rows, responses=AWAY)
    async def rows() -> Response:
        """Return the rows as the database has them now, their texts without padding."""
        found = await within("the database", board.rows())
        return await as_list(
            {"total": len(found)}, "extensions", found, lambda row: as_json(ExtensionRow.of(row))
        )

    @router.post(
        "/restart",
        response_model=Restarted,
        responses=BAD | NO_SUCH_EXTENSION | TOO_LARGE | STOPPING,
    )
    async def restart(order: RestartOrder) -> Response:
        """Close and open the ports of one extension; calls in progress go on."""
        _stays(parts)
        await parts.look()
        view = await board.restart(*order.named())
        if view is None:
            raise HTTPException(404, "no such extension; GET /api/status lists them")
        return whole(
            b'{"status":"success","message":%b,"extension":%b}'
            % (_told(view), ExtensionStatus.json_of(view, parts.calls.by_extension()))
        )

    return router


def _head(parts: ApiParts) -> JsonObject:
    """Return what is told beside the extensions."""
    head: JsonObject = {
        "total_extensions": len(parts.extensions.extensions()),
        "calls": sum(parts.calls.by_extension().values()),
        "source": parts.extensions.source.value,
        "capacity": Room.of(parts.capacity()).model_dump(mode="json"),
    }
    if providers := parts.speech_providers():
        head["speech"] = [SpeechProvider.told(*provider) for provider in providers]
    if parts.workers is not None:
        head["workers"] = [WorkerStatus.told(worker) for worker in parts.workers()]
    return head


def _stays(parts: ApiParts) -> None:
    """Refuse to change what is served by a process that is about to end."""
    if parts.capacity().refusing is Refusal.DRAINING:
        raise HTTPException(503, "Porteiro is stopping: nothing is changed; ask the next one")


def _told(view: ExtensionView) -> bytes:
    if view.state is ExtensionState.FAILED:
        return b'"its ports were closed, and cannot be opened: see reason"'
    return b'"its ports were closed and opened; calls go on"'
