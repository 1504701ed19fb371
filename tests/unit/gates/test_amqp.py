import json
from dataclasses import replace

import pytest

from porteiro.calls.ports import GateOrder
from porteiro.dialogue.terms import Decision, Purpose
from porteiro.gates.amqp import AmqpGate, AmqpGateOptions
from porteiro.gates.order import announced
from porteiro.messaging.amqp import AmqpOptions, AmqpPublisher
from tests.rabbitmq import RabbitMQ, broker, one_rabbitmq, queue

__all__ = ["broker", "one_rabbitmq", "queue"]

ORDER = GateOrder(
    "c1", 15, Decision.AUTHORIZED, "501", "Renata", "João", Purpose.DELIVERY, 1_795_257_000.25
)


async def test_an_order_is_the_contract_s_message_under_the_call_s_id(
    broker: RabbitMQ, queue: str
) -> None:
    async with AmqpPublisher(AmqpOptions(broker.url())) as publisher:
        await AmqpGate(publisher, AmqpGateOptions(queue)).announce(ORDER)
    (message,) = await broker.take(queue)
    assert message.body == (
        b'{"call_id": "c1", "action": "authorize", "apartment": "501", "resident": "Renata", '
        b'"visitor": "Jo\\u00e3o", "intent_type": "entrega", '
        b'"authorization_result": "authorized", "timestamp": 1795257000.25}'
    )
    assert message.delivery_mode == 2
    assert message.content_type == "application/json"
    assert (message.message_id, message.correlation_id) == ("c1", "c1")


@pytest.mark.parametrize("decision", list(Decision))
@pytest.mark.parametrize(
    "name", ["", '"', "\\", "Robert'); drop table visits; --", "Zoë 名\x00", "\ud800"]
)
async def test_whatever_a_name_holds_arrives_as_it_is(
    broker: RabbitMQ, queue: str, name: str, decision: Decision
) -> None:
    order = replace(
        ORDER, apartment=name, resident=name, visitor=name, decision=decision, purpose=None
    )
    async with AmqpPublisher(AmqpOptions(broker.url())) as publisher:
        await AmqpGate(publisher, AmqpGateOptions(queue)).announce(order)
    (message,) = await broker.take(queue)
    assert json.loads(message.body) == announced(order)
