"""A small stand-in for Hugging Face's files (huggingface.co/docs/hub, "Downloading models").

`/{owner}/{name}/resolve/main/{file}` passes on to where the file lies, telling its SHA-256 as
`X-Linked-Etag`; that place takes ranges.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class ModelServer:
    """What there is, by path, and what is to go wrong."""

    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""
    breaks_after: int | None = None
    breaks: int = 0
    status: int = 200
    html: bool = False
    damaged: bool = False
    skips: int = 0
    slices: int | None = None
    weak: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    async def passed_on(self, request: web.Request) -> web.Response:
        """Tell where a file lies."""
        path = request.path.lstrip("/")
        if self.html:
            return web.Response(text="<html>Wi-Fi</html>", content_type="text/html")
        if self.status != 200:
            return web.Response(status=self.status)
        if path not in self.files:
            return web.Response(status=404)
        told = hashlib.sha256(self.files[path]).hexdigest()
        headers = {"Location": f"/lies/{path}", "X-Linked-Etag": f'"{told}"'}
        return web.Response(status=302, headers=headers)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Send a file from where it is asked, as far as it is to come."""
        path = request.path.removeprefix("/lies/")
        body = self.files[path]
        if self.damaged:
            body = bytes(len(body))
        tag = f'"{hashlib.md5(body).hexdigest()}"'  # noqa: S324  a name, no secret
        tag = f"W/{tag}" if self.weak else tag
        asked = request.headers.get("Range")
        self.asked.append((path, asked))
        start = 0
        if asked and request.headers.get("If-Range") == tag:
            start = int(asked.removeprefix("bytes=").removesuffix("-")) + self.skips
        if start > len(body) or (start == len(body) and start):
            return web.Response(status=416)
        end = start + self.slices if start and self.slices else len(body)
        headers = {"ETag": tag, "Content-Length": str(len(body[start:end]))}
        if start:
            last = start + len(body[start:end]) - 1
            headers["Content-Range"] = f"bytes {start}-{last}/{len(body)}"
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        await response.prepare(request)
        if self.breaks and self.breaks_after is not None and len(body) > self.breaks_after:
            self.breaks -= 1
            await response.write(body[start : start + self.breaks_after])
            await asyncio.sleep(0)
            if request.transport:
                request.transport.close()
            return response
        await response.write(body[start:end])
        return response


@asynccontextmanager
async def model_server(files: dict[str, bytes] | None = None) -> AsyncIterator[ModelServer]:
    """Serve `files` until the end of the block."""
    server = ModelServer(files or {})
    app = web.Application()
    app.router.add_get("/lies/{path:.*}", server.file)
    app.router.add_get("/{path:.*}", server.passed_on)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
