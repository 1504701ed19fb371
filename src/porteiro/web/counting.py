"""Counting requests by route and status."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from porteiro.web.metrics import Metrics

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Counting:
    """ASGI middleware that counts each request once it is answered.

    Paths and methods that the API does not have are counted together: whoever invents
    them must not make the figures grow.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Stand before `app`."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count its answer."""
        status = 500  # what is raised through here is answered so, further out

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.request(method, getattr(scope.get("route"), "path", "none"), status)
