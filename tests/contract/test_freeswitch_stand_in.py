"""The FreeSWITCH stand-in against a real FreeSWITCH's recordings, byte for byte."""

import json
from collections.abc import Callable
from functools import partial

import pytest

from porteiro.phones.freeswitch import (
    FreeSwitchPhone,
    Registered,
)
from porteiro.phones.freeswitch.packets import (
    AUTH_REQUEST,
    RUDE_REJECTION,
    Event,
    Notice,
    Reply,
    api_response,
    as_json,
    channel_data,
    command_reply,
    disconnect_notice,
    plain,
)
from tests.freeswitch_recordings import (
    FOLDER,
    described,
    is_event,
    steps,
)
from tests.freeswitch_relived import Life, Program

RECORDINGS = sorted(path.name.removesuffix(".from_fs.txt") for path in FOLDER.glob("esl_*from_fs*"))


# ------------------------------------------------------------- every packet, written again


def rewritten(data: bytes) -> bytes:
    """Read a packet and write it again with the stand-in's own writer."""
    if is_event(data):
        headers, body = described(data), b""
        if data.startswith(b"Event-Name: "):
            return channel_data(headers)
        inner = dict(headers).get("Content-Length")
        if inner:
            body = data[-int(inner) :]
            headers = [pair for pair in headers if pair[0] != "Content-Length"]
        write = as_json if b"text/event-json" in data else plain
        return write(Event(headers, body))
    head, _, body = data.partition(b"\n\n")
    pairs = [(name, it) for name, _, it in (x.partition(": ") for x in head.decode().split("\n"))]
    known = dict(pairs)
    kind = known["Content-Type"]
    if kind == "command/reply":
        return command_reply(Reply(known["Reply-Text"], pairs[2:]))
    if kind == "text/disconnect-notice":
        lingering = known.get("Linger-Time")
        return disconnect_notice(
            Notice(
                known.get("Controlled-Session-UUID", ""),
                known.get("Channel-Name", ""),
                None if lingering is None else int(lingering),
            )
        )
    return api_response(body) if kind == "api/response" else AUTH_REQUEST


@pytest.mark.parametrize("recording", RECORDINGS)
def test_writes_every_recorded_packet_as_freeswitch_did(recording: str) -> None:
    if recording == "esl_inbound_acl_rejection":
        rejection = RUDE_REJECTION + disconnect_notice(Notice())
        assert rejection == steps(recording)[0].data
        return
    packets = [step.data for step in steps(recording) if step.from_fs and step.data]
    assert packets
    for packet in packets:
        assert rewritten(packet) == packet


# --------------------------------------------------------- every recording, lived through again


async def lived(name: str, *happenings: Callable[[Life], object], answers: bool = True) -> None:
    """Live through a recording in which these things happened besides what the server sent."""
    life = Life(name)
    life.open_stream(answers=answers)
    await life.go_through(name, iter([partial(happening, life) for happening in happenings]))


@pytest.mark.virtual_time
async def test_keys_and_the_callers_hang_up_come_as_recorded() -> None:
    await lived(
        "esl_outbound_dtmf_remote_hangup",
        lambda life: life.session.key("1"),
        lambda life: life.session.key("#"),
        lambda life: life.channel.digit("*", 2000, "APP"),
        lambda life: life.session.phone.hang_up(),
    )


@pytest.mark.virtual_time
async def test_hold_a_bridge_and_our_hang_up_come_as_recorded() -> None:
    picked_up: list[FreeSwitchPhone] = []

    def resume(life: Life) -> None:
        life.session.phone.unhold()
        life.pbx.numbers["3001"] = Registered(picked_up=picked_up.append)

    await lived(
        "esl_outbound_hold_bridge_sendmsg_hangup",
        lambda life: life.session.phone.hold(),
        resume,
        lambda _: picked_up[0].hang_up(),
    )


@pytest.mark.virtual_time
async def test_an_answer_by_the_server_and_an_unknown_application_come_as_recorded() -> None:
    def late(life: Life) -> None:
        """Send what had been queued before the server switched it off."""
        parked = next(event for event in life.emitted if event.name == "CHANNEL_PARK")
        life.control.write(life.control.subscriptions.packet(parked))
        life.endpoint.told()

    await lived("esl_outbound_socket_answers_unknown_app", late)


@pytest.mark.virtual_time
async def test_without_linger_a_killed_channels_last_events_are_lost_as_recorded() -> None:
    await lived("esl_outbound_uuid_kill_no_linger")


@pytest.mark.virtual_time
async def test_a_close_that_nobody_answers_delays_the_end_as_recorded() -> None:
    name = "esl_outbound_notice_before_hangup_complete"
    await lived(name, lambda life: life.session.phone.hang_up(), answers=False)


@pytest.mark.virtual_time
async def test_a_caller_who_is_gone_before_connect_is_told_of_as_recorded() -> None:
    name = "esl_outbound_caller_gone_before_connect"
    life = Life(name, "c37bea35-43ed-412d-ae3e-d71be8c5666c")
    await life.go_through(name, iter([life.session.phone.hang_up]))


@pytest.mark.virtual_time
async def test_a_socket_that_is_not_full_refuses_as_recorded() -> None:
    name = "esl_outbound_static_not_full"
    life = Life(name)
    await life.go_through(name, iter([life.session.phone.hang_up]))


@pytest.mark.virtual_time
async def test_events_as_json_come_as_recorded() -> None:
    await lived(
        "esl_outbound_json_events_encoded_names",
        lambda life: life.channel.digit("#", 2000, "APP"),
        lambda life: life.session.phone.hang_up(),
    )


@pytest.mark.virtual_time
async def test_what_the_server_sends_on_the_stream_is_told_as_recorded() -> None:
    sound = {"audioDataType": "raw", "sampleRate": 8000, "audioData": "AAAA", "note": 1}
    await lived(
        "esl_outbound_audio_stream_custom_events",
        lambda life: life.server.say(json.dumps({"type": "streamAudio", "data": sound})),
        lambda life: life.server.say('{"type":"hello"}'),
        lambda life: life.server.end(),
        lambda life: life.session.phone.hang_up(),
    )


@pytest.mark.virtual_time
async def test_a_program_on_the_inbound_socket_gets_what_was_recorded() -> None:
    program = Program("esl_inbound_session")
    program.pbx.numbers = {
        "9999": Registered(),
        "486": Registered(cause="USER_BUSY"),
        "1": Registered(cause="NORMAL_TEMPORARY_FAILURE"),
    }
    await program.go_through("esl_inbound_session")
    assert program.wire.closed


@pytest.mark.virtual_time
@pytest.mark.parametrize("what", ["auth_wrong_password", "command_before_auth"])
async def test_a_program_without_the_password_gets_what_was_recorded(what: str) -> None:
    program = Program(f"esl_inbound_{what}")
    await program.go_through(f"esl_inbound_{what}")
    assert program.wire.closed == (what == "auth_wrong_password")


@pytest.mark.virtual_time
async def test_a_program_that_the_acl_refuses_gets_what_was_recorded() -> None:
    program = Program("esl_inbound_acl_rejection")
    await program.go_through("esl_inbound_acl_rejection", allowed=False)
    assert program.wire.closed
