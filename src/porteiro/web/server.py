"""Serving the API within Porteiro's own event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import structlog
import uvicorn

from porteiro.errors import SettingsError
from porteiro.web.api import ApiOptions, create_api
from porteiro.web.connection import ConnectionLimits, limited
from porteiro.web.metrics import Metrics
from porteiro.web.parts import ApiParts

log = structlog.get_logger()

_HEADERS: Final = 16 * 1024
"""How many bytes the headers of a request may have."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where to listen (port 0: any free one), and how long a stop may take, in seconds."""

    host: str = "127.0.0.1"
    port: int = 8082
    stop_s: float = 2.0
    api: ApiOptions = field(default_factory=ApiOptions)
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)


class _Server(uvicorn.Server):
    """uvicorn as a guest: signals belong to whoever owns the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_api(
    parts: ApiParts, options: ServerOptions, ready: Callable[[int], None] | None = None
) -> None:
    """Serve the API until cancelled; `ready` is told the port once requests are taken.

    Cancelling it ends event streams, lets running requests finish for `stop_s`, and
    closes. Raises `SettingsError` when the address cannot be listened on.
    """
    listening = _listen(options.host, options.port)
    closing = asyncio.Event()
    metrics = Metrics(parts)
    api = create_api(parts, options.api, metrics, closing)
    api.openapi()  # made and kept now: it takes 100 ms, which no call should wait for later
    server = _Server(_config(api, options))
    port = listening.getsockname()[1]
    log.info("API listens", host=options.host, port=port)
    if ready is not None:
        ready(port)
    async with _measuring(metrics):
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await asyncio.shield(serving)
        finally:
            closing.set()
            server.should_exit = True
            await serving
            listening.close()


@contextlib.asynccontextmanager
async def _measuring(metrics: Metrics) -> AsyncIterator[None]:
    """Keep the figures while the block lasts."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(metrics.follow_calls(), name="metrics of calls"),
            group.create_task(metrics.watch_loop(), name="metrics of the loop"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def _config(app: Callable[..., object], options: ServerOptions) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=limited(options.limits),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=_HEADERS,
        timeout_graceful_shutdown=round(options.stop_s) or 1,
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]  # the address is told already
        raise SettingsError(
            f"the API cannot listen on {host} port {port} ({reason}): "
            "choose another with PORTEIRO_API_HOST and API_PORT"
        ) from error
