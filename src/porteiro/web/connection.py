"""One connection to the API: what a client may keep us waiting for, and for how long."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any, cast

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from porteiro.web.refusals import failure


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How much clients may have of us.

    `connections` are served at a time; more are told so. A request must have come whole
    within `request_s` seconds, in at most `request_bytes` bytes, and some of its answer
    must be taken within each `stall_s` seconds.
    """

    connections: int = 256
    request_s: float = 10.0
    request_bytes: int = 16 * 2**20
    stall_s: float = 30.0


class LimitedConnection(H11Protocol):
    """uvicorn's connection, with limits and with errors in the form of this API."""

    limits = ConnectionLimits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  uvicorn's business
        """Make a connection as uvicorn does."""
        super().__init__(*args, **kwargs)
        self._too_slow: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        super().connection_made(cast("asyncio.Transport", transport))
        if len(self.connections) > self.limits.connections:
            self.app = too_many
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is more than anybody has to say."""
        self._received += len(data)
        if self._received > self.limits.request_bytes:
            self.transport.abort()
        else:
            super().data_received(data)

    def handle_events(self) -> None:
        """Take requests in, and wait for what is missing of one."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:  # another request: what it takes is counted anew
            self._received = 0
            self._stop_waiting()
        self._wait()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  ours says more
        """Answer what is no request of HTTP; called by uvicorn as it handles the error."""
        status = getattr(sys.exception(), "error_status_hint", 400)
        self._answer(status, "this is no HTTP/1.1 request, or its headers are too large")

    def pause_writing(self) -> None:
        """Wait for the client to take what was sent, but not for ever."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.limits.stall_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client takes what is sent."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def _unsupported_upgrade_warning(self) -> None:
        """Answer the request as if it asked for no upgrade; that is nothing to log."""

    def _wait(self) -> None:
        """Run the clock while a request is due or coming in, from its first wait on."""
        client = self.conn.their_state
        if client not in (h11.IDLE, h11.SEND_BODY):
            self._stop_waiting()
        elif self._too_slow is None and not self.transport.is_closing():
            self._too_slow = self.loop.call_later(self.limits.request_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None

    def _give_up(self) -> None:
        """End a connection whose request does not come."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            limit = f"{self.limits.request_s:g} s"
            self._answer(408, f"the request did not come whole within {limit}")
        else:
            self.transport.abort()

    def _answer(self, status: int, message: str) -> None:
        """Answer in place of the API, and close."""
        body = json.dumps({"status": "error", "message": message}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=b""),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def limited(limits: ConnectionLimits) -> type[LimitedConnection]:
    """Return the class of connections with these limits; uvicorn makes them itself."""
    return type("Connection", (LimitedConnection,), {"limits": limits})


async def too_many(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer that there are too many connections, and close this one."""
    answer = failure(503, "too many connections: close some, or try later")
    answer.headers["Connection"] = "close"
    answer.headers["Retry-After"] = "1"
    await answer(scope, receive, send)
