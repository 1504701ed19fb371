"""What the publisher does while a real RabbitMQ comes, goes, hangs and refuses."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from porteiro.errors import MessagingError
from porteiro.messaging.amqp import AmqpOptions, AmqpPublisher
from tests.rabbitmq import PASSWORD, RabbitMQ, broker, one_rabbitmq, queue

__all__ = ["broker", "one_rabbitmq", "queue"]

HURRIED = 1.0


@asynccontextmanager
async def publisher_of(url: str, limit_s: float = 10.0) -> AsyncIterator[AmqpPublisher]:
    options = AmqpOptions(url, connect_s=limit_s, publish_s=limit_s, backoff_s=0.05)
    async with AmqpPublisher(options) as publisher:
        yield publisher


async def put(publisher: AmqpPublisher, queue: str, number: int = 0) -> None:
    await publisher.publish(queue, {"n": number}, message_id=str(uuid4()), correlation_id="c1")


async def put_at_last(publisher: AmqpPublisher, queue: str, number: int) -> None:
    async with asyncio.timeout(30):
        for pause_s in count(0.05, 0.05):
            try:
                await put(publisher, queue, number)
            except MessagingError:
                await asyncio.sleep(pause_s)
            else:
                break


async def numbers(broker: RabbitMQ, queue: str) -> list[int]:
    return [json.loads(message.body)["n"] for message in await broker.take(queue)]


async def test_a_confirmed_message_survives_the_broker_s_restart(
    broker: RabbitMQ, queue: str
) -> None:
    with capture_logs() as logs:
        async with publisher_of(broker.url()) as publisher:
            await put(publisher, queue, 1)
            await asyncio.to_thread(broker.stop)
            with pytest.raises(MessagingError, match="is away"):
                await put(publisher, queue, 2)
            await asyncio.to_thread(broker.start)
            await put_at_last(publisher, queue, 3)
    assert await numbers(broker, queue) == [1, 3]
    told = [entry["event"] for entry in logs]
    assert told == [
        "The message broker is there",
        "The message broker is away",
        "The message broker is back",
    ]


async def test_a_broker_that_is_killed_in_mid_use_fails_what_was_under_way_and_nothing_else(
    broker: RabbitMQ, queue: str
) -> None:
    async with publisher_of(broker.url()) as publisher:
        await put(publisher, queue)
        broker.freeze()
        under_way = [asyncio.create_task(put(publisher, queue, n)) for n in range(20)]
        await asyncio.sleep(0)
        await asyncio.to_thread(broker.kill)
        failures = await asyncio.gather(*under_way, return_exceptions=True)
        assert {type(each) for each in failures} == {MessagingError}
        await asyncio.to_thread(broker.start)
        await put_at_last(publisher, queue, 99)
    assert (await numbers(broker, queue))[-1] == 99


@pytest.mark.every_loop
async def test_a_broker_that_hangs_is_an_error_within_the_limit_and_used_again_later(
    broker: RabbitMQ, queue: str
) -> None:
    async with publisher_of(broker.url(), HURRIED) as publisher:
        await put_at_last(publisher, queue, 1)
        broker.freeze()
        async with asyncio.timeout(10 * HURRIED):
            with pytest.raises(MessagingError, match="hangs or has an alarm"):
                await put(publisher, queue, 2)
            with pytest.raises(MessagingError, match="is away"):
                await put(publisher, queue, 3)
        broker.thaw()
        await put_at_last(publisher, queue, 4)
    assert (await numbers(broker, queue))[-1] == 4


async def test_a_frozen_broker_does_not_hold_up_the_end(broker: RabbitMQ, queue: str) -> None:
    async with asyncio.timeout(20), publisher_of(broker.url()) as publisher:
        await put(publisher, queue)
        broker.freeze()


async def test_a_broker_out_of_memory_is_an_error_within_the_limit(
    broker: RabbitMQ, queue: str
) -> None:
    async with publisher_of(broker.url(), HURRIED) as publisher:
        await put_at_last(publisher, queue, 1)
        await asyncio.to_thread(broker.control, "set_vm_memory_high_watermark", "0.0")
        try:
            with pytest.raises(MessagingError, match="hangs or has an alarm"):
                await put(publisher, queue, 2)
        finally:
            await asyncio.to_thread(broker.control, "set_vm_memory_high_watermark", "0.4")
        await put_at_last(publisher, queue, 3)
    assert 3 in await numbers(broker, queue)


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (("guessed-pw", "/"), "refuses the user 'porteiro'"),
        ((PASSWORD, "/nowhere"), "into no virtual host 'nowhere'"),
    ],
)
async def test_a_refusal_is_told_clearly_and_without_the_password(
    broker: RabbitMQ, refused: tuple[str, str], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    password, _ = refused
    with capture_logs() as logs:
        async with publisher_of(broker.url(*refused)) as publisher:
            for _ in range(2):
                with pytest.raises(MessagingError, match=why) as failed:
                    await put(publisher, "fila")
                assert password not in str(failed.value)
    assert [entry["event"] for entry in logs] == ["The message broker is away"]
    assert password not in f"{logs}{caplog.text}"


async def test_a_queue_of_an_earlier_deployment_is_used_as_it_is(
    broker: RabbitMQ, queue: str
) -> None:
    await broker.declare(queue, {"x-message-ttl": 600_000, "x-max-length": 5})
    async with publisher_of(broker.url()) as publisher:
        await put(publisher, queue, 7)
    assert await numbers(broker, queue) == [7]


async def test_a_queue_that_is_full_and_refuses_is_an_error(broker: RabbitMQ, queue: str) -> None:
    await broker.declare(queue, {"x-max-length": 1, "x-overflow": "reject-publish"})
    async with publisher_of(broker.url()) as publisher:
        await put(publisher, queue, 1)
        with pytest.raises(MessagingError, match="is it full"):
            await put(publisher, queue, 2)
    assert await numbers(broker, queue) == [1]


async def test_a_queue_of_somebody_else_s_alone_is_an_error_that_names_it(
    broker: RabbitMQ, queue: str
) -> None:
    async with broker.connected() as channel, publisher_of(broker.url()) as publisher:
        await channel.declare_queue(queue, exclusive=True)
        with pytest.raises(MessagingError, match=f"{queue}.*RESOURCE_LOCKED"):
            await put(publisher, queue)


async def test_a_queue_that_is_deleted_in_between_is_made_again(
    broker: RabbitMQ, queue: str
) -> None:
    async with publisher_of(broker.url()) as publisher:
        await put(publisher, queue, 1)
        await broker.delete(queue)
        await put(publisher, queue, 2)
    assert await numbers(broker, queue) == [2]


@pytest.mark.every_loop
async def test_cancelled_publishing_leaves_the_others_their_own_confirmations(
    broker: RabbitMQ, queue: str
) -> None:
    async with publisher_of(broker.url()) as publisher:
        tasks = [asyncio.create_task(put(publisher, queue, n)) for n in range(200)]
        for turn, task in enumerate(tasks[::3]):
            if turn % 4 == 0:
                await asyncio.sleep(0)
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await put(publisher, queue, 1000)
    kept = {n for n, end in enumerate(ends) if end is None}
    assert kept >= set(range(200)) - set(range(0, 200, 3))
    assert {*kept, 1000} <= set(await numbers(broker, queue))


@pytest.mark.every_loop
async def test_many_queues_at_once_are_each_made(broker: RabbitMQ) -> None:
    names = [f"fila-{uuid4()}" for _ in range(10)]
    async with publisher_of(broker.url()) as publisher:
        await asyncio.gather(*(put(publisher, name, n) for name in names for n in range(5)))
    for name in names:
        assert sorted(await numbers(broker, name)) == list(range(5))
