import asyncio
import logging
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from porteiro.errors import MessagingError, SettingsError
from porteiro.messaging.amqp import AmqpOptions, AmqpPublisher
from tests.contract.amqp_peer import peer_that

SECRET = "s3gr3d0"


async def failure(url: str) -> str:
    """Publish in vain, and return why."""
    options = AmqpOptions(url, connect_s=0.3, publish_s=5.0)
    async with AmqpPublisher(options) as publisher:
        with pytest.raises(MessagingError) as failed:
            await publisher.publish("fila", {}, message_id="m", correlation_id="c")
    assert failed.value.retryable
    return str(failed.value)


@pytest.mark.parametrize(
    "url",
    [
        f"amqp://u:{SECRET}@127.0.0.1:99999/",
        f"amqp://u:{SECRET}@[::1/",
        f"http://u:{SECRET}@127.0.0.1/",
        f"u:{SECRET}@h",
        "",
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="AMQP_URL") as failed:
        AmqpPublisher(AmqpOptions(url))
    assert SECRET not in f"{failed.value}{failed.value.__cause__}"


def test_options_do_not_show_the_password() -> None:
    assert SECRET not in repr(AmqpOptions(f"amqp://u:{SECRET}@h/"))


@pytest.mark.parametrize(
    ("behaves", "why"),
    [("close", "is away"), ("hang", "does not answer within 0.3 s"), ("garbage", "is away")],
)
async def test_what_is_no_broker_is_an_error_that_names_the_address(
    behaves: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with peer_that(behaves) as port:
            told = await failure(f"amqp://u:{SECRET}@127.0.0.1:{port}/")
    assert f"127.0.0.1:{port}" in told
    assert why in told
    assert [entry["event"] for entry in logs] == ["The message broker is away"]
    assert SECRET not in f"{told}{logs}{caplog.text}"


async def test_nothing_there_is_told_at_once_and_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with peer_that("close") as port:
        pass
    with capture_logs() as logs:
        options = AmqpOptions(f"amqp://u:{SECRET}@127.0.0.1:{port}/", backoff_s=0.001)
        async with AmqpPublisher(options) as publisher:
            for _ in range(20):
                with pytest.raises(MessagingError, match="refused"):
                    await publisher.publish("fila", {}, message_id="m", correlation_id="c")
    assert [entry["event"] for entry in logs] == ["The message broker is away"]
    assert SECRET not in caplog.text


async def test_cancelling_and_leaving_while_it_connects_leaves_nothing() -> None:
    before = asyncio.all_tasks()
    async with peer_that("hang") as port:
        async with AmqpPublisher(AmqpOptions(f"amqp://u:p@127.0.0.1:{port}/")) as publisher:
            waiting = asyncio.create_task(
                publisher.publish("fila", {}, message_id="m", correlation_id="c")
            )
            await asyncio.sleep(0)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
        for _ in range(5):
            await asyncio.sleep(0)
        left = {task for task in asyncio.all_tasks() - before if "meet" not in repr(task)}
        assert not left
