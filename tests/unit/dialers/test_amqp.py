import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from porteiro.calls.ports import RingRequest
from porteiro.dialers.amqp import AmqpDialer, AmqpDialerOptions
from porteiro.dialogue.events import RingResult
from porteiro.messaging.amqp import AmqpOptions, AmqpPublisher
from tests.rabbitmq import RabbitMQ, broker, one_rabbitmq, queue

__all__ = ["broker", "one_rabbitmq", "queue"]

CALL = "e69439e9-1489-4bba-b55d-37612b5dffaf"
ATTEMPT = "0b0e0d53-6a7f-4b52-8f9c-8ff0a3fb1d6e"
REQUEST = RingRequest(CALL, ATTEMPT, 1, "1003030", "1000", "127.0.0.1", 8081, 25.0)


class StoppedClock:
    """A clock that shows one moment."""

    def now(self) -> float:
        return 0.0

    def wall(self) -> datetime:
        return datetime.fromtimestamp(1_795_257_000.9, UTC)


async def test_a_request_is_the_contract_s_message_persistent_and_for_one_attempt(
    broker: RabbitMQ, queue: str
) -> None:
    options = AmqpDialerOptions(queue, license="lic-1")
    async with AmqpPublisher(AmqpOptions(broker.url())) as publisher:
        dialer = AmqpDialer(publisher, options, StoppedClock())
        assert await dialer.ring(REQUEST) is RingResult.ACCEPTED
    (message,) = await broker.take(queue)
    assert message.body == (
        b'{"data": {"destiny": "IA", "guid": "e69439e9-1489-4bba-b55d-37612b5dffaf", '
        b'"license": "lic-1", "origin": "1003030"}, "operation": {"eventcode": "8001", '
        b'"guid": "cmd-e69439e9-1489-4bba-b55d-37612b5dffaf", "msg": "", '
        b'"timestamp": 1795257000, "type": "clicktocall"}}'
    )
    assert message.delivery_mode == 2
    assert message.content_type == "application/json"
    assert (message.message_id, message.correlation_id) == (ATTEMPT, CALL)


@pytest.mark.parametrize(
    "number",
    [
        "",
        '"',
        "\\",
        "'; drop table calls; --",
        "sip:joão@condomínio",
        "☎\x00\n",
        "\ud800",
        "9" * 9000,
    ],
)
async def test_whatever_a_number_holds_arrives_as_it_is(
    broker: RabbitMQ, queue: str, number: str
) -> None:
    async with AmqpPublisher(AmqpOptions(broker.url())) as publisher:
        dialer = AmqpDialer(publisher, AmqpDialerOptions(queue, license=number), StoppedClock())
        await dialer.ring(replace(REQUEST, number=number))
    (message,) = await broker.take(queue)
    data = json.loads(message.body)["data"]
    assert data == {"destiny": "IA", "guid": CALL, "license": number, "origin": number}
