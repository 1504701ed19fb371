"""What the process says of itself: that it lives, whether it is ready, its figures, its API."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from porteiro import __version__
from porteiro.calls.admission import Refusal
from porteiro.condominiums.board import ExtensionState
from porteiro.web.docs_page import docs_page
from porteiro.web.extension_answers import Health, NotReady, Parts, Ready
from porteiro.web.metrics import Metrics
from porteiro.web.parts import ApiParts, WorkerView

_NOT_READY: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": NotReady, "description": "No call can come in; the message says why"}
}
_FIGURES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {}}, "description": "Figures in Prometheus' text format"}
}


def watched_routes(parts: ApiParts) -> APIRouter:
    """Return the requests of whoever watches the process, and knows no token."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Health:
        """Say that the process lives; asks for no token."""
        return Health(version=__version__)

    @router.get("/readyz", response_model=Ready, responses=_NOT_READY)
    async def readyz() -> Response:
        """Say whether calls can come in, and how each part is; asks for no token."""
        await parts.look()
        states = _states(parts)
        if why := _why_not(parts, states):
            return JSONResponse(NotReady(message=why, parts=states).model_dump(), 503)
        return JSONResponse(Ready(parts=states).model_dump())

    return router


def figures_routes(metrics: Metrics) -> APIRouter:
    """Return the page of figures."""
    router = APIRouter()

    @router.get("/metrics", response_class=Response, responses=_FIGURES)
    async def metrics_page() -> Response:
        """Return the process's figures for Prometheus."""
        return Response(await metrics.page(), media_type=CONTENT_TYPE_LATEST)

    return router


def docs_routes(api: FastAPI) -> APIRouter:
    """Return the page that documents `api`."""
    router = APIRouter()

    @router.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(docs_page(api.openapi()))

    return router


def _why_not(parts: ApiParts, states: Parts) -> str:
    """Return why no call can come in; empty where one can.

    A server with no room now is ready all the same: it answers, and has room soon.
    """
    if parts.capacity().refusing is Refusal.DRAINING:
        return "Porteiro is stopping: no call is taken any more"
    if states.extensions == "none":
        return "no extension is served: no call can come in"
    if gone := [str(one.worker) for one in _workers(parts) if one.pid is None]:
        return f"worker {', '.join(gone)} is gone, another takes its place: ask again"
    return ""


def _workers(parts: ApiParts) -> Sequence[WorkerView]:
    return parts.workers() if parts.workers is not None else ()


def _states(parts: ApiParts) -> Parts:
    serving = [view.state is ExtensionState.SERVING for view in parts.extensions.extensions()]
    listening = parts.database_listening()
    return Parts(
        extensions="none" if not any(serving) else "serving" if all(serving) else "partly",
        database="unused" if listening is None else "listening" if listening else "away",
        visits="waiting" if parts.visits_waiting() else "written",
    )
