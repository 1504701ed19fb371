import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import aiohttp
import pytest

from porteiro.calls.ports import Gate, GateOrder
from porteiro.condominiums.profile import Profile
from porteiro.dialogue.terms import Decision, Purpose
from porteiro.errors import GateError
from porteiro.gates.amqp import AmqpGate, AmqpGateOptions
from porteiro.gates.by_condominium import GatesByCondominium
from porteiro.gates.http import HttpGate, HttpGateOptions
from porteiro.gates.log import LogGate
from porteiro.gates.several import SeveralGates
from tests.contract.amqp_peer import publisher_for
from tests.contract.http_peer import BAD, GOOD, peer_that
from tests.rabbitmq import RabbitMQ, broker, one_rabbitmq

__all__ = ["broker", "one_rabbitmq"]

Opened = Callable[[str], AbstractAsyncContextManager[Gate]]


@asynccontextmanager
async def log_gate(_behaves: str) -> AsyncIterator[Gate]:
    yield LogGate()


@asynccontextmanager
async def http_gate(behaves: str) -> AsyncIterator[Gate]:
    async with peer_that(behaves) as peer, aiohttp.ClientSession() as session:
        yield HttpGate(session, HttpGateOptions(peer.url, limit_s=0.2))


@asynccontextmanager
async def several_gates(behaves: str) -> AsyncIterator[Gate]:
    async with http_gate(behaves) as gate:
        yield SeveralGates((LogGate(), gate))


@asynccontextmanager
async def condominium_s_gate(behaves: str) -> AsyncIterator[Gate]:
    async with http_gate(behaves) as gate:
        yield GatesByCondominium(("http",), lambda _: Profile(), lambda _name, _url: gate)


@asynccontextmanager
async def amqp_gate(broker: RabbitMQ, behaves: str) -> AsyncIterator[Gate]:
    async with publisher_for(broker, behaves) as publisher:
        yield AmqpGate(publisher, AmqpGateOptions())


REMOTE = ["http", "several", "condominium", "amqp"]
LOCAL: dict[str, Opened] = {
    "log": log_gate,
    "http": http_gate,
    "several": several_gates,
    "condominium": condominium_s_gate,
}


@pytest.fixture(params=["log", *REMOTE])
def opened(request: pytest.FixtureRequest) -> Opened:
    if request.param == "amqp":
        return partial(amqp_gate, request.getfixturevalue("broker"))
    return LOCAL[request.param]


remote = pytest.mark.parametrize("opened", REMOTE, indirect=True)


def order(decision: Decision = Decision.AUTHORIZED) -> GateOrder:
    return GateOrder(
        call_id="e69439e9-1489-4bba-b55d-37612b5dffaf",
        condominium_id=15,
        decision=decision,
        apartment="501",
        resident="Renata Oliveira",
        visitor="João",
        purpose=None if decision is Decision.NO_DECISION else Purpose.DELIVERY,
        timestamp=1_795_257_000.25,
    )


@pytest.mark.parametrize("behaves", GOOD)
@pytest.mark.parametrize("decision", list(Decision))
async def test_an_order_that_is_confirmed_returns(
    opened: Opened, behaves: str, decision: Decision
) -> None:
    async with opened(behaves) as gate:
        await gate.announce(order(decision))


@remote
@pytest.mark.parametrize("behaves", BAD)
async def test_an_order_that_is_not_confirmed_is_a_gate_error(opened: Opened, behaves: str) -> None:
    async with opened(behaves) as gate:
        with pytest.raises(GateError) as failed:
            await gate.announce(order())
    assert failed.value.retryable
    assert "<html>" not in str(failed.value)
    assert "key=k" not in str(failed.value)


@remote
async def test_announcing_can_be_cancelled(opened: Opened) -> None:
    async with opened("hang") as gate:
        announcing = asyncio.create_task(gate.announce(order()))
        await asyncio.sleep(0)
        announcing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await announcing


@remote
async def test_the_same_order_may_be_tried_again(opened: Opened) -> None:
    async with opened("500") as gate:
        for _ in range(3):
            with pytest.raises(GateError):
                await gate.announce(order())
