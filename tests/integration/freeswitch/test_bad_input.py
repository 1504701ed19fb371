"""What a caller, a broken PBX or a stranger may send: it does no harm, and nothing hangs."""

import asyncio
from ipaddress import ip_network
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from porteiro.errors import EventSocketError, EventSocketRefusedError
from porteiro.lines.freeswitch.control import ControlConnection
from porteiro.lines.freeswitch.control_server import ControlServer
from porteiro.lines.freeswitch.line import FreeSwitchLine
from porteiro.lines.freeswitch.server import FreeSwitchOptions
from tests.freeswitch_side import ControlEnd, freeswitch_site, packet, settled
from tests.pbx_side import PATIENCE_S

INJECTED = (
    "Maria\nEvent-Name: CHANNEL_HANGUP\nHangup-Cause: NORMAL_CLEARING\n"
    "Unique-ID: 00000000-0000-4000-8000-000000000000\nDTMF-Digit: 1\n\n"
    "Content-Type: text/disconnect-notice\nContent-Disposition: linger\n\n"
)


async def test_a_caller_name_with_line_breaks_forges_nothing() -> None:
    channel = str(uuid4())
    name = {"Caller-Caller-ID-Name": INJECTED, "variable_effective_caller_id_name": INJECTED}
    async with freeswitch_site() as site:
        control = await site.control(channel, variables=name)
        await site.stream(channel)
        arrival = await site.arrival()
        control.tell("CHANNEL_HOLD", name)
        control.press("2")
        control.tell("CHANNEL_UNHOLD", name)
        await arrival.heard.until(lambda: arrival.heard.holds == [True, False])
        assert arrival.line.call_id == channel
        assert (arrival.heard.keys, arrival.heard.causes) == ("2", [])


async def test_a_name_in_latin_1_ends_nothing() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        body = packet("CHANNEL_HOLD", control.channel).partition(b"\n\n")[2]
        body = body.replace(b"Caller-Caller-ID-Name: Caller", b"Caller-Caller-ID-Name: Jo\xe3o")
        head = b"Content-Length: %d\nContent-Type: text/event-plain\n\n" % len(body)
        control.send(head + body)
        await arrival.heard.until(lambda: arrival.heard.holds == [True])


async def test_an_event_of_another_channel_is_dropped_and_counted() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        with capture_logs() as logs:
            for name in ("DTMF", "CHANNEL_HOLD", "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE"):
                control.tell(name, channel=str(uuid4()))
            control.press("3")
            await arrival.heard.until(lambda: arrival.heard.keys)
        assert (arrival.heard.keys, arrival.heard.holds, arrival.heard.causes) == ("3", [], [])
        assert sum("another channel" in line["event"] for line in logs) == 1
        control.hang_up()
        await control.until_end()
        await settled(lambda: site.server.strays == 4)


@pytest.mark.parametrize(
    "garbage",
    [
        b"Content-Type: text/event-plain\nContent-Length: -5\n\n",
        b"Content-Type: text/event-plain\nContent-Length: many\n\n",
        b"Content-Type: text/event-plain\nContent-Length: 999999999\n\n",
        b"Content-Type: text/event-plain\nContent-Length: 99999999999999999999\n\n",
        b"Content-Type: surprise\n\n",
        b"x" * 100_000,
    ],
    ids=["negative", "no number", "too long", "far too long", "unknown", "endless"],
)
async def test_what_is_no_event_socket_ends_that_connection_alone(garbage: bytes) -> None:
    async with freeswitch_site() as site:
        healthy, _, control = await site.whole()
        arrival, _, broken = await site.whole()
        stranger = await site.control(str(uuid4()), unanswered=("connect",))
        with capture_logs() as logs:
            broken.send(garbage)
            stranger.send(garbage)
            await broken.until_end()
            await stranger.until_end()
            await settled(lambda: any("sound alone" in line["event"] for line in logs))
        (lost,) = [line for line in logs if "sound alone" in line["event"]]
        assert "protocol error" in lost["cause"]
        assert arrival.heard.causes == []
        control.press("1")
        await healthy.heard.until(lambda: healthy.heard.keys == "1")


async def test_a_body_cut_by_the_end_of_the_stream_tells_nothing() -> None:
    async with freeswitch_site(FreeSwitchOptions(playback="esl-file")) as site:
        arrival, _, control = await site.whole()
        control.send(packet("CHANNEL_HANGUP", control.channel)[:-500])
        control.close()
        await arrival.heard.until(lambda: arrival.heard.causes == ["control: eof"])


async def test_a_reply_to_connect_without_a_channel_is_no_half() -> None:
    async with freeswitch_site() as site:
        control = await site.control(str(uuid4()), unanswered=("connect",))
        await control.until_told("connect")
        control.send(b"Content-Type: command/reply\nReply-Text: +OK\n\n")
        await control.until_end()
        assert site.server.lines == 0


async def test_a_refused_subscription_is_no_half() -> None:
    async with freeswitch_site() as site:
        control = await site.control(str(uuid4()), refused=("myevents",))
        await control.until_end()
        assert control.told("exit")
        assert site.server.lines == 0


async def test_replies_that_nobody_asked_for_are_let_go_by() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        await control.until_told("execute set")
        control.send(5 * b"Content-Type: command/reply\nReply-Text: +OK\n\n")
        control.press("6")
        await arrival.heard.until(lambda: arrival.heard.keys == "6")


async def test_a_stranger_from_outside_the_allowed_networks_is_cut_off() -> None:
    options = FreeSwitchOptions(playback="binary", allow=(ip_network("10.0.0.0/8"),))
    async with freeswitch_site(options) as site:
        control = await site.control(str(uuid4()), unanswered=("",))
        await control.until_end()
        assert control.commands == []


async def test_peers_that_say_nothing_or_nonsense_are_closed() -> None:
    async with freeswitch_site() as site:
        silent = [await site.control(str(uuid4()), unanswered=("connect",)) for _ in range(20)]
        for control in silent[:10]:
            control.send(b"GET / HTTP/1.1\r\nHost: porteiro\r\n\r\n")
        for control in silent:
            await control.until_end()
        assert site.server.lines == 0


async def test_a_peer_that_never_reads_is_dropped() -> None:
    options = FreeSwitchOptions(playback="binary", stalled_s=0.2)
    async with freeswitch_site(options) as site:
        arrival, _, control = await site.whole()
        with capture_logs() as logs:
            control.stop_reading()
            assert isinstance(arrival.line, FreeSwitchLine)
            assert arrival.line.control is not None
            for _ in range(200):
                arrival.line.control.play_file("/" + 60_000 * "x", lambda _: None)
            await settled(lambda: any(entry.get("cause") == "stalled" for entry in logs))
        assert arrival.heard.causes == []


# ------------------------------------------------------------ the socket dies in mid-command


class Desk:
    """A control server, and the channels that came."""

    def __init__(self) -> None:
        self.controls: asyncio.Queue[ControlConnection] = asyncio.Queue()
        options = FreeSwitchOptions(closing_s=0.2)
        self.server = ControlServer(options, self.controls.put_nowait)

    async def channel(self) -> tuple[ControlConnection, ControlEnd]:
        end = await ControlEnd.connect(self.server.port, str(uuid4()))
        end.answer()
        async with asyncio.timeout(PATIENCE_S):
            return await self.controls.get(), end


@pytest.mark.parametrize("death", ["reset", "close", "hang_up"])
@pytest.mark.parametrize("unanswered", [("execute", "api", "getvar"), ("\0",)])
async def test_a_socket_that_dies_in_mid_command_hangs_nothing(
    death: str, unanswered: tuple[str, ...]
) -> None:
    desk = Desk()
    await desk.server.open("127.0.0.1", 0)
    control, end = await desk.channel()
    end.unanswered, end.slow = unanswered, ("execute",)
    commands = [
        asyncio.create_task(control.execute("playback", "silence_stream://60000", None)),
        asyncio.create_task(control.execute("sleep", "60000", None)),
        asyncio.create_task(control.bridge("user/1001")),
    ]
    told: list[bool] = []
    control.play_file("/tmp/a.r8", told.append)
    await end.until_told("execute playback /tmp/a.r8")
    getattr(end, death)()
    async with asyncio.timeout(PATIENCE_S):
        results = await asyncio.gather(*commands, return_exceptions=True)
    assert [type(result) for result in results] == 3 * [EventSocketError]
    await settled(lambda: told == [False])
    with pytest.raises(EventSocketError):
        await control.execute("answer")
    with pytest.raises(EventSocketError):
        await control.get_variable("uuid")
    control.hang_up()
    control.break_off()
    control.play_file("/tmp/b.r8", told.append)
    await settled(lambda: told == [False, False])
    await end.gone()
    await desk.server.close()


async def test_an_application_that_takes_too_long_is_given_up() -> None:
    desk = Desk()
    await desk.server.open("127.0.0.1", 0)
    control, end = await desk.channel()
    end.slow = ("execute",)
    with pytest.raises(EventSocketError, match=r"sleep took longer than 0.05 s"):
        await control.execute("sleep", "60000", 0.05)
    end.slow = ()
    assert (await control.execute("answer")).get("Application")
    control.close()
    await end.gone()
    await desk.server.close()


async def test_commands_reach_freeswitch_as_it_wants_them() -> None:
    desk = Desk()
    await desk.server.open("127.0.0.1", 0)
    control, end = await desk.channel()
    await end.until_told("execute set playback_terminators")
    end.commands.clear()
    await control.set_variable("porteiro_state", "asking the resident")
    await control.set_variable("porteiro_state", "")
    assert await control.get_variable("caller_id_number") == "+OK"
    await control.send_dtmf("9*#")
    await control.transfer("900", "default")
    uuid = control.channel
    assert end.commands == [
        f"api uuid_setvar {uuid} porteiro_state asking the resident",
        f"api uuid_setvar {uuid} porteiro_state",
        "getvar caller_id_number",
        f"api uuid_send_dtmf {uuid} 9*#",
        f"api uuid_transfer {uuid} 900 XML default",
    ]
    control.close()
    await end.gone()
    await desk.server.close()


async def test_no_value_breaks_out_of_its_place() -> None:
    desk = Desk()
    await desk.server.open("127.0.0.1", 0)
    control, end = await desk.channel()
    await end.until_told("execute set")
    before = len(end.commands)
    for attempt in (
        control.execute("playback", "/tmp/x\n\nsendmsg\ncall-command: hangup"),
        control.execute("playback\nhangup-cause: USER_BUSY"),
        control.bridge("user/1001\n\nexit"),
        control.transfer("900 XML default\napi status", "default"),
        control.transfer("900", "default inline"),
        control.send_dtmf("1\n\nexit"),
        control.send_dtmf("1@2000"),
        control.set_variable("a b", "c"),
        control.set_variable("a", "b\n\nexit"),
        control.get_variable("a\n\nexit"),
    ):
        with pytest.raises(ValueError, match=r"."):
            await attempt
    with pytest.raises(ValueError, match=r"."):
        control.hang_up("NORMAL_CLEARING\n\nexit")
    end.refused = ("api",)
    with pytest.raises(EventSocketRefusedError):
        await control.stop_stream()
    extra = [command for command in end.commands[before:] if "set " not in command]
    assert extra == [f"api uuid_audio_stream {control.channel} stop"]
    control.close()
    await end.gone()
    await desk.server.close()
