"""The dialer over Asterisk's manager: what it asks for, and what it makes of the answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from porteiro.calls.dialable import UndialableError
from porteiro.calls.ports import RingRequest
from porteiro.dialers.ami import AmiDialer, AmiOptions
from porteiro.dialogue.events import RingResult
from porteiro.errors import DialerError
from tests.unit.dialers.manager_peer import ManagerPeer, manager_and_client

CALL = "e69439e9-1489-4bba-b55d-37612b5dffaf"
ATTEMPT = "0a4ba2a1-6a3f-4a50-9a9f-0f7a54a6f3c1"


def request(number: str = "1003030") -> RingRequest:
    return RingRequest(CALL, ATTEMPT, 1, number, "2018519", "10.0.0.5", 8201, 25.0)


@asynccontextmanager
async def ringing() -> AsyncIterator[tuple[ManagerPeer, "asyncio.Task[RingResult]"]]:
    """Ring, up to where Asterisk has taken the order and made the channel."""
    async with manager_and_client() as (peer, client):
        await peer.accept()
        task = asyncio.create_task(AmiDialer(client, AmiOptions()).ring(request()))
        await peer.action()
        peer.send(Response="Success", ActionID=ATTEMPT)
        peer.send(Event="Newchannel", Uniqueid=ATTEMPT)
        yield peer, task


async def test_it_originates_a_channel_of_the_attempts_own_id_for_the_call() -> None:
    async with manager_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        options = AmiOptions("PJSIP/{number}@trunk", '"Portaria" <1000>')
        task = group.create_task(AmiDialer(client, options).ring(request()))
        action = await peer.action()
        peer.send(Response="Success", ActionID=ATTEMPT)
        peer.send(Event="OriginateResponse", ActionID=ATTEMPT, Response="Success", Reason="4")
        assert await task is RingResult.ANSWERED
    assert action == {
        "Action": "Originate",
        "ActionID": ATTEMPT,
        "Channel": "PJSIP/1003030@trunk",
        "ChannelId": ATTEMPT,
        "Application": "AudioSocket",
        "Data": f"{CALL},10.0.0.5:8201",
        "Timeout": "25000",
        "Async": "true",
        "CallerID": '"Portaria" <1000>',
    }


@pytest.mark.parametrize(
    ("reason", "cause", "result"),
    [
        ("5", "16", RingResult.BUSY),
        ("0", "17", RingResult.BUSY),
        ("3", "19", RingResult.NO_ANSWER),
        ("1", "0", RingResult.NO_ANSWER),
        ("0", "18", RingResult.NO_ANSWER),
        ("0", "21", RingResult.REJECTED),
        ("0", "20", RingResult.UNREACHABLE),
        ("0", "1", RingResult.UNREACHABLE),
        ("0", "0", RingResult.UNREACHABLE),
        ("8", "34", RingResult.FAILED),
        ("99", "", RingResult.FAILED),
        ("nonsense", "nonsense", RingResult.UNREACHABLE),
    ],
)
async def test_a_failure_is_what_the_hang_up_cause_says_or_else_the_reason(
    reason: str, cause: str, result: RingResult
) -> None:
    async with ringing() as (peer, task):
        peer.send(Event="OriginateResponse", ActionID=ATTEMPT, Response="Failure", Reason=reason)
        peer.send(Event="Hangup", Uniqueid=ATTEMPT, Cause=cause)
        assert await task is result


async def test_cancelling_hangs_the_ringing_phone_up() -> None:
    async with ringing() as (peer, task):
        peer.send(Event="Newstate", Uniqueid=ATTEMPT, ChannelStateDesc="Ringing")
        task.cancel()
        action = await peer.action()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (action["Action"], action["Channel"]) == ("Hangup", ATTEMPT)


async def test_a_lost_connection_while_it_rings_is_an_error() -> None:
    async with ringing() as (peer, task):
        peer.leave()
        with pytest.raises(DialerError, match="lost"):
            await task


@pytest.mark.parametrize(
    "number",
    ["", "12 34", "1,System(x)", "100/200", "1&2", "1:_:2", "1\r\nAction: x", "${EVAL}", "9" * 129],
)
@pytest.mark.parametrize("use", ["ring", "hand_over"])
async def test_a_number_that_no_phone_has_never_reaches_asterisk(number: str, use: str) -> None:
    async with manager_and_client() as (peer, client):
        await peer.accept()
        dialer = AmiDialer(client, AmiOptions())
        uses: dict[str, Callable[[], Awaitable[object]]] = {
            "ring": lambda: dialer.ring(request(number)),
            "hand_over": lambda: dialer.hand_over(CALL, number),
        }
        with pytest.raises(UndialableError) as refused:
            await uses[use]()
    assert not refused.value.retryable


async def test_a_handover_leaves_the_number_under_the_call_id() -> None:
    async with manager_and_client() as (peer, client), asyncio.TaskGroup() as group:
        await peer.accept()
        telling = group.create_task(AmiDialer(client, AmiOptions()).hand_over(CALL, "9000"))
        action = await peer.action()
        peer.send(Response="Success", ActionID=action["ActionID"])
        await telling
    assert (action["Action"], action["Family"], action["Key"], action["Val"]) == (
        "DBPut",
        "porteiro",
        CALL,
        "9000",
    )
