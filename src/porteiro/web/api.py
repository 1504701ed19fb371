"""The HTTP API: everything that a running Porteiro shows and lets be steered (SPEC 8)."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

from porteiro import __version__
from porteiro.web.counting import Counting
from porteiro.web.guard import Guard, GuardOptions
from porteiro.web.metrics import Metrics
from porteiro.web.parts import ApiParts
from porteiro.web.refusals import OTHERWISE, refuse_in_one_form
from porteiro.web.routes.about import docs_routes, figures_routes, watched_routes
from porteiro.web.routes.calls import calls_routes
from porteiro.web.routes.events import StreamOptions, events_routes
from porteiro.web.routes.extensions import extensions_routes
from porteiro.web.routes.visits import visits_routes

_ABOUT: Final = (
    "Extensions, calls and visits of this Porteiro: how they stand, every change as it "
    "happens, and steering them. Answers are JSON with a status of success or error; an "
    "error has a message."
)


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """Who may ask and how much they may send, and how events are streamed."""

    guard: GuardOptions = field(default_factory=GuardOptions)
    stream: StreamOptions = field(default_factory=StreamOptions)


def create_api(
    parts: ApiParts,
    options: ApiOptions | None = None,
    metrics: Metrics | None = None,
    closing: asyncio.Event | None = None,
) -> FastAPI:
    """Return the API of `parts`, with `metrics` to show; setting `closing` ends event streams."""
    options, metrics = options or ApiOptions(), metrics or Metrics(parts)
    api = FastAPI(
        title="Porteiro",
        version=__version__,
        description=_ABOUT,
        responses=OTHERWISE,
        docs_url=None,
        redoc_url=None,
    )
    # The Guard asks for the token; this describes it.
    token = [Depends(HTTPBearer(auto_error=False))] if options.guard.token else []
    for router in (
        calls_routes(parts.calls),
        events_routes(parts.calls, closing or asyncio.Event(), options.stream),
        extensions_routes(parts),
        visits_routes(parts.visits),
        figures_routes(metrics),
    ):
        api.include_router(router, dependencies=token)
    api.include_router(watched_routes(parts))
    api.include_router(docs_routes(api))
    refuse_in_one_form(api)
    api.add_middleware(Guard, options=options.guard)
    api.add_middleware(Counting, metrics=metrics)
    return api
