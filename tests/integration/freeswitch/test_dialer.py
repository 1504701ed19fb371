"""Ringing residents through the stand-in for FreeSWITCH: every way in which it can end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from uuid import uuid4

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.server import ServerConnection, serve

from porteiro.calls.ports import RingRequest
from porteiro.dialers.esl import EslDialer, EslOptions
from porteiro.dialers.esl_client import EslClient, EslServer
from porteiro.dialogue.events import RingResult
from porteiro.errors import DialerError
from porteiro.phones.freeswitch import FreeSwitch, FreeSwitchOptions, FreeSwitchPhone, Registered
from tests.integration.freeswitch.relay import Relay, relay
from tests.integration.server import eventually

PASSWORD = "s3gr3d0"
RINGS_FOR_EVER = Registered(rings_s=60)


@dataclass
class Site:
    """A FreeSWITCH, the wire to it, and our dialer, whose residents come to `control`."""

    pbx: FreeSwitch
    wire: Relay
    client: EslClient
    dialer: EslDialer
    controls: list[asyncio.StreamWriter] = field(default_factory=list)

    def commands(self, verb: str) -> list[str]:
        """Return what the client now connected has sent of a kind."""
        received = self.pbx.inbound[-1].received if self.pbx.inbound else []
        return [command.line for command in received if command.verb == verb]


def a_request(number: str, limit_s: float = 20.0) -> RingRequest:
    return RingRequest(str(uuid4()), str(uuid4()), 1, number, "1000", "127.0.0.1", 9, limit_s)


def server_at(port: int, password: str = PASSWORD) -> EslServer:
    return EslServer("127.0.0.1", port, password, 0.5, 0.3, 0.02, 0.05)


@asynccontextmanager
async def site(
    options: FreeSwitchOptions | None = None, password: str = PASSWORD
) -> AsyncIterator[Site]:
    """Run a FreeSWITCH and a client of it, which may not be let in."""
    controls: list[asyncio.StreamWriter] = []
    listening = await asyncio.start_server(lambda _, w: controls.append(w), "127.0.0.1", 0)
    control = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        async with (
            listening,
            FreeSwitch(options or FreeSwitchOptions(password=PASSWORD)) as pbx,
            relay(pbx.port) as wire,
            asyncio.TaskGroup() as group,
        ):
            client = EslClient(server_at(wire.port, password))
            dialer = EslDialer(client, EslOptions(stream_url="ws://127.0.0.1:9", control=control))
            running = group.create_task(client.run())
            try:
                yield Site(pbx, wire, client, dialer, controls)
            finally:
                running.cancel()
                await asyncio.wait({running})
    finally:  # those, too, that came while all this ended
        for writer in controls:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@pytest.mark.parametrize(
    ("cause", "result"),
    [
        ("USER_BUSY", RingResult.BUSY),
        ("NO_USER_RESPONSE", RingResult.NO_ANSWER),
        ("CALL_REJECTED", RingResult.REJECTED),
        ("SUBSCRIBER_ABSENT", RingResult.UNREACHABLE),
        ("UNALLOCATED_NUMBER", RingResult.UNREACHABLE),
        ("NORMAL_TEMPORARY_FAILURE", RingResult.FAILED),
    ],
)
async def test_a_phone_that_is_not_answered_says_why(cause: str, result: RingResult) -> None:
    async with site() as made:
        made.pbx.numbers["1003"] = Registered(cause=cause)
        assert await made.dialer.ring(a_request("1003")) is result
        assert not made.pbx.sessions


async def test_a_number_that_nobody_registered_is_unreachable() -> None:
    async with site() as made:
        assert await made.dialer.ring(a_request("404")) is RingResult.UNREACHABLE


async def test_a_phone_that_rings_until_its_time_is_over_was_not_answered() -> None:
    async with site() as made:
        made.pbx.numbers["1003"] = RINGS_FOR_EVER
        assert await made.dialer.ring(a_request("1003", limit_s=1.0)) is RingResult.NO_ANSWER


async def test_a_phone_that_is_answered_comes_to_us_with_the_call_id_and_its_role() -> None:
    async with site() as made:
        made.pbx.numbers["1003"] = Registered(rings_s=0.05)
        asked = a_request("1003")
        assert await made.dialer.ring(asked) is RingResult.ANSWERED
        await eventually(lambda: made.controls)
        variables = made.pbx.sessions[asked.attempt_id].channel.variables
    assert variables["porteiro_call_id"] == asked.call_id
    assert variables["porteiro_role"] == "resident"
    assert variables["porteiro_extension"] == "1000"
    assert variables["api_on_answer"] == (
        f"uuid_audio_stream {asked.attempt_id} start "
        f"ws://127.0.0.1:9/stream/1000/{asked.call_id}/resident mono 8k"
    )


async def test_with_sound_alone_the_end_of_the_stream_hangs_the_resident_up() -> None:
    paths: list[str] = []

    async def end_at_once(stream: ServerConnection) -> None:
        assert stream.request is not None
        paths.append(stream.request.path)
        await stream.close()

    async with site() as made, serve(end_at_once, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        options = EslOptions(stream_url=f"ws://127.0.0.1:{port}", mode="websocket")
        made.pbx.numbers["1003"] = Registered()
        asked = a_request("1003")
        assert await EslDialer(made.client, options).ring(asked) is RingResult.ANSWERED
        await eventually(lambda: not made.pbx.sessions)
        await eventually(lambda: not made.client._listeners)
    assert paths == [f"/stream/1000/{asked.call_id}/resident"]


async def test_many_phones_at_once_each_end_in_their_own_way() -> None:
    ends = {
        "USER_BUSY": RingResult.BUSY,
        "CALL_REJECTED": RingResult.REJECTED,
        "SUBSCRIBER_ABSENT": RingResult.UNREACHABLE,
        "": RingResult.ANSWERED,
    }
    async with site() as made, asyncio.TaskGroup() as group:
        await made.client.connected()
        asked = []
        for n in range(100):
            cause = list(ends)[n % len(ends)]
            made.pbx.numbers[f"1{n:03}"] = Registered(rings_s=0.01 * (n % 7), cause=cause)
            task = group.create_task(made.dialer.ring(a_request(f"1{n:03}")))
            asked.append((cause, task))
        for cause, task in asked:
            assert await task is ends[cause]


async def test_cancelling_kills_the_ringing_phone_and_no_other() -> None:
    async with site() as made, asyncio.TaskGroup() as group:
        made.pbx.numbers["1003"] = made.pbx.numbers["1004"] = RINGS_FOR_EVER
        given_up, other = a_request("1003"), a_request("1004")
        stopping = group.create_task(made.dialer.ring(given_up))
        ringing = group.create_task(made.dialer.ring(other))
        await eventually(lambda: len(made.pbx.sessions) == 2)
        stopping.cancel()
        await eventually(lambda: list(made.pbx.sessions) == [other.attempt_id])
        assert made.commands("api")[-1] == f"api uuid_kill {given_up.attempt_id} NORMAL_CLEARING"
        assert not ringing.done()
        ringing.cancel()


async def test_cancelling_never_kills_an_answered_phone() -> None:
    """Cancelled in the very moment of the answer, which the dialer has not heard of yet."""

    def give_up(_: FreeSwitchPhone) -> None:
        ringing.cancel()

    async with site() as made:
        asked = a_request("1003")
        made.pbx.numbers["1003"] = Registered(picked_up=give_up)
        ringing = asyncio.create_task(made.dialer.ring(asked))
        with pytest.raises(asyncio.CancelledError):
            await ringing
        await eventually(lambda: made.controls)
        await eventually(lambda: not made.client._listeners)
        await eventually(lambda: "api status" in made.commands("api"))
        assert asked.attempt_id in made.pbx.sessions
        assert not any("uuid_kill" in line for line in made.commands("api"))


async def test_a_freeswitch_that_restarts_while_it_rings_is_an_error_and_then_rings_again() -> None:
    async with site() as made:
        made.pbx.numbers["1003"] = RINGS_FOR_EVER
        ringing = asyncio.create_task(made.dialer.ring(a_request("1003")))
        await eventually(lambda: made.pbx.sessions)
        await made.pbx.close()
        with pytest.raises(DialerError, match="lost while it rang") as lost:
            await ringing
        assert lost.value.retryable
        async with FreeSwitch(FreeSwitchOptions(password=PASSWORD)) as again:
            again.numbers["1003"] = Registered(cause="USER_BUSY")
            made.wire.target = again.port
            assert await made.dialer.ring(a_request("1003")) is RingResult.BUSY


async def test_a_frozen_freeswitch_is_noticed_by_its_silence_and_taken_up_again() -> None:
    with capture_logs() as logs:
        async with site() as made:
            made.pbx.numbers["1003"] = RINGS_FOR_EVER
            ringing = asyncio.create_task(made.dialer.ring(a_request("1003")))
            await eventually(lambda: made.pbx.sessions)
            made.wire.freeze()
            with pytest.raises(DialerError, match="lost while it rang"):
                await ringing
            made.wire.thaw()
            await made.client.connected()
            made.pbx.numbers["1004"] = Registered(cause="USER_BUSY")
            assert await made.dialer.ring(a_request("1004")) is RingResult.BUSY
    away = next(entry for entry in logs if entry["event"] == "FreeSWITCH is away")
    assert "did not answer within 0.5 s" in away["reason"]


async def test_a_freeswitch_whose_heart_beats_is_asked_for_no_sign_of_life() -> None:
    options = FreeSwitchOptions(password=PASSWORD, heartbeat_s=0.05)
    async with site(options) as made:
        await made.client.connected()
        await made.client.api("status")
        connection = made.client._connection
        assert connection is not None
        began = connection.heard_at
        await eventually(lambda: connection.heard_at > began + 1.0)
        assert made.commands("api") == ["api status"]


async def test_a_wrong_password_is_told_once_and_never_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with site(password="wr0ng") as made:
            made.pbx.numbers["1003"] = Registered()
            with pytest.raises(DialerError, match="refuses the password") as refused:
                await made.dialer.ring(a_request("1003"))
            assert not made.pbx.sessions
    warned = [entry for entry in logs if entry["log_level"] == "warning"]
    assert len(warned) == 1
    assert "event_socket.conf.xml" in warned[0]["reason"]
    assert "wr0ng" not in f"{logs}{caplog.text}{refused.value}"


async def test_an_address_that_its_acl_refuses_is_told_once_with_advice() -> None:
    options = FreeSwitchOptions(password=PASSWORD, allow=(ip_network("192.0.2.0/24"),))
    with capture_logs() as logs:
        async with site(options) as made:
            with pytest.raises(DialerError, match="apply-inbound-acl") as refused:
                await made.dialer.ring(a_request("1003"))
    warned = [entry for entry in logs if entry["log_level"] == "warning"]
    assert len(warned) == 1
    assert PASSWORD not in f"{logs}{refused.value}"


async def test_neither_the_right_password_nor_the_number_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with site() as made:
            made.pbx.numbers["5511987654321"] = Registered(cause="USER_BUSY")
            await made.dialer.ring(a_request("5511987654321"))
    assert any(entry["event"] == "The ringing ended" for entry in logs)
    assert PASSWORD not in f"{logs}{caplog.text}"
    assert "5511987654321" not in f"{logs}{caplog.text}"
