import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import aiohttp
import pytest

from porteiro.calls.ports import Dialer, RingRequest
from porteiro.clock import LoopClock
from porteiro.dialers.amqp import AmqpDialer, AmqpDialerOptions
from porteiro.dialers.esl import EslDialer, EslOptions
from porteiro.dialers.simulated import SimulatedDialer
from porteiro.dialers.webhook import WebhookDialer, WebhookOptions
from porteiro.dialogue.events import RingResult
from porteiro.errors import DialerError
from tests.contract.amqp_peer import publisher_for
from tests.contract.esl_peer import client_for
from tests.contract.http_peer import BAD, GOOD, peer_that
from tests.rabbitmq import RabbitMQ, broker, one_rabbitmq

__all__ = ["broker", "one_rabbitmq"]

Reached = Callable[[str], AbstractAsyncContextManager[Dialer]]


@asynccontextmanager
async def webhook(behaves: str) -> AsyncIterator[Dialer]:
    async with peer_that(behaves) as peer, aiohttp.ClientSession() as session:
        yield WebhookDialer(session, WebhookOptions(peer.url, limit_s=0.2))


@asynccontextmanager
async def simulated(behaves: str) -> AsyncIterator[Dialer]:
    async def answer(_request: RingRequest) -> RingResult:
        if behaves == "hang":
            await asyncio.Event().wait()
        if behaves in BAD:
            raise DialerError("the simulated phone is broken")
        return RingResult.ANSWERED

    yield SimulatedDialer(answer)


@asynccontextmanager
async def amqp(broker: RabbitMQ, behaves: str) -> AsyncIterator[Dialer]:
    async with publisher_for(broker, behaves) as publisher:
        yield AmqpDialer(publisher, AmqpDialerOptions(), LoopClock())


@asynccontextmanager
async def esl(behaves: str) -> AsyncIterator[Dialer]:
    async with client_for(behaves) as client:
        yield EslDialer(client, EslOptions())


@pytest.fixture(params=["webhook", "simulated", "amqp", "esl"])
def reached(request: pytest.FixtureRequest) -> Reached:
    if request.param == "amqp":
        return partial(amqp, request.getfixturevalue("broker"))
    return {"webhook": webhook, "simulated": simulated, "esl": esl}[request.param]


def a_request() -> RingRequest:
    return RingRequest(
        call_id="e69439e9-1489-4bba-b55d-37612b5dffaf",
        attempt_id="0b0e0d53-6a7f-4b52-8f9c-8ff0a3fb1d6e",
        attempt=2,
        number="1003030",
        extension="1000",
        host="127.0.0.1",
        port=8081,
        limit_s=25.0,
    )


@pytest.mark.parametrize("behaves", GOOD)
async def test_a_request_that_is_taken_says_how_far_it_got(reached: Reached, behaves: str) -> None:
    async with reached(behaves) as dialer:
        assert await dialer.ring(a_request()) in (RingResult.ACCEPTED, RingResult.ANSWERED)


@pytest.mark.parametrize("behaves", [b for b in BAD if b != "hang"])
async def test_a_request_that_cannot_be_handed_over_is_a_dialer_error(
    reached: Reached, behaves: str
) -> None:
    async with reached(behaves) as dialer:
        with pytest.raises(DialerError) as failed:
            await dialer.ring(a_request())
    assert failed.value.retryable
    assert "1003030" not in str(failed.value)
    assert "key=k" not in str(failed.value)


async def test_ringing_can_be_cancelled(reached: Reached) -> None:
    async with reached("hang") as dialer:
        ringing = asyncio.create_task(dialer.ring(a_request()))
        await asyncio.sleep(0)
        ringing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ringing
