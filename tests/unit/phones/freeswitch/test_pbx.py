"""The stand-in as a whole, on real sockets: what a server sees of it."""

import asyncio
from ipaddress import ip_network

import pytest

from porteiro.phones.freeswitch import (
    First,
    FreeSwitch,
    FreeSwitchOptions,
    FreeSwitchPhone,
    Registered,
)
from porteiro.phones.telephone import Ending
from porteiro.wire.esl import Disconnect, EslParser, Event, Message
from tests.integration.server import eventually
from tests.unit.phones.freeswitch.server_side import site

CALL_ID = "e69439e9-1489-4bba-b55d-37612b5dffaf"
STREAM = f"/stream/2000/{CALL_ID}"


@pytest.mark.parametrize("first", [First.STREAM, First.CONTROL])
async def test_either_half_comes_first(first: First) -> None:
    async with site(FreeSwitchOptions(first=first, gap_s=0.1)) as made:
        await made.pbx.call("2000", CALL_ID)
        await eventually(lambda: len(made.arrivals) == 2)
        halves = ["control", STREAM]
        assert made.arrivals == (halves if first is First.CONTROL else halves[::-1])


async def test_a_call_is_heard_keyed_held_and_left() -> None:
    async with site() as made:
        phone = await made.pbx.call("2000", CALL_ID)
        await eventually(lambda: len(made.arrivals) == 2 and made.frames)
        assert {len(frame) for frame in made.frames} == {320}
        await phone.say(b"\x00\x20" * 800)
        assert b"\x00\x20" * 160 in made.frames
        phone.press("#")
        phone.hold()
        phone.hold()
        phone.unhold()
        phone.hang_up()
        (channel,) = made.channels
        await eventually(lambda: "CHANNEL_HANGUP_COMPLETE" in channel.events())
        known = {"DTMF", "CHANNEL_HOLD", "CHANNEL_UNHOLD", "CHANNEL_HANGUP"}
        assert [name for name in channel.events() if name in known] == [
            "DTMF",
            "CHANNEL_HOLD",
            "CHANNEL_UNHOLD",
            "CHANNEL_HANGUP",
        ]
        assert channel.event("DTMF").headers.get("DTMF-Digit") == "#"
        assert isinstance(channel.messages[-1], Disconnect)
        assert channel.messages[-1].lingering
        channel.send("exit")
        await eventually(lambda: channel.closed)
        assert phone.ending is Ending.WE_HUNG_UP


async def test_a_server_hangs_up_and_the_phone_is_told() -> None:
    async with site() as made:
        phone = await made.pbx.call("2000", CALL_ID)
        await eventually(lambda: len(made.arrivals) == 2)
        made.channels[0].send("sendmsg\ncall-command: hangup\nhangup-cause: CALL_REJECTED")
        assert await phone.ended() is Ending.PORTEIRO_HUNG_UP
        await eventually(lambda: "CHANNEL_HANGUP_COMPLETE" in made.channels[0].events())
        cause = made.channels[0].event("CHANNEL_HANGUP").headers.get("Hangup-Cause")
        assert cause == "CALL_REJECTED"
        assert made.streams[0].close_code == 1000


async def test_a_server_that_goes_away_leaves_the_call_parked() -> None:
    async with site() as made:
        phone = await made.pbx.call("2000", CALL_ID)
        await eventually(lambda: len(made.arrivals) == 2)
        made.channels[0].writer.close()
        await made.streams[0].close()
        await eventually(lambda: "stream_closed" in [mark.kind for mark in phone.marks])
        assert phone.ending is None
        assert list(made.pbx.sessions) == [CALL_ID]


async def test_a_server_that_goes_away_leaves_the_call_to_the_porter_with_socket_resume() -> None:
    async with site(FreeSwitchOptions(resumes=True, fallback="900")) as made:
        human: asyncio.Queue[FreeSwitchPhone] = asyncio.Queue()
        made.pbx.numbers["900"] = Registered(picked_up=human.put_nowait)
        phone = await made.pbx.call("2000", CALL_ID)
        await eventually(lambda: len(made.arrivals) == 2)
        made.channels[0].writer.close()
        porter = await human.get()
        porter.put(b"\x00\x20\x00\xe0" * 800)
        await eventually(lambda: phone.ear.talking)
        phone.hang_up()
        assert await porter.ended()


async def test_the_close_of_the_stream_is_a_hang_up_where_the_dialplan_says_so() -> None:
    async with site(FreeSwitchOptions(stream_hangs_up=True)) as made:
        phone = await made.pbx.call("2000", CALL_ID)
        await eventually(lambda: made.streams)
        await made.streams[0].close()
        assert await phone.ended() is Ending.PORTEIRO_HUNG_UP


async def test_a_file_that_is_not_there_is_not_played() -> None:
    async with site() as made:
        await made.pbx.call("2000", CALL_ID)
        await eventually(lambda: made.channels)
        made.channels[0].execute("playback", "/nosuchfile.r8")
        await eventually(lambda: "CHANNEL_EXECUTE_COMPLETE" in made.channels[0].events())
        done = made.channels[0].event("CHANNEL_EXECUTE_COMPLETE")
        assert done.headers.get("Application-Response") == "FILE NOT FOUND"


async def test_a_hang_up_waits_behind_an_application_that_locks_until_it_is_broken_off() -> None:
    async with site() as made:
        phone = await made.pbx.call("2000", CALL_ID)
        await eventually(lambda: made.channels)
        channel = made.channels[0]
        channel.execute("playback", "tone_stream://%(1000,0,400);loops=-1", lock=True)
        channel.send("sendmsg\ncall-command: hangup")
        await eventually(lambda: phone.ear.talking)
        assert phone.ending is None
        channel.send(f"api uuid_break {CALL_ID}")
        assert await phone.ended() is Ending.PORTEIRO_HUNG_UP


async def test_a_callers_name_can_hold_an_encoded_line_break() -> None:
    async with site() as made:
        await made.pbx.call("2000", CALL_ID, name="Ana%0AEvent-Name: CHANNEL_HANGUP")
        await eventually(lambda: made.channels and made.channels[0].messages)
        assert CALL_ID in made.pbx.sessions


# ----------------------------------------------------------------------- the inbound socket


class Program:
    """A program on the inbound event socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.messages: list[Message] = []

    def ask(self, *commands: str) -> None:
        self._writer.write("".join(f"{command}\n\n" for command in commands).encode())

    async def read(self) -> None:
        parser = EslParser()
        while data := await self._reader.read(65536):
            self.messages += parser.receive(data)

    def heard(self, name: str) -> int:
        return sum(isinstance(it, Event) and it.name == name for it in self.messages)

    def jobs(self) -> dict[str, str]:
        events = [message for message in self.messages if isinstance(message, Event)]
        return {event.job: event.body.strip() for event in events if event.job}

    def close(self) -> None:
        self._writer.close()


async def program(pbx: FreeSwitch, group: asyncio.TaskGroup) -> Program:
    made = Program(*await asyncio.open_connection("127.0.0.1", pbx.port))
    group.create_task(made.read())
    made.ask("auth ClueCon", "event plain BACKGROUND_JOB HEARTBEAT CHANNEL_ANSWER")
    return made


def originate(number: str, uuid: str) -> str:
    variables = f"{{origination_uuid={uuid},originate_timeout=1}}"
    return f"bgapi originate {variables}user/{number} &park()\nJob-UUID: {number}"


async def test_whoever_is_rung_answers_or_not() -> None:
    async with FreeSwitch(FreeSwitchOptions()) as pbx, asyncio.TaskGroup() as group:
        asking = await program(pbx, group)
        picked_up = asyncio.Event()
        pbx.numbers = {
            "1": Registered(picked_up=lambda _: picked_up.set()),
            "2": Registered(cause="USER_BUSY"),
            "3": Registered(rings_s=60),
        }
        asking.ask(*(originate(number, f"uuid-{number}") for number in "1234"))
        await eventually(lambda: len(asking.jobs()) == 4)
        assert asking.jobs() == {
            "1": "+OK uuid-1",
            "2": "-ERR USER_BUSY",
            "3": "-ERR NO_ANSWER",
            "4": "-ERR SUBSCRIBER_ABSENT",
        }
        assert picked_up.is_set()
        assert list(pbx.sessions) == ["uuid-1"]
        asking.close()


async def test_a_ringing_phone_can_be_killed_and_one_id_is_one_channel() -> None:
    async with FreeSwitch(FreeSwitchOptions()) as pbx, asyncio.TaskGroup() as group:
        asking = await program(pbx, group)
        pbx.numbers = {"1": Registered(rings_s=60), "2": Registered()}
        asking.ask(originate("1", "same"), originate("2", "same"))
        await eventually(lambda: "2" in asking.jobs())
        assert asking.jobs()["2"] == "-ERR DESTINATION_OUT_OF_ORDER"
        asking.ask("api uuid_kill same ORIGINATOR_CANCEL")
        await eventually(lambda: "1" in asking.jobs())
        assert asking.jobs()["1"] == "-ERR ORIGINATOR_CANCEL"
        assert not pbx.sessions
        asking.close()


async def test_the_heart_beats_for_whoever_listens() -> None:
    options = FreeSwitchOptions(heartbeat_s=0.02)
    async with FreeSwitch(options) as pbx, asyncio.TaskGroup() as group:
        asking = await program(pbx, group)
        await eventually(lambda: asking.heard("HEARTBEAT") > 2)
        asking.close()


async def test_who_is_not_allowed_is_sent_away_rudely() -> None:
    options = FreeSwitchOptions(allow=(ip_network("10.0.0.0/8"),))
    async with FreeSwitch(options) as pbx:
        reader, writer = await asyncio.open_connection("127.0.0.1", pbx.port)
        assert (await reader.read()).startswith(b"Content-Type: text/rude-rejection\n")
        writer.close()


async def test_nothing_is_left_of_a_restart() -> None:
    async with site() as made:
        phone = await made.pbx.call("2000", CALL_ID)
        await eventually(lambda: len(made.arrivals) == 2)
        await made.pbx.close()
        assert await phone.ended()
        await eventually(lambda: made.channels[0].closed and not made.pbx.sessions)


def test_a_port_is_only_known_while_it_runs() -> None:
    with pytest.raises(AssertionError, match="does not run"):
        _ = FreeSwitch(FreeSwitchOptions()).port
