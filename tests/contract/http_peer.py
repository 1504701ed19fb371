"""A real HTTP server that behaves as it is told: well, badly, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

GOOD = ("200", "201", "204", "200 html")
BAD = ("302", "400", "404", "500", "500 html", "hang", "close", "garbage")


@dataclass
class Peer:
    """What the server was sent, and where it is."""

    url: str = ""
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    posted: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def peer_that(behaves: str) -> AsyncIterator[Peer]:
    """Run a server on loopback whose every answer is `behaves`."""
    peer, over = Peer(), asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.method == "POST"
        peer.bodies.append(await request.json())
        peer.headers.append(dict(request.headers))
        peer.posted.set()
        status, _, kind = behaves.partition(" ")
        if behaves == "hang":
            await over.wait()
        elif behaves in ("close", "garbage"):
            assert request.transport is not None
            if behaves == "garbage":
                request.transport.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            request.transport.close()
        elif status == "302":
            raise web.HTTPFound("/elsewhere")
        elif status.isdigit():
            page = "<html><h1>painel</h1></html>" if kind else None
            return web.Response(status=int(status), text=page, content_type="text/html")
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{anywhere:.*}", answer)
    async with TestServer(app) as server:
        peer.url = str(server.make_url("/porteiro?key=k"))
        try:
            yield peer
        finally:
            over.set()
