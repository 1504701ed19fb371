"""One event socket connection: what is answered, what is told, and how it ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest
from structlog.testing import capture_logs

from porteiro.errors import EventSocketError, EventSocketRefusedError
from porteiro.event_socket.connection import EventSocketConnection, EventSocketOptions
from porteiro.wire import esl_commands
from porteiro.wire.esl import Event
from tests.unit.event_socket.event_socket_peer import (
    PATIENCE_S,
    SESSIONS,
    Ends,
    Observed,
    api_reply,
    ends,
    event,
    recorded,
    recorded_steps,
    reply,
    until,
)

pytestmark = pytest.mark.every_loop

SECRET = "s3gr3d0"


@pytest.fixture
async def both() -> AsyncIterator[Ends]:
    async with ends() as made:
        yield made


async def test_commands_sent_at_once_are_answered_in_their_order(both: Ends) -> None:
    names = ["first", "second", "third"]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(both.connection.command(esl_commands.get_variable(name)))
            for name in names
        ]
        asked = [await both.peer.command() for _ in names]
        both.peer.send(*(reply(line.removeprefix("getvar ")) for line in asked))
    assert [task.result().text for task in tasks] == names


async def test_commands_and_api_commands_share_one_order(both: Ends) -> None:
    async with asyncio.TaskGroup() as group:
        api = group.create_task(both.connection.api("status"))
        command = group.create_task(both.connection.command(esl_commands.linger()))
        assert [await both.peer.command() for _ in range(2)] == ["api status", "linger"]
        both.peer.send(api_reply("UP"), reply("+OK will linger"))
    assert (api.result().body, command.result().text) == ("UP", "+OK will linger")


async def test_a_late_reply_never_passes_for_that_of_the_next_command(both: Ends) -> None:
    with pytest.raises(EventSocketError, match=r"within 0\.05 s") as late:
        await both.connection.command(esl_commands.get_variable("late"), 0.05)
    assert late.value.retryable
    async with asyncio.TaskGroup() as group:
        task = group.create_task(both.connection.command(esl_commands.get_variable("next")))
        assert [await both.peer.command() for _ in range(2)] == ["getvar late", "getvar next"]
        both.peer.send(reply("late"), reply("next"))
    assert task.result().text == "next"


async def test_the_reply_to_a_cancelled_command_is_passed_over(both: Ends) -> None:
    cancelled = asyncio.create_task(both.connection.command(esl_commands.get_variable("old")))
    await both.peer.command()
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    async with asyncio.TaskGroup() as group:
        task = group.create_task(both.connection.api("status"))
        await both.peer.command()
        both.peer.send(reply("-ERR whatever"), api_reply("UP"))
    assert task.result().body == "UP"


async def test_the_reply_to_what_was_only_sent_is_passed_over(both: Ends) -> None:
    both.connection.send(esl_commands.api("uuid_kill x"))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(both.connection.command(esl_commands.linger()))
        assert [await both.peer.command() for _ in range(2)] == ["api uuid_kill x", "linger"]
        both.peer.send(api_reply("-ERR No such channel!\n"), reply("+OK will linger"))
    assert task.result().text == "+OK will linger"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (api_reply("-ERR USER_BUSY\n"), "USER_BUSY"),
        (api_reply("-USAGE: <uuid> [cause]\n"), "USAGE"),
        (reply("-ERR command not found"), "takes no API command"),
    ],
)
async def test_an_api_command_that_is_refused_says_why(both: Ends, answer: bytes, why: str) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(failure(both.connection.api("originate x")))
        await both.peer.command()
        both.peer.send(answer)
    refused = task.result()
    assert isinstance(refused, EventSocketRefusedError)
    assert not refused.retryable
    assert why in str(refused)


async def test_a_command_that_is_refused_says_why(both: Ends) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(failure(both.connection.command(esl_commands.linger())))
        await both.peer.command()
        both.peer.send(reply("-ERR not controlling a session"))
    assert isinstance(task.result(), EventSocketRefusedError)
    assert "not controlling a session" in str(task.result())


async def test_an_answer_of_the_wrong_kind_ends_the_connection(both: Ends) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(failure(both.connection.command(esl_commands.linger())))
        await both.peer.command()
        both.peer.send(api_reply("UP"))
    await both.observed.gone.wait()
    assert both.observed.causes[0].startswith("protocol error")
    assert "protocol error" in str(task.result())


async def test_an_answer_that_nobody_asked_for_is_only_logged(both: Ends) -> None:
    with capture_logs() as logs:
        both.peer.send(reply("+OK surprise"), event("HEARTBEAT"))
        await until(lambda: both.observed.events)
    assert [entry["event"] for entry in logs] == ["FreeSWITCH answered what nobody asked"]


async def test_a_socket_that_dies_in_the_middle_fails_every_command_at_once(both: Ends) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(failure(both.connection.command(esl_commands.linger(), 60)))
            for _ in range(3)
        ]
        await both.peer.command()
        both.peer.send(reply("+OK")[:20])
        await both.peer.leave()
    assert all("lost: " in str(task.result()) for task in tasks)
    assert len(both.observed.causes) == 1
    assert "lost" in str(await failure(both.connection.api("status")))
    both.connection.send(esl_commands.linger())
    both.connection.close()
    both.connection.abort()


async def test_what_is_said_on_a_lost_connection_is_an_error_before_it_is_known(both: Ends) -> None:
    both.connection.abort("local")
    assert "local" in str(await failure(both.connection.command(esl_commands.linger())))


async def test_events_before_a_protocol_error_are_told_and_then_its_cause(both: Ends) -> None:
    both.peer.send(event("CHANNEL_HOLD"), b"Content-Length: -1\n\n")
    await both.observed.gone.wait()
    assert [told.name for told in both.observed.events] == ["CHANNEL_HOLD"]
    assert both.observed.causes[0].startswith("protocol error: ")
    assert both.connection.cause == both.observed.causes[0]


async def test_nothing_is_told_after_we_cut_it_off(both: Ends) -> None:
    class Leaving(Observed):
        def event(self, event: Event) -> None:
            super().event(event)
            both.connection.abort("enough")

    leaving = Leaving()
    both.connection.attach(leaving)
    both.peer.send(event("CHANNEL_HOLD"), event("CHANNEL_UNHOLD"))
    await leaving.gone.wait()
    assert [told.name for told in leaving.events] == ["CHANNEL_HOLD"]
    assert leaving.causes == ["enough"]


async def test_closing_says_exit_and_hears_freeswitch_out(both: Ends) -> None:
    both.connection.close()
    both.connection.close()
    assert await both.peer.command() == "exit"
    assert "local" in str(await failure(both.connection.command(esl_commands.linger())))
    both.peer.send(event("CHANNEL_HANGUP_COMPLETE"), reply("+OK bye"))
    await both.peer.leave()
    await both.connection.wait_closed()
    assert [told.name for told in both.observed.events] == ["CHANNEL_HANGUP_COMPLETE"]
    assert both.observed.causes == ["local"]


async def test_a_peer_that_does_not_close_is_cut_off() -> None:
    async with ends(EventSocketOptions(closing_s=0.05)) as both:
        both.connection.close()
        await both.peer.gone()
        await both.connection.wait_closed()
        assert both.observed.causes == ["local"]


async def test_a_peer_that_never_reads_is_dropped() -> None:
    async with ends(EventSocketOptions(stalled_s=0.05)) as both:
        async with asyncio.timeout(PATIENCE_S):
            while not both.observed.causes:
                both.connection.send(esl_commands.api("x" * 60_000))
                await asyncio.sleep(0)
        assert both.observed.causes == ["stalled"]


async def test_a_peer_that_reads_again_is_not_dropped(both: Ends) -> None:
    sent = esl_commands.api("x" * 60_000)
    many = 200
    for _ in range(many):
        both.connection.send(sent)
    assert both.connection._stall_timer is not None
    async with asyncio.timeout(PATIENCE_S):
        await both.peer.reader.readexactly(many * len(sent))
        await until(lambda: both.connection._stall_timer is None)
    assert not both.observed.causes


async def test_a_connection_lost_while_it_stalls_leaves_no_timer(both: Ends) -> None:
    for _ in range(200):
        both.connection.send(esl_commands.api("x" * 60_000))
    assert both.connection._stall_timer is not None
    both.connection.abort()
    await both.connection.wait_closed()
    assert both.connection._stall_timer is None


async def test_the_password_is_given_when_asked_for(both: Ends) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(both.connection.authenticate(SECRET))
        both.peer.send(b"Content-Type: auth/request\n\n")
        assert await both.peer.command() == f"auth {SECRET}"
        both.peer.send(reply("+OK accepted"))
    assert task.result() is None


async def test_a_wrong_password_is_refused_with_advice(both: Ends) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(play(both, recorded_steps("esl_inbound_auth_wrong_password")))
        told = await failure(both.connection.authenticate("wrongpass"))
    assert isinstance(told, EventSocketRefusedError)
    assert "event_socket.conf.xml" in str(told)
    assert "wrongpass" not in str(told)


async def test_an_address_that_the_acl_refuses_is_told_with_advice(both: Ends) -> None:
    both.peer.send(recorded("esl_inbound_acl_rejection"))
    told = await failure(both.connection.authenticate(SECRET))
    assert isinstance(told, EventSocketRefusedError)
    assert "Access Denied" in str(told)
    assert "apply-inbound-acl" in str(told)
    assert both.observed.causes[0].startswith("refused the connection")


async def test_a_freeswitch_that_never_asks_for_the_password_is_late(both: Ends) -> None:
    assert "within 0.05 s" in str(await failure(both.connection.authenticate(SECRET, 0.05)))


async def test_a_channel_that_is_gone_before_we_connect_is_told_and_lost(both: Ends) -> None:
    both.peer.send(recorded("esl_outbound_caller_gone_before_connect"))
    await both.peer.leave()
    assert "lost" in str(await failure(both.connection.command(esl_commands.connect())))
    assert [notice.lingering for notice in both.observed.notices] == [False]


@pytest.mark.parametrize(
    "name", [name for name in SESSIONS if "caller_gone" not in name and "acl" not in name]
)
async def test_a_recorded_session_is_lived_through_again(both: Ends, name: str) -> None:
    """Every recorded command gets the reply that FreeSWITCH gave to it, and no other."""
    steps = recorded_steps(name)
    replies: list[bytes] = []
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        playing = group.create_task(play(both, steps))
        for side, data in steps:
            if side == "to_fs":
                replies.append(await replied(both.connection, data))
        await playing
    expected = [kind_and_text(data) for side, data in steps if side == "from_fs"]
    assert replies == [text for text in expected if text]
    assert len(both.observed.notices) == sum(b"disconnect-notice" in data for _, data in steps)
    events = sum(b"Content-Type: text/event-" in data[:60] for _, data in steps)
    assert len(both.observed.events) == events


async def play(both: Ends, steps: list[tuple[str, bytes]]) -> None:
    """Be the recorded FreeSWITCH: take each command to the byte, and send what it sent."""
    for side, data in steps:
        if side == "to_fs":
            assert await both.peer.reader.readexactly(len(data)) == data
        elif data:
            both.peer.send(data)
    await both.peer.leave()
    await both.observed.gone.wait()


async def replied(connection: EventSocketConnection, command: bytes) -> bytes:
    """Send a recorded command, and return the text of its reply."""
    if command.startswith(b"api "):
        try:
            return (await connection.api(command.decode()[4:].strip(), 60)).body.strip().encode()
        except EventSocketRefusedError as error:
            return str(error).partition(": ")[2].encode()
    try:
        return (await connection.command(command, 60)).text.encode()
    except EventSocketRefusedError as error:
        return str(error).partition(": ")[2].encode()


def kind_and_text(packet: bytes) -> bytes:
    """Return the text of a reply packet; nothing for any other packet."""
    head, _, body = packet.partition(b"\n\n")
    if b"Content-Type: api/response" in head:
        return body.strip()
    if b"Content-Type: command/reply" not in head:
        return b""
    return next(
        line.partition(b": ")[2].replace(b"%2B", b"+").replace(b"%0A", b"")
        for line in head.split(b"\n")
        if line.startswith(b"Reply-Text")
    )


async def failure(doing: Awaitable[object]) -> EventSocketError:
    """Do something in vain, and return why it failed."""
    with pytest.raises(EventSocketError) as failed:
        await doing
    return failed.value
