"""Ringing by asking another program over HTTP: one POST an attempt."""

from dataclasses import dataclass

import aiohttp

from porteiro.calls.ports import RingRequest
from porteiro.dialogue.events import RingResult
from porteiro.errors import DialerError


@dataclass(frozen=True, slots=True)
class WebhookOptions:
    """Where the request goes, and how many seconds its answer may take."""

    url: str
    limit_s: float = 5.0


class WebhookDialer:
    """Posts each attempt to one address; a `Dialer` that learns no more than "accepted".

    The program there makes the number ring and has its line come to `host`:`port` with
    the call id.
    """

    def __init__(self, session: aiohttp.ClientSession, options: WebhookOptions) -> None:
        """Use `session`, which its owner closes."""
        self._session = session
        self._options = options

    async def ring(self, request: RingRequest) -> RingResult:
        """Hand the attempt over; any 2xx is ACCEPTED.

        Raises `DialerError` when it is answered otherwise, not in time, or not at all.
        Cancelling it drops the request, but cannot stop a phone that rings already.
        """
        body: dict[str, str | int] = {
            "call_id": request.call_id,
            "number": request.number,
            "extension": request.extension,
            "host": request.host,
            "port": request.port,
            "attempt": request.attempt,
        }
        try:
            status = await self._post(body)
        except TimeoutError as error:
            raise DialerError(
                f"the dialer's webhook did not answer within {self._options.limit_s:g} s"
            ) from error
        except aiohttp.ClientError as error:
            raise DialerError(
                f"the dialer's webhook cannot be reached ({type(error).__name__}): check "
                "PORTEIRO_DIALER_URL"
            ) from error
        if not 200 <= status < 300:
            raise DialerError(f"the dialer's webhook answered {status}, not 2xx")
        return RingResult.ACCEPTED

    async def _post(self, body: dict[str, str | int]) -> int:
        limit = aiohttp.ClientTimeout(total=self._options.limit_s)
        # A redirect is not followed: it would turn the POST into a GET that rings nobody.
        async with self._session.post(
            self._options.url, json=body, timeout=limit, allow_redirects=False
        ) as answer:
            return answer.status
