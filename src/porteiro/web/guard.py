"""What every request passes first: who may ask, and how much they may send."""

import secrets
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from porteiro.web.refusals import failure

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Answered without a token: whoever watches the process knows none."""


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """The bearer token asked for, if any, and the bytes that a body may have."""

    token: str | None = None
    body_limit: int = 64 * 1024


class Guard:
    """ASGI middleware that lets no request through without the token or beyond the size."""

    def __init__(self, app: ASGIApp, options: GuardOptions) -> None:
        """Stand before `app`."""
        self._app = app
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or 413, or pass the request on."""
        headers = Headers(scope=scope)
        if scope["path"] not in OPEN_PATHS and not self._admits(headers):
            refused = failure(401, "send Authorization: Bearer with PORTEIRO_API_TOKEN's value")
            refused.headers["WWW-Authenticate"] = "Bearer"
            await refused(scope, receive, send)
        elif self._too_large(headers):
            await failure(413, self._size_message())(scope, receive, send)
        else:
            await self._app(scope, self._counted(receive), send)

    def _admits(self, headers: Headers) -> bool:
        if self._options.token is None:
            return True
        scheme, _, token = headers.get("authorization", "").partition(" ")
        expected = self._options.token.encode()
        return scheme.lower() == "bearer" and secrets.compare_digest(
            token.strip().encode(), expected
        )

    def _too_large(self, headers: Headers) -> bool:
        length = headers.get("content-length", "0")
        return not length.isdecimal() or int(length[:12]) > self._options.body_limit

    def _size_message(self) -> str:
        return f"the body is larger than {self._options.body_limit} bytes"

    def _counted(self, receive: Receive) -> Receive:
        """Count what really comes: a chunked body announces no length."""
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._options.body_limit:
                raise HTTPException(413, self._size_message())
            return message

        return counting
