"""Correlation: the two halves of a leg find each other, in any order, late, or never."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from porteiro.audio.clip import Clip
from porteiro.dialogue.terms import Role
from porteiro.lines.freeswitch.rescue import TONE
from porteiro.lines.freeswitch.server import FreeSwitchOptions
from tests.freeswitch_side import HUMAN, freeswitch_site, settled, stream_end

SOON = FreeSwitchOptions(playback="binary", correlation_s=0.1)
FILES_SOON = FreeSwitchOptions(playback="esl-file", correlation_s=0.1)
SOUND_ONLY = FreeSwitchOptions(mode="websocket", playback="binary")

pytestmark = pytest.mark.every_loop


async def test_websocket_before_esl() -> None:
    channel = str(uuid4())
    async with freeswitch_site() as site:
        stream = await site.stream(channel)
        await settled(lambda: site.server.waiting == 1)
        control = await site.control(channel)
        arrival = await site.arrival()
        await stream.send(b"\x01\x02" * 160)
        control.press("4")
        await arrival.heard.until(lambda: arrival.heard.sound and arrival.heard.keys)
        assert arrival.line.call_id == channel
        assert arrival.heard.sound == b"\x01\x02" * 160


async def test_esl_before_websocket() -> None:
    channel = str(uuid4())
    async with freeswitch_site() as site:
        control = await site.control(channel)
        await settled(lambda: site.server.waiting == 1)
        stream = await site.stream(channel)
        arrival = await site.arrival()
        await stream.send(b"\x01\x02" * 160)
        control.press("4")
        await arrival.heard.until(lambda: arrival.heard.keys == "4")
        assert arrival.role is Role.VISITOR


async def test_correlation_at_once() -> None:
    channel = str(uuid4())
    async with freeswitch_site() as site:
        await asyncio.gather(site.stream(channel), site.control(channel))
        arrival = await site.arrival()
        assert arrival.line.call_id == channel
        assert site.server.lines == 1
        assert site.server.waiting == 0


async def test_many_legs_find_their_own_halves() -> None:
    channels = [str(uuid4()) for _ in range(20)]
    async with freeswitch_site() as site:
        controls = await asyncio.gather(*(site.control(one) for one in channels))
        await asyncio.gather(*(site.stream(one) for one in reversed(channels)))
        arrivals = [await site.arrival() for _ in channels]
        by_call = {arrival.line.call_id: arrival for arrival in arrivals}
        for number, control in enumerate(controls):
            control.press(str(number % 10))
        for number, channel in enumerate(channels):
            heard = by_call[channel].heard
            await heard.until(lambda: heard.keys)  # noqa: B023  waited for before the next
            assert heard.keys == str(number % 10)


async def test_correlation_late_a_call_that_began_without_control_gets_it() -> None:
    channel = str(uuid4())
    async with freeswitch_site(SOON) as site:
        await site.stream(channel)
        arrival = await site.arrival()
        control = await site.control(channel)
        control.press("9")
        await arrival.heard.until(lambda: arrival.heard.keys == "9")
        control.hang_up("USER_BUSY")
        await arrival.heard.until(lambda: arrival.heard.causes == ["USER_BUSY"])


async def test_sound_alone_is_spoken_on_by_stream_audio_until_control_can_play_files() -> None:
    channel = str(uuid4())
    async with freeswitch_site(FILES_SOON) as site:
        stream = await site.stream(channel)
        arrival = await site.arrival()
        clip = Clip(8000, b"\x10\x01" * 4000, complete=True)
        arrival.line.play(clip, arrival.heard.ended)
        assert "streamAudio" in str(await stream.recv())
        await arrival.heard.until(lambda: arrival.heard.ends == [(0.5, True)])
        with capture_logs() as logs:
            control = await site.control(channel)
            await settled(lambda: any("joined late" in line["event"] for line in logs))
        arrival.line.play(clip, arrival.heard.ended)
        assert "streamAudio" in str(await stream.recv())
        control.play_event("/tmp/a_0.tmp.r8")
        await control.until_told("execute playback /tmp/a_0.tmp.r8")
        await arrival.heard.until(lambda: len(arrival.heard.ends) == 2)


async def test_sound_alone_is_a_call_whose_hang_up_is_the_close() -> None:
    async with freeswitch_site(SOON) as site:
        stream = await site.stream(str(uuid4()))
        arrival = await site.arrival()
        await stream.send(bytes(320))
        await arrival.heard.until(lambda: arrival.heard.sound)
        await stream.close()
        await arrival.heard.until(lambda: arrival.heard.causes == ["hangup"])


async def test_sound_alone_is_hung_up_by_closing_it() -> None:
    async with freeswitch_site(SOON) as site:
        stream = await site.stream(str(uuid4()))
        arrival = await site.arrival()
        arrival.line.hang_up()
        assert await stream_end(stream) == 1000
        await arrival.heard.until(lambda: arrival.heard.causes == ["local"])


async def test_websocket_mode_waits_for_no_control() -> None:
    async with freeswitch_site(SOUND_ONLY) as site:
        assert site.server.control_port == 0
        assert site.server.serving
        await site.stream(str(uuid4()))
        arrival = await site.arrival()
        assert site.server.waiting == 0
        arrival.line.hang_up()


async def test_control_alone_hears_a_tone_and_goes_to_the_human() -> None:
    channel = str(uuid4())
    async with freeswitch_site(SOON) as site:
        control = await site.control(channel, slow=("execute bridge",))
        await control.until_told("execute bridge")
        said = [command for command in control.told("execute") if "terminators" not in command]
        assert said == [
            f"execute playback {TONE}",
            "execute set hangup_after_bridge=true",
            f"execute bridge user/{HUMAN}",
        ]
        assert site.server.rescues == 1
        control.hang_up()
        await control.until_end()
        assert control.told("exit")


async def test_control_alone_without_a_human_hears_a_tone_and_is_hung_up() -> None:
    async with freeswitch_site(SOON) as site:
        site.desk.human = ""
        control = await site.control(str(uuid4()))
        assert await control.until_told("hangup") == "hangup NORMAL_TEMPORARY_FAILURE"
        assert control.told(f"execute playback {TONE}")
        assert not control.told("execute bridge")
        control.hang_up("NORMAL_TEMPORARY_FAILURE")


async def test_a_human_who_does_not_answer_ends_the_channel_with_that_cause() -> None:
    async with freeswitch_site(SOON) as site:
        control = await site.control(str(uuid4()), slow=("execute bridge",))
        await control.until_told("execute bridge")
        control.complete(headers={"variable_originate_disposition": "NO_ANSWER"})
        assert await control.until_told("hangup") == "hangup NO_ANSWER"
        control.hang_up("NO_ANSWER")


async def test_a_channel_that_does_not_end_is_let_go() -> None:
    options = FreeSwitchOptions(playback="binary", correlation_s=0.1, closing_s=0.2)
    async with freeswitch_site(options) as site:
        site.desk.human = ""
        control = await site.control(str(uuid4()))
        await control.until_told("hangup")
        await control.until_end()
        assert control.told("exit")


async def test_a_fallback_number_that_cannot_be_dialed_is_not() -> None:
    async with freeswitch_site(SOON) as site:
        site.desk.human = "900,sofia/gateway/abroad/900"
        with capture_logs() as logs:
            control = await site.control(str(uuid4()))
            await control.until_told("hangup NORMAL_TEMPORARY_FAILURE")
        assert not control.told("execute bridge")
        assert any("cannot be dialed" in line["event"] for line in logs)
        control.hang_up()


async def test_a_resident_without_sound_is_hung_up_and_not_sent_to_the_porter() -> None:
    variables = {"variable_porteiro_call_id": str(uuid4()), "variable_porteiro_role": "resident"}
    async with freeswitch_site(SOON) as site:
        control = await site.control(str(uuid4()), variables=variables)
        await control.until_told("hangup NORMAL_TEMPORARY_FAILURE")
        assert not control.told("execute bridge")
        control.hang_up()


async def test_sound_that_comes_during_the_tone_takes_the_person_back() -> None:
    channel = str(uuid4())
    async with freeswitch_site(SOON) as site:
        control = await site.control(channel, slow=("execute playback",))
        await control.until_told(f"execute playback {TONE}")
        await site.stream(channel)
        arrival = await site.arrival()
        await control.until_told(f"api uuid_break {channel} all")
        control.press("3")
        await arrival.heard.until(lambda: arrival.heard.keys == "3")
        assert not control.told("execute bridge")
        assert site.server.rescues == 0


async def test_sound_that_comes_after_the_human_was_called_is_refused() -> None:
    channel = str(uuid4())
    async with freeswitch_site(SOON) as site:
        control = await site.control(channel, slow=("execute bridge",))
        await control.until_told("execute bridge")
        assert await stream_end(await site.stream(channel)) == 1000
        assert site.desk.arrivals.empty()
        assert site.server.rescues == 1
        control.hang_up()


async def test_a_second_stream_for_a_leg_is_refused() -> None:
    async with freeswitch_site() as site:
        arrival, first, _ = await site.whole()
        with capture_logs() as logs:
            assert await stream_end(await site.stream(arrival.line.call_id)) == 1000
        assert [line["half"] for line in logs if "second half" in line["event"]] == ["sound"]
        await first.send(b"\x07\x07" * 160)
        await arrival.heard.until(lambda: b"\x07\x07" in arrival.heard.sound)
        assert site.desk.arrivals.empty()


async def test_a_second_esl_connection_for_a_channel_is_told_exit_and_closed() -> None:
    async with freeswitch_site() as site:
        arrival, _, first = await site.whole()
        second = await site.control(arrival.line.call_id)
        await second.until_end()
        assert second.told("exit")
        assert not second.told("hangup")
        first.press("1")
        await arrival.heard.until(lambda: arrival.heard.keys == "1")
        assert arrival.heard.causes == []


async def test_the_visitor_and_the_resident_of_a_call_are_two_lines() -> None:
    async with freeswitch_site() as site:
        arrival, _, visitors = await site.whole()
        call_id = arrival.line.call_id
        residents = await site.control(
            str(uuid4()),
            variables={
                "variable_porteiro_call_id": call_id,
                "variable_porteiro_role": "resident",
            },
        )
        await site.stream(call_id, "resident")
        resident = await site.arrival()
        visitors.press("1")
        residents.press("2")
        await arrival.heard.until(lambda: arrival.heard.keys)
        await resident.heard.until(lambda: resident.heard.keys)
        assert (arrival.heard.keys, resident.heard.keys) == ("1", "2")
        assert (arrival.role, resident.role) == (Role.VISITOR, Role.RESIDENT)


async def test_a_caller_who_is_gone_before_connect_leaves_nothing() -> None:
    async with freeswitch_site() as site:
        control = await site.control(str(uuid4()), unanswered=("connect",))
        await control.until_told("connect")
        control.leave_before_connect()
        await control.until_end()
        await settled(lambda: site.server.lines == 0)
        assert site.desk.arrivals.empty()


async def test_a_caller_who_hangs_up_before_the_sound_came_leaves_nothing() -> None:
    async with freeswitch_site() as site:
        control = await site.control(str(uuid4()))
        await settled(lambda: site.server.waiting)
        control.hang_up()
        await control.until_end()
        assert (site.server.lines, site.server.waiting) == (0, 0)


async def test_sound_that_ends_before_its_control_came_leaves_nothing() -> None:
    async with freeswitch_site() as site:
        stream = await site.stream(str(uuid4()))
        await settled(lambda: site.server.waiting)
        await stream.close()
        await settled(lambda: site.server.lines == 0)
        assert site.server.waiting == 0
        assert site.desk.arrivals.empty()


async def test_sound_before_the_line_is_whole_is_not_kept() -> None:
    channel = str(uuid4())
    async with freeswitch_site() as site:
        stream = await site.stream(channel, frames=50)
        await settled(lambda: site.server.waiting)
        await site.control(channel)
        arrival = await site.arrival()
        await stream.send(b"\x05\x05" * 160)
        await arrival.heard.until(lambda: arrival.heard.sound)
        assert len(arrival.heard.sound) <= 51 * 320
        assert arrival.heard.sound.endswith(b"\x05\x05" * 160)


async def test_closing_the_server_leaves_people_who_wait_to_freeswitch() -> None:
    async with freeswitch_site() as site:
        control = await site.control(str(uuid4()))
        stream = await site.stream(str(uuid4()))
        await settled(lambda: site.server.waiting == 2)
        await site.server.close()
        await control.until_end()
        assert control.told(f"execute bridge user/{HUMAN}")
        with suppress(ConnectionError):
            await stream_end(stream)
        await settled(lambda: site.server.lines == 0)
