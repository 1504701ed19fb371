"""Hang-up dispatch and detection: whoever ends a leg, it ends at once, once, and wholly."""

import asyncio
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from porteiro.audio.clip import Clip
from porteiro.errors import DialerError
from porteiro.lines.freeswitch.server import FreeSwitchOptions
from tests.freeswitch_side import HUMAN, Arrival, freeswitch_site, settled, stream_end

pytestmark = pytest.mark.every_loop

PATIENT = FreeSwitchOptions(playback="binary", cause_s=5.0)
HASTY = FreeSwitchOptions(playback="binary", closing_s=0.1)
FILES = FreeSwitchOptions(playback="esl-file")


def minute() -> Clip:
    return Clip(8000, bytes(60 * 16000), complete=True)


async def heard_end(arrival: Arrival) -> None:
    await arrival.heard.until(lambda: arrival.heard.causes)


@pytest.mark.parametrize("cause", ["NORMAL_CLEARING", "USER_BUSY", "MEDIA_TIMEOUT"])
async def test_hang_up_event_ends_the_leg_while_the_websocket_stands(cause: str) -> None:
    async with freeswitch_site() as site:
        arrival, stream, control = await site.whole()
        control.hang_up(cause)
        await arrival.heard.until(lambda: arrival.heard.causes)
        assert arrival.heard.causes == [cause]
        assert await stream_end(stream) == 1000
        await control.until_end()
        assert control.told("exit")
        assert not control.told("hangup")


async def test_websocket_close_ends_the_leg_while_esl_stands() -> None:
    async with freeswitch_site() as site:
        arrival, stream, control = await site.whole()
        await stream.close()
        await arrival.heard.until(lambda: arrival.heard.causes)
        assert arrival.heard.causes == ["sound: hangup"]
        control.hang_up()


async def test_a_hang_up_seen_by_the_websocket_first_is_named_by_the_event() -> None:
    async with freeswitch_site(PATIENT) as site:
        arrival, stream, control = await site.whole()
        await stream.close()
        control.hang_up("ORIGINATOR_CANCEL")
        await arrival.heard.until(lambda: arrival.heard.causes)
        assert arrival.heard.causes == ["ORIGINATOR_CANCEL"]


async def test_nothing_is_heard_between_the_two() -> None:
    async with freeswitch_site(PATIENT) as site:
        arrival, stream, control = await site.whole()
        arrival.line.play(minute(), arrival.heard.ended)
        await stream.close()
        await arrival.heard.until(lambda: arrival.heard.ends)
        control.press("1")
        control.hang_up()
        await arrival.heard.until(lambda: arrival.heard.causes)
        assert arrival.heard.keys == ""


async def test_a_lingering_notice_alone_is_a_hang_up() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        control.notice("lingering")
        await arrival.heard.until(lambda: arrival.heard.causes == ["hangup"])


async def test_a_channel_that_is_taken_from_us_ends_the_leg() -> None:
    async with freeswitch_site() as site:
        arrival, stream, control = await site.whole()
        control.notice("disconnecting")
        await arrival.heard.until(lambda: arrival.heard.causes == ["let go by FreeSWITCH"])
        assert await stream_end(stream) == 1000


async def test_porteiro_hangs_up_by_esl_and_freeswitch_closes_the_rest() -> None:
    async with freeswitch_site() as site:
        arrival, stream, control = await site.whole()
        arrival.line.hang_up()
        assert await control.until_told("hangup") == "hangup NORMAL_CLEARING"
        assert arrival.heard.causes == []
        control.hang_up()
        await arrival.heard.until(lambda: arrival.heard.causes)
        assert arrival.heard.causes == ["local"]
        assert await stream_end(stream) == 1000
        await control.until_end()
        assert control.told("exit")


async def test_a_hang_up_breaks_off_what_plays() -> None:
    """FreeSWITCH would carry it out after the file."""
    async with freeswitch_site(FILES) as site:
        arrival, stream, control = await site.whole()
        control.slow = ("execute playback",)
        arrival.line.play(minute(), arrival.heard.ended)
        await stream.recv()
        control.play_event("/tmp/a_0.tmp.r8")
        await control.until_told("execute playback")
        arrival.line.hang_up()
        await control.until_told("hangup")
        assert control.commands[-2:] == [
            f"api uuid_break {arrival.line.call_id} all",
            "hangup NORMAL_CLEARING",
        ]
        control.hang_up()


async def test_a_hang_up_that_freeswitch_does_not_follow_is_forced() -> None:
    async with freeswitch_site(HASTY) as site:
        arrival, stream, control = await site.whole()
        arrival.line.hang_up()
        await arrival.heard.until(lambda: arrival.heard.causes == ["local"])
        assert await stream_end(stream) != 1000
        await control.until_end()


async def test_an_abort_ends_everything() -> None:
    async with freeswitch_site(HASTY) as site:
        arrival, stream, control = await site.whole()
        arrival.line.abort()
        await arrival.heard.until(lambda: arrival.heard.causes == ["local"])
        assert await stream_end(stream) != 1000
        await control.until_told("hangup NORMAL_CLEARING")
        await control.until_end()


async def test_hanging_up_twice_and_after_the_end_does_nothing() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        arrival.line.hang_up()
        arrival.line.hang_up()
        await control.until_told("hangup")
        control.hang_up()
        await arrival.heard.until(lambda: arrival.heard.causes)
        arrival.line.hang_up()
        arrival.line.abort()
        await control.until_end()
        assert len(control.told("hangup")) == 1
        assert arrival.heard.causes == ["local"]


async def test_freeswitch_restarting_in_the_middle_of_calls_ends_the_legs() -> None:
    async with freeswitch_site() as site:
        lines = [await site.whole() for _ in range(5)]
        for _, stream, control in lines:
            control.reset()
            stream.transport.abort()
        for arrival, _, _ in lines:
            await heard_end(arrival)
            assert len(arrival.heard.causes) == 1
        await settled(lambda: site.server.lines == 0)
        arrival, _, control = await site.whole()
        control.press("1")
        await arrival.heard.until(lambda: arrival.heard.keys == "1")


async def test_a_lost_control_leaves_the_sound_where_it_can_still_be_spoken_on() -> None:
    async with freeswitch_site() as site:
        arrival, stream, control = await site.whole()
        with capture_logs() as logs:
            control.reset()
            await settled(lambda: any("sound alone" in line["event"] for line in logs))
        arrival.line.play(Clip(8000, bytes(1600), complete=True), arrival.heard.ended)
        await arrival.heard.until(lambda: arrival.heard.ends == [(0.1, True)])
        arrival.line.hang_up()
        assert await stream_end(stream) == 1000


async def test_a_lost_control_ends_a_leg_that_cannot_be_spoken_on_without() -> None:
    async with freeswitch_site(FILES) as site:
        arrival, stream, control = await site.whole()
        control.close()
        await arrival.heard.until(lambda: arrival.heard.causes == ["control: eof"])
        assert await stream_end(stream) == 1000


async def test_a_visitor_whose_sound_is_lost_goes_to_the_human() -> None:
    async with freeswitch_site(HASTY) as site:
        arrival, stream, control = await site.whole()
        control.slow = ("execute bridge",)
        stream.transport.abort()
        await arrival.heard.until(lambda: arrival.heard.causes)
        await control.until_told(f"execute bridge user/{HUMAN}")
        assert await stream_end(await site.stream(arrival.line.call_id)) == 1000
        control.hang_up()


# --------------------------------------------------------------------------- handing over


async def test_a_visitor_handed_over_is_bridged_and_not_hung_up() -> None:
    async with freeswitch_site() as site:
        arrival, stream, control = await site.whole()
        control.slow = ("execute bridge",)
        await site.server.hand_over(arrival.line.call_id, "1003030")
        assert arrival.heard.causes == []
        arrival.line.hang_up()
        await arrival.heard.until(lambda: arrival.heard.causes == ["handed over"])
        await control.until_told("execute bridge user/1003030")
        assert control.told(f"api uuid_audio_stream {arrival.line.call_id} stop")
        assert control.told("execute set hangup_after_bridge=true")
        assert not control.told("hangup")
        assert await stream_end(stream) == 1000
        assert site.server.lines == 1
        control.hang_up()
        await control.until_end()
        await settled(lambda: site.server.lines == 0)


async def test_a_handover_that_nobody_answers_hangs_up_with_its_cause() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        control.slow = ("execute bridge",)
        control.refused = ("api uuid_audio_stream",)
        await site.server.hand_over(arrival.line.call_id, "1003030")
        arrival.line.hang_up()
        await control.until_told("execute bridge")
        control.complete(headers={"variable_originate_disposition": "USER_BUSY"})
        assert await control.until_told("hangup") == "hangup USER_BUSY"
        control.hang_up("USER_BUSY")


async def test_only_who_is_here_can_be_handed_over_and_only_to_a_number() -> None:
    soon = FreeSwitchOptions(playback="binary", correlation_s=0.05)
    async with freeswitch_site(soon) as site:
        with pytest.raises(DialerError, match="does not come from FreeSWITCH"):
            await site.server.hand_over(str(uuid4()), "1003030")
        stream = await site.stream(str(uuid4()))
        arrival = await site.arrival()
        with pytest.raises(DialerError, match="no control of the channel"):
            await site.server.hand_over(arrival.line.call_id, "1003030")
        with pytest.raises(DialerError, match="cannot be dialed"):
            await site.server.hand_over(arrival.line.call_id, "1,2")
        await stream.close()


async def test_hang_ups_of_many_legs_at_once_all_arrive() -> None:
    async with freeswitch_site() as site:
        lines = [await site.whole() for _ in range(20)]
        for _, _, control in lines:
            control.hang_up()
        await asyncio.gather(*(heard_end(arrival) for arrival, _, _ in lines))
        await settled(lambda: site.server.lines == 0)
