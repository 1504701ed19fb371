"""A real HTTP server in the place of Porteiro's API, for its command-line twins."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from porteiro.settings.reading import LATER, VARIABLES

Json = dict[str, Any]
CALL_ID = "e69439e9-1489-4bba-b55d-37612b5dffaf"


@dataclass
class Peer:
    """What the server is asked, and what it answers to each "GET /path"."""

    port: int = 0
    answers: dict[str, Json | str | bytes] = field(default_factory=dict)
    status: int = 200
    asked: list[tuple[str, Mapping[str, str], Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def api_that() -> AsyncIterator[Peer]:
    """Run the server on loopback."""
    peer = Peer()

    async def answer(request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        what = f"{request.method} {request.path}"
        peer.asked.append((what, dict(request.query), body))
        peer.tokens.append(request.headers.get("Authorization", ""))
        said = peer.answers.get(f"{what}?cursor={request.query.get('cursor', '')}")
        said = peer.answers[what] if said is None else said
        if isinstance(said, bytes):
            return web.Response(body=said, status=peer.status)
        if isinstance(said, str):
            status = 404 if peer.status == 200 else peer.status
            return web.json_response({"status": "error", "message": said}, status=status)
        return web.json_response({"status": "success", **said}, status=peer.status)

    app = web.Application()
    app.router.add_route("*", "/{anywhere:.*}", answer)
    async with TestServer(app) as server:
        assert server.port is not None
        peer.port = server.port
        yield peer


def bare_environment(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    """Leave no setting but these."""
    for name in (*VARIABLES, *LATER, "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
