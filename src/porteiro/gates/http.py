"""A gate behind HTTP: one POST an order."""

from dataclasses import dataclass

import aiohttp

from porteiro.calls.ports import GateOrder
from porteiro.errors import GateError
from porteiro.gates.order import announced


@dataclass(frozen=True, slots=True)
class HttpGateOptions:
    """Where orders go, and how many seconds the confirmation may take."""

    url: str
    limit_s: float = 3.0


class HttpGate:
    """Posts each order to one address; a `Gate` confirmed by any 2xx.

    Every try of one order carries the same `Idempotency-Key`, the call id, so that an
    opener whose confirmation was lost can tell a repetition from a second order.
    """

    def __init__(self, session: aiohttp.ClientSession, options: HttpGateOptions) -> None:
        """Use `session`, which its owner closes."""
        self._session = session
        self._options = options

    async def announce(self, order: GateOrder) -> None:
        """Post the order once.

        Raises `GateError` when it is answered with anything but 2xx, not in time, or not
        at all; the order may have been carried out all the same.
        """
        try:
            status = await self._post(order)
        except TimeoutError as error:
            raise GateError(
                f"the gate's HTTP service did not confirm within {self._options.limit_s:g} s"
            ) from error
        except aiohttp.ClientError as error:
            raise GateError(
                f"the gate's HTTP service cannot be reached ({type(error).__name__}): check "
                "PORTEIRO_GATE_URL"
            ) from error
        if not 200 <= status < 300:
            raise GateError(f"the gate's HTTP service answered {status}, not 2xx")

    async def _post(self, order: GateOrder) -> int:
        # A redirect is not followed: it would turn the POST into a GET that opens nothing.
        async with self._session.post(
            self._options.url,
            json=announced(order),
            headers={"Idempotency-Key": order.call_id},
            timeout=aiohttp.ClientTimeout(total=self._options.limit_s),
            allow_redirects=False,
        ) as answer:
            return answer.status
