"""Handlers registered: what is asked of FreeSWITCH, and what is done with what it tells."""

from uuid import uuid4

import pytest

from porteiro.audio.clip import Clip
from porteiro.dialogue.terms import Role
from porteiro.lines.freeswitch.control import EXTRA_EVENTS, UNWANTED_EVENTS, ControlConnection
from porteiro.lines.freeswitch.server import FreeSwitchOptions
from tests.freeswitch_side import EXTENSION, freeswitch_site, settled

ESL_FILE = FreeSwitchOptions(playback="esl-file")


async def test_every_event_of_a_leg_has_a_handler() -> None:
    assert set(ControlConnection.HANDLERS) == {
        "DTMF",
        "CHANNEL_HOLD",
        "CHANNEL_UNHOLD",
        "CHANNEL_BRIDGE",
        "CHANNEL_UNBRIDGE",
        "CHANNEL_EXECUTE_COMPLETE",
        "CHANNEL_HANGUP",
        "CHANNEL_HANGUP_COMPLETE",
        "CUSTOM",
    }
    assert not ControlConnection.HANDLERS.keys() & set(UNWANTED_EVENTS)
    assert {name for name in EXTRA_EVENTS if name.isupper()} <= ControlConnection.HANDLERS.keys()


async def test_events_are_asked_for_in_the_order_that_freeswitch_wants() -> None:
    async with freeswitch_site() as site:
        _, _, control = await site.whole()
        await control.until(lambda: len(control.commands) == 6)
        assert control.commands == [
            "connect",
            "linger",
            "myevents",
            f"event plain {' '.join(EXTRA_EVENTS)}",
            f"nixevent {' '.join(UNWANTED_EVENTS)}",
            "execute set playback_terminators=none",
        ]


@pytest.mark.parametrize(
    ("away", "back"),
    [("CHANNEL_HOLD", "CHANNEL_UNHOLD"), ("CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE")],
)
async def test_a_person_is_away_and_comes_back(away: str, back: str) -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        control.tell(away)
        await arrival.heard.until(lambda: arrival.heard.holds == [True])
        control.tell(back)
        await arrival.heard.until(lambda: arrival.heard.holds == [True, False])


async def test_who_is_bridged_and_on_hold_is_back_only_after_both() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        for event in ("CHANNEL_BRIDGE", "CHANNEL_HOLD", "CHANNEL_UNBRIDGE"):
            control.tell(event)
        control.press("1")
        await arrival.heard.until(lambda: arrival.heard.keys)
        assert arrival.heard.holds == [True]
        control.tell("CHANNEL_UNHOLD")
        await arrival.heard.until(lambda: arrival.heard.holds == [True, False])


async def test_a_hold_before_the_sound_came_is_known_when_the_line_arrives() -> None:
    channel = str(uuid4())
    async with freeswitch_site() as site:
        control = await site.control(channel)
        control.tell("CHANNEL_HOLD")
        await settled(lambda: site.server.waiting)
        await site.stream(channel)
        arrival = await site.arrival()
        await arrival.heard.until(lambda: arrival.heard.holds == [True])


async def test_an_event_that_means_nothing_to_a_leg_is_let_go_by() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        control.tell("CHANNEL_HOLD", {"Event-Name": "CHANNEL_CALLSTATE"})
        control.tell("DTMF", {"Event-Name": "RECORD_START"})
        control.press("7")
        await arrival.heard.until(lambda: arrival.heard.keys == "7")
        assert arrival.heard.holds == []


async def test_variables_say_whose_channel_it_is() -> None:
    call_id, channel = str(uuid4()), str(uuid4())
    async with freeswitch_site() as site:
        await site.control(
            channel,
            variables={
                "variable_porteiro_call_id": call_id.upper(),
                "variable_porteiro_role": "resident",
                "variable_porteiro_extension": EXTENSION.number,
                "Caller-Destination-Number": "1003030",
            },
        )
        await site.stream(call_id, "resident")
        arrival = await site.arrival()
        assert (arrival.line.call_id, arrival.role) == (call_id, Role.RESIDENT)


async def test_a_dialplan_without_async_full_still_gives_a_call() -> None:
    """No keys and no files then, but sound, the hang-up, and hanging up."""
    channel = str(uuid4())
    async with freeswitch_site(ESL_FILE) as site:
        control = await site.control(channel, connected_as="connect static")
        await site.stream(channel)
        arrival = await site.arrival()
        assert control.commands == ["connect"]
        arrival.line.hang_up()
        await control.until_told("hangup NORMAL_CLEARING")
        control.close()
        await arrival.heard.until(lambda: arrival.heard.causes == ["local"])


@pytest.mark.parametrize("state", ["ringing", "early"])
async def test_a_channel_that_the_dialplan_did_not_answer_is_answered(state: str) -> None:
    """Its `api_on_answer` brings the sound then."""
    channel = str(uuid4())
    async with freeswitch_site() as site:
        control = await site.control(channel, variables={"Answer-State": state})
        assert control.commands[:3] == ["connect", "execute answer", "linger"]
        await site.stream(channel)
        await site.arrival()


async def test_a_file_that_the_module_wrote_is_played_by_control() -> None:
    async with freeswitch_site(ESL_FILE) as site:
        arrival, stream, control = await site.whole()
        arrival.line.play(Clip(8000, b"\x10\x01" * 1600, complete=True), arrival.heard.ended)
        assert "streamAudio" in str(await stream.recv())
        control.play_event("/tmp/a_0.tmp.r8")
        await control.until_told("execute playback /tmp/a_0.tmp.r8")
        await arrival.heard.until(lambda: arrival.heard.ends)
        assert arrival.heard.ends == [(0.2, True)]
