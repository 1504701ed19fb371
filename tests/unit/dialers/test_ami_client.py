"""The connection to Asterisk's manager: kept up, watched, and honest about trouble."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from porteiro.dialers.ami_client import AmiClient, AmiServer
from porteiro.errors import DialerError
from tests.unit.dialers.manager_peer import manager_and_client


async def test_it_logs_in_and_asks_for_calls_events_only() -> None:
    async with manager_and_client() as (peer, client):
        login = await peer.accept()
        await client.connected()
    assert (login["Action"], login["Username"], login["Secret"], login["Events"]) == (
        "Login",
        "porteiro",
        "top-secret",
        "call",
    )


async def test_each_answer_goes_to_the_action_that_asked() -> None:
    async with manager_and_client() as (peer, client), asyncio.TaskGroup() as group:
        first = group.create_task(client.act("DBPut", {"Key": "1"}))
        second = group.create_task(client.act("DBPut", {"Key": "2"}))
        await peer.accept()
        actions = [await peer.action(), await peer.action()]
        for action in reversed(actions):
            peer.send(Response="Success", ActionID=action["ActionID"], Message=action["Key"])
        assert [(await task).get("Message") for task in (first, second)] == ["1", "2"]


async def test_a_refusal_says_what_asterisk_said() -> None:
    async with manager_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        acting = group.create_task(_failure_of(client))
        action = await peer.action()
        peer.send(Response="Error", ActionID=action["ActionID"], Message="Permission denied")
        assert "Permission denied" in await acting


async def test_an_asterisk_that_is_not_there_is_an_error_not_a_hang() -> None:
    client = AmiClient(AmiServer("127.0.0.1", 9, "porteiro", "top-secret", reply_s=0.05))
    assert "127.0.0.1:9" in await _failure_of(client)


@pytest.mark.every_loop
@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1", "nothing listens there (connection refused)"),
        ("255.255.255.255", "Network is unreachable"),
        ("nobody.invalid", "its name is not known here"),
    ],
)
async def test_why_asterisk_is_away_is_said_in_words(host: str, words: str) -> None:
    client = AmiClient(AmiServer(host, 9, "porteiro", "top-secret"))
    with capture_logs() as logs:
        await _runs_until(client, lambda: bool(logs))
    assert logs[0]["event"] == "Asterisk's manager is away"
    assert logs[0]["reason"] == words


async def test_the_same_reason_is_warned_of_once() -> None:
    server = AmiServer("127.0.0.1", 9, "porteiro", "top-secret", backoff_s=0.001)
    with capture_logs() as logs:
        await _runs_until(AmiClient(server), lambda: len(logs) >= 3)
    assert [line["log_level"] for line in logs[:3]] == ["warning", "debug", "debug"]


async def test_an_action_that_is_never_answered_is_an_error() -> None:
    async with manager_and_client(reply_s=0.2) as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        await client.connected()
        acting = group.create_task(_failure_of(client))
        await peer.action()
        assert "did not take DBPut" in await acting


async def test_a_lost_connection_fails_what_waits_and_is_made_again() -> None:
    async with manager_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        acting = group.create_task(_failure_of(client))
        await peer.action()
        with client.watch("attempt") as watch:
            peer.leave()
            assert "lost" in await acting
            with pytest.raises(DialerError, match="lost"):
                await watch.next()
        await peer.accept()
        await client.connected()


@pytest.mark.parametrize(
    "garbage", [b"x" * 100_000, b"Event: A\r\n" * 2_000], ids=["endless-line", "endless-message"]
)
async def test_a_manager_that_talks_nonsense_is_left_and_tried_again(garbage: bytes) -> None:
    async with manager_and_client() as (peer, _):
        await peer.accept()
        peer.send_bytes(garbage)
        await peer.gone()
        await peer.accept()


async def test_a_dead_asterisk_is_noticed_by_asking_it() -> None:
    async with manager_and_client(ping_s=0.05) as (peer, _):
        await peer.accept()
        assert (await peer.action())["Action"] == "Ping"
        await peer.gone()
        await peer.accept()


async def test_a_refused_login_is_tried_again_and_says_whom_it_refused() -> None:
    with capture_logs() as logs:
        async with manager_and_client(reply_s=0.2) as (peer, client):
            await peer.accept("Error")
            await peer.gone()
            assert "'porteiro'" in await _failure_of(client)
            await peer.accept()
            await client.connected()
    assert "top-secret" not in repr(logs)


async def test_events_go_to_those_who_watch_their_channel_or_action() -> None:
    async with manager_and_client() as (peer, client):
        await peer.accept()
        with client.watch("attempt") as watch:
            peer.send(Event="Hangup", Uniqueid="another")
            peer.send(Event="Newchannel", Uniqueid="attempt")
            peer.send(Event="OriginateResponse", ActionID="attempt", Uniqueid="attempt")
            peer.send(Event="Hangup", Uniqueid="attempt")
            events = [(await watch.next()).event for _ in range(3)]
    assert events == ["Newchannel", "OriginateResponse", "Hangup"]


async def test_a_channel_to_be_hung_up_that_comes_later_is_hung_up_then() -> None:
    async with manager_and_client() as (peer, client):
        await peer.accept()
        await client.connected()
        client.hang_up("attempt")
        first = await peer.action()
        peer.send(Event="Newchannel", Uniqueid="attempt")
        second = await peer.action()
    assert [(a["Action"], a["Channel"]) for a in (first, second)] == [("Hangup", "attempt")] * 2


def test_the_secret_is_not_shown() -> None:
    assert "top-secret" not in repr(AmiServer("pbx", 5038, "porteiro", "top-secret"))


async def _failure_of(client: AmiClient) -> str:
    with pytest.raises(DialerError) as failure:
        await client.act("DBPut", {"Key": "1"})
    return str(failure.value)


async def _runs_until(client: AmiClient, holds: Callable[[], bool]) -> None:
    running = asyncio.create_task(client.run())
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110  only the log tells
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.wait([running])
