"""The connection to FreeSWITCH's event socket: kept up, watched, and honest about trouble."""

import asyncio

import pytest
from structlog.testing import capture_logs

from porteiro.dialers.esl_client import EslClient, EslServer
from porteiro.errors import DialerError, SettingsError
from porteiro.wire import esl
from tests.unit.dialers.switch_peer import (
    GOODBYE,
    SECRET,
    api_reply,
    reply,
    switch_and_client,
)
from tests.unit.event_socket.event_socket_peer import event, recorded, until

Told = list[esl.Event | None]

EVENTS = (
    "BACKGROUND_JOB",
    "HEARTBEAT",
    "CHANNEL_CREATE",
    "CHANNEL_ANSWER",
    "CHANNEL_HANGUP_COMPLETE",
)


async def test_it_logs_in_and_asks_for_the_events_of_its_own_channels_only() -> None:
    async with switch_and_client() as (peer, client):
        said = await peer.accept()
        await client.connected()
    assert said == [
        f"auth {SECRET}",
        f"event plain {' '.join(EVENTS)} CUSTOM mod_audio_stream::disconnect",
        "filter Event-Name BACKGROUND_JOB",
        "filter Event-Name HEARTBEAT",
        "filter variable_porteiro_role resident",
    ]


async def test_each_answer_goes_to_the_command_that_asked() -> None:
    async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        tasks = [group.create_task(client.api(f"expand {n}")) for n in range(3)]
        for _ in tasks:
            peer.send(api_reply((await peer.command()).removeprefix("api expand ")))
        assert [await task for task in tasks] == ["0", "1", "2"]


async def test_a_refusal_says_what_freeswitch_said() -> None:
    async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        acting = group.create_task(_failure_of(client))
        await peer.command()
        peer.send(api_reply("-ERR no such thing\n"))
        assert "no such thing" in await acting


async def test_a_freeswitch_that_is_not_there_is_an_error_not_a_hang() -> None:
    client = EslClient(EslServer("127.0.0.1", 9, SECRET, reply_s=0.05))
    assert "127.0.0.1:9 is away" in await _failure_of(client)


@pytest.mark.every_loop
@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1", "nothing listens there (connection refused)"),
        ("255.255.255.255", "Network is unreachable"),
        ("nobody.invalid", "its name is not known here"),
    ],
)
async def test_why_freeswitch_is_away_is_said_in_words(host: str, words: str) -> None:
    client = EslClient(EslServer(host, 9, SECRET))
    with capture_logs() as logs:
        running = asyncio.create_task(client.run())
        await until(lambda: bool(logs))
        running.cancel()
        await asyncio.wait([running])
    assert logs[0]["event"] == "FreeSWITCH is away"
    assert logs[0]["reason"] == words


async def test_a_command_that_is_never_answered_is_an_error() -> None:
    async with switch_and_client(reply_s=0.2) as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        await client.connected()
        acting = group.create_task(_failure_of(client))
        await peer.command()
        assert "did not answer within 0.2 s" in await acting


async def test_a_lost_connection_fails_what_waits_and_is_made_again() -> None:
    told = Told()
    with capture_logs() as logs:
        async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
            await peer.accept()
            acting = group.create_task(_failure_of(client))
            await peer.command()
            client.listen("attempt", told.append)
            peer.send(GOODBYE)
            await peer.leave()
            assert "lost" in await acting
            await until(lambda: told)
            await peer.accept()
            acting_again = group.create_task(client.api("status"))
            await peer.command()
            peer.send(api_reply("UP"))
            assert await acting_again == "UP"
    assert set(told) == {None}
    events = [entry["event"] for entry in logs if entry["log_level"] != "debug"]
    assert events[:3] == [
        "FreeSWITCH is connected",
        "FreeSWITCH is away",
        "FreeSWITCH is connected",
    ]


@pytest.mark.parametrize(
    "garbage",
    [b"x" * 100_000, b"SSH-2.0-OpenSSH_9.2\r\n\n\n", b"Content-Length: -5\n\n"],
    ids=["endless-line", "another-protocol", "negative-length"],
)
@pytest.mark.parametrize("when", ["at once", "later"])
async def test_a_peer_that_talks_nonsense_is_left_and_tried_again(
    garbage: bytes, when: str
) -> None:
    async with switch_and_client() as (peer, client):
        if when == "later":
            await peer.accept()
            await client.connected()
        else:
            await peer.meet()
        peer.send(garbage)
        await peer.gone()
        await peer.accept()
        await client.connected()


async def test_a_freeswitch_that_never_asks_for_the_password_is_left_and_tried_again() -> None:
    async with switch_and_client(reply_s=0.1) as (peer, client):
        await peer.meet()
        await peer.gone()
        assert "is away" in await _failure_of(client)
        await peer.accept()


async def test_a_silent_freeswitch_is_asked_for_a_word_and_stays() -> None:
    async with switch_and_client(ping_s=0.05) as (peer, client):
        await peer.accept()
        await client.connected()
        for _ in range(3):
            assert await peer.command() == "api status"
            peer.send(api_reply("UP"))


async def test_one_that_may_not_ask_for_the_status_is_alive_all_the_same() -> None:
    async with switch_and_client(ping_s=0.05) as (peer, client):
        await peer.accept()
        await client.connected()
        for _ in range(3):
            assert await peer.command() == "api status"
            peer.send(reply("-ERR permission denied"))


async def test_a_dead_freeswitch_is_noticed_left_and_tried_again() -> None:
    told = Told()
    with capture_logs() as logs:
        async with switch_and_client(reply_s=0.2, ping_s=0.05) as (peer, client):
            await peer.accept()
            await client.connected()
            client.listen("attempt", told.append)
            assert await peer.command() == "api status"
            await peer.gone()
            await peer.accept()
    assert None in told
    assert "did not answer" in next(e["reason"] for e in logs if "away" in e["event"])


async def test_a_wrong_password_is_told_once_and_tried_again() -> None:
    with capture_logs() as logs:
        async with switch_and_client(reply_s=0.3) as (peer, client):
            for _ in range(3):
                await peer.ask_in("-ERR invalid")
                peer.send(GOODBYE)
                await peer.gone()
            told = await _failure_of(client)
            await peer.accept()
            await client.connected()
    warnings = [entry["reason"] for entry in logs if entry["log_level"] == "warning"]
    assert warnings == ["FreeSWITCH refuses the password: check it against event_socket.conf.xml"]
    assert "refuses the password" in told
    assert SECRET not in f"{logs}{told}"


async def test_an_address_that_the_acl_refuses_is_told_once_with_advice() -> None:
    with capture_logs() as logs:
        async with switch_and_client() as (peer, _client):
            for _ in range(3):
                await peer.meet()
                peer.send(recorded("esl_inbound_acl_rejection"))
                await peer.gone()
            await peer.meet()
    warnings = [entry["reason"] for entry in logs if entry["log_level"] == "warning"]
    assert len(warnings) == 1
    assert "Access Denied, go away." in warnings[0]
    assert "apply-inbound-acl" in warnings[0]


async def test_events_go_to_those_who_listen_to_their_channel_or_job() -> None:
    told = Told()
    async with switch_and_client() as (peer, client):
        await peer.accept()
        client.listen("attempt", told.append)
        peer.channel("CHANNEL_ANSWER", "another")
        peer.done("another", "+OK")
        peer.channel("CHANNEL_CREATE", "attempt")
        peer.done("attempt", "+OK attempt")
        peer.send(event("HEARTBEAT"))
        await until(lambda: len(told) == 2)
        client.forget("attempt")
        client.forget("attempt")
    assert [told_event.name for told_event in told if told_event] == [
        "CHANNEL_CREATE",
        "BACKGROUND_JOB",
    ]


async def test_it_leaves_as_it_should() -> None:
    async with switch_and_client() as (peer, _client), asyncio.TaskGroup() as group:
        await peer.accept()
        leaving = EslClient(EslServer("127.0.0.1", peer.port, SECRET))
        running = group.create_task(leaving.run())
        await peer.accept()
        await leaving.connected()
        running.cancel()
        assert await peer.command() == "exit"
        peer.send(reply("+OK bye"), GOODBYE)
        await peer.leave()


async def test_what_is_sent_while_freeswitch_is_away_is_dropped() -> None:
    EslClient(EslServer("127.0.0.1", 9, SECRET)).send_api("uuid_kill x")


@pytest.mark.parametrize("password", ["a\nb", "a\rb", "a\0b", ""])
def test_a_password_that_would_add_a_line_is_refused_without_being_told(password: str) -> None:
    with pytest.raises(SettingsError, match="password") as refused:
        EslClient(EslServer("pbx", 8021, password))
    assert refused.value.__cause__ is None
    assert not password or password not in str(refused.value)


def test_the_password_is_not_shown() -> None:
    assert SECRET not in repr(EslServer("pbx", 8021, SECRET))


async def _failure_of(client: EslClient) -> str:
    with pytest.raises(DialerError) as failure:
        await client.api("uptime")
    return str(failure.value)
