"""The dialer over FreeSWITCH: what it asks for, and what it makes of the answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from porteiro.calls.dialable import UndialableError
from porteiro.calls.ports import RingRequest
from porteiro.dialers.esl import EslDialer, EslOptions
from porteiro.dialogue.events import RingResult
from porteiro.errors import DialerError
from tests.unit.dialers.switch_peer import SECRET, SwitchPeer, api_reply, reply, switch_and_client
from tests.unit.event_socket.event_socket_peer import event, until

CALL = "e69439e9-1489-4bba-b55d-37612b5dffaf"
ATTEMPT = "0a4ba2a1-6a3f-4a50-9a9f-0f7a54a6f3c1"
OURS = EslOptions(stream_url="ws://10.0.0.5:8085", control="10.0.0.5:8022")
ALONE = EslOptions(stream_url="ws://10.0.0.5:8085", mode="websocket")
KILL = f"api uuid_kill {ATTEMPT} NORMAL_CLEARING"


def request(number: str = "1003030", limit_s: float = 25.0) -> RingRequest:
    return RingRequest(CALL, ATTEMPT, 1, number, "2018519", "10.0.0.5", 8201, limit_s)


Ringing = tuple[SwitchPeer, "asyncio.Task[RingResult]"]


@asynccontextmanager
async def ringing(options: EslOptions = OURS) -> AsyncIterator[Ringing]:
    """Ring, up to where FreeSWITCH has taken the order and made the channel."""
    async with switch_and_client() as (peer, client):
        await peer.accept()
        task = asyncio.create_task(EslDialer(client, options).ring(request()))
        await peer.job()
        peer.channel("CHANNEL_CREATE", ATTEMPT)
        yield peer, task


async def test_it_originates_a_channel_of_the_attempts_own_id_for_the_call() -> None:
    async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        options = EslOptions(
            "sofia/gateway/trunk/{number}",
            "ws://10.0.0.5:8085",
            "10.0.0.5:8022",
            caller_id='"Portaria Apoena" <1000>',
        )
        task = group.create_task(EslDialer(client, options).ring(request()))
        command = await peer.command()
        peer.send(reply(f"+OK Job-UUID: {ATTEMPT}"))
        peer.done(ATTEMPT, f"+OK {ATTEMPT}\n")
        assert await task is RingResult.ANSWERED
    assert command == (
        f"bgapi originate {{origination_uuid={ATTEMPT},originate_timeout=25,"
        "ignore_early_media=true,origination_caller_id_name='Portaria Apoena',"
        f"origination_caller_id_number=1000,porteiro_call_id={CALL},porteiro_role=resident,"
        f"porteiro_extension=2018519,api_on_answer='uuid_audio_stream {ATTEMPT} start "
        f"ws://10.0.0.5:8085/stream/2018519/{CALL}/resident mono 8k',STREAM_PLAYBACK=true,"
        "hangup_after_bridge=true,socket_resume=true}sofia/gateway/trunk/1003030 "
        f"&socket('10.0.0.5:8022 async full')\nJob-UUID: {ATTEMPT}"
    )


async def test_with_sound_alone_the_channel_is_parked() -> None:
    async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        options = EslOptions(mode="websocket", rate="16k", caller_id="1000")
        task = group.create_task(EslDialer(client, options).ring(request()))
        command = await peer.job()
        peer.done(ATTEMPT, f"+OK {ATTEMPT}\n")
        assert await task is RingResult.ANSWERED
    assert command.endswith("}user/1003030 &park()")
    assert "/resident mono 16k'" in command
    assert "origination_caller_id_number=1000" in command
    assert "origination_caller_id_name" not in command


@pytest.mark.parametrize(
    ("cause", "result"),
    [
        ("USER_BUSY", RingResult.BUSY),
        ("BUSY_EVERYWHERE", RingResult.BUSY),
        ("NO_ANSWER", RingResult.NO_ANSWER),
        ("NO_USER_RESPONSE", RingResult.NO_ANSWER),
        ("ALLOTTED_TIMEOUT", RingResult.NO_ANSWER),
        ("NORMAL_CLEARING", RingResult.NO_ANSWER),
        ("CALL_REJECTED", RingResult.REJECTED),
        ("DECLINE", RingResult.REJECTED),
        ("SUBSCRIBER_ABSENT", RingResult.UNREACHABLE),
        ("USER_NOT_REGISTERED", RingResult.UNREACHABLE),
        ("UNALLOCATED_NUMBER", RingResult.UNREACHABLE),
        ("NO_ROUTE_DESTINATION", RingResult.UNREACHABLE),
        ("RECOVERY_ON_TIMER_EXPIRE", RingResult.UNREACHABLE),
        ("NORMAL_TEMPORARY_FAILURE", RingResult.FAILED),
        ("GATEWAY_DOWN", RingResult.FAILED),
        ("a cause of the future", RingResult.FAILED),
        ("", RingResult.FAILED),
    ],
)
async def test_a_failure_is_what_its_cause_says(cause: str, result: RingResult) -> None:
    async with ringing() as (peer, task):
        peer.channel("CHANNEL_HANGUP_COMPLETE", ATTEMPT, Hangup_Cause=cause)
        peer.done(ATTEMPT, f"-ERR {cause}\n")
        assert await task is result


async def test_what_freeswitch_does_not_understand_is_an_error() -> None:
    async with ringing() as (peer, task):
        peer.done(ATTEMPT, "-USAGE <call_url> <exten>|&<application_name>(<app_args>)\n")
        with pytest.raises(DialerError, match="dial string"):
            await task


async def test_an_end_that_comes_before_the_command_is_known_to_be_taken_counts() -> None:
    async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        task = group.create_task(EslDialer(client, OURS).ring(request()))
        await peer.command()
        peer.done(ATTEMPT, "-ERR USER_BUSY\n")
        peer.send(reply(f"+OK Job-UUID: {ATTEMPT}"))
        assert await task is RingResult.BUSY


async def test_a_command_that_is_refused_is_an_error_and_rings_nobody() -> None:
    async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        task = group.create_task(failure(EslDialer(client, OURS)))
        await peer.command()
        peer.send(reply("-ERR command not allowed"))
        assert "not allowed" in str(await task)


async def test_cancelling_hangs_the_ringing_phone_up() -> None:
    async with ringing() as (peer, task):
        await cancelled(task)
        assert await peer.command() == KILL


async def test_cancelling_before_the_channel_comes_to_be_hangs_it_up_then() -> None:
    async with switch_and_client() as (peer, client):
        await peer.accept()
        task = asyncio.create_task(EslDialer(client, OURS).ring(request()))
        await peer.job()
        await cancelled(task)
        assert await peer.command() == KILL
        peer.send(api_reply("-ERR No such channel!\n"))
        peer.channel("CHANNEL_CREATE", ATTEMPT)
        assert await peer.command() == KILL


async def test_cancelling_never_hangs_up_a_phone_that_was_answered() -> None:
    async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        task = asyncio.create_task(EslDialer(client, OURS).ring(request()))
        await peer.job()
        peer.channel("CHANNEL_ANSWER", ATTEMPT)
        asking = group.create_task(client.api("status"))
        await peer.command()
        peer.send(api_reply("UP"))
        await asking
        await cancelled(task)
        await says_nothing(peer)


async def test_an_answer_that_was_under_way_when_it_was_cancelled_is_heard_of_in_time() -> None:
    async with ringing() as (peer, task):
        await cancelled(task)
        peer.channel("CHANNEL_ANSWER", ATTEMPT)
        await says_nothing(peer)


async def test_an_end_after_the_cancelling_is_the_end() -> None:
    async with switch_and_client() as (peer, client):
        await peer.accept()
        task = asyncio.create_task(EslDialer(client, OURS).ring(request()))
        await peer.job()
        await cancelled(task)
        peer.done(ATTEMPT, f"+OK {ATTEMPT}\n")
        await until(lambda: not client._listeners)
        await says_nothing(peer)


async def test_an_answer_counts_although_its_job_never_ends() -> None:
    async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        task = group.create_task(EslDialer(client, OURS).ring(request(limit_s=-4.9)))
        await peer.job()
        peer.channel("CHANNEL_ANSWER", ATTEMPT)
        assert await task is RingResult.ANSWERED


async def test_a_ringing_whose_end_is_never_told_is_an_error_and_stopped() -> None:
    async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        task = group.create_task(failure(EslDialer(client, OURS), request(limit_s=-4.9)))
        await peer.job()
        assert "never said" in str(await task)
        assert await peer.command() == KILL
        await until(lambda: not client._listeners)


async def test_a_lost_connection_while_it_rings_is_an_error() -> None:
    async with ringing() as (peer, task):
        await peer.leave()
        with pytest.raises(DialerError, match="lost") as lost:
            await task
    assert lost.value.retryable


async def test_a_lost_connection_after_the_answer_is_an_answer() -> None:
    async with ringing() as (peer, task):
        peer.channel("CHANNEL_ANSWER", ATTEMPT)
        await peer.leave()
        assert await task is RingResult.ANSWERED


async def test_who_leaves_freeswitch_hangs_the_ringing_phones_up_before() -> None:
    async with switch_and_client() as (peer, client):
        await peer.accept()
        task = asyncio.create_task(EslDialer(client, OURS).ring(request()))
        await peer.job()
        leaving = asyncio.create_task(client._leave())
        assert [await peer.command() for _ in range(2)] == [KILL, "exit"]
        await peer.leave()
        await leaving
        with pytest.raises(DialerError, match="lost"):
            await task


async def test_a_parked_channel_is_hung_up_when_its_stream_ends() -> None:
    async with ringing(ALONE) as (peer, task):
        peer.done(ATTEMPT, f"+OK {ATTEMPT}\n")
        assert await task is RingResult.ANSWERED
        ended = "mod_audio_stream%3A%3Adisconnect"
        peer.send(event("CUSTOM", Unique_ID=ATTEMPT, Event_Subclass=ended))
        assert await peer.command() == KILL


async def test_a_parked_channel_is_forgotten_once_it_is_gone() -> None:
    async with switch_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        task = group.create_task(EslDialer(client, ALONE).ring(request()))
        await peer.job()
        peer.done(ATTEMPT, f"+OK {ATTEMPT}\n")
        await task
        assert client._listeners
        peer.channel("CHANNEL_HANGUP_COMPLETE", ATTEMPT)
        await until(lambda: not client._listeners)


@pytest.mark.parametrize(
    "number",
    ["", "12 34", "1,2", "1|2", "1:_:2", "1}x", "1'x", "1\r\nexit", "${hostname}", "9" * 129],
)
async def test_a_number_that_no_phone_has_never_reaches_freeswitch(number: str) -> None:
    async with switch_and_client() as (peer, client):
        await peer.accept()
        with pytest.raises(UndialableError) as refused:
            await EslDialer(client, OURS).ring(request(number))
        await client.connected()
        client.send_api("status")
        assert await peer.command() == "api status"
    assert not refused.value.retryable


@pytest.mark.parametrize(
    "caller_id", ['"Bloco A, B" <1000>', "${x}", '"a" <1}2>', "x\r\nexit", '"a\'b" <1>']
)
async def test_a_caller_id_that_means_more_never_reaches_freeswitch(caller_id: str) -> None:
    async with switch_and_client() as (peer, client):
        await peer.accept()
        with pytest.raises(UndialableError):
            await EslDialer(client, EslOptions(caller_id=caller_id)).ring(request())
        await client.connected()
        client.send_api("status")
        assert await peer.command() == "api status"


async def test_neither_the_number_nor_the_password_is_logged() -> None:
    with capture_logs() as logs:
        async with ringing() as (peer, task):
            peer.done(ATTEMPT, "-ERR USER_BUSY\n")
            await task
    ended = next(entry for entry in logs if entry["event"] == "The ringing ended")
    assert (ended["call_id"], ended["result"], ended["cause"]) == (CALL, "busy", "USER_BUSY")
    assert "1003030" not in repr(logs)
    assert SECRET not in repr(logs)


async def failure(dialer: EslDialer, asked: RingRequest | None = None) -> DialerError:
    """Ring in vain, and return why it failed."""
    with pytest.raises(DialerError) as failed:
        await dialer.ring(asked or request())
    return failed.value


async def cancelled(task: "asyncio.Task[RingResult]") -> None:
    """Cancel a ringing."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def says_nothing(peer: SwitchPeer) -> None:
    """See that no command comes, for longer than word of an answer is waited for."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.4):
            await peer.command()
