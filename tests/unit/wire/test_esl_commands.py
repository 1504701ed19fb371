"""What is said to FreeSWITCH: as the recordings have it, and no value becomes syntax."""

from collections.abc import Callable

import pytest

from porteiro.wire.esl_commands import (
    api,
    auth,
    bgapi,
    connect,
    events,
    execute,
    exit_,
    filter_events,
    get_variable,
    hang_up,
    linger,
    my_events,
    nix_events,
    quoted,
)
from tests.fixtures_path import fixtures

CHANNEL = "0f0f0f0f-1111-4222-8333-444444444444"
STREAM_EVENTS = [f"mod_audio_stream::{each}" for each in ("connect", "disconnect", "json", "play")]

SAID = {
    "esl_outbound_dtmf_remote_hangup": (
        connect(),
        linger(),
        my_events(),
        get_variable("STREAM_PLAYBACK"),
        api("uuid_exists 91e69f2f-e4e4-48bc-8f04-e94f3883c22e"),
        exit_(),
    ),
    "esl_outbound_hold_bridge_sendmsg_hangup": (
        connect(),
        linger(2),
        my_events(),
        events("CHANNEL_HOLD", "CHANNEL_UNHOLD"),
        nix_events(
            *("CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE", "CHANNEL_STATE"),
            *("CHANNEL_UNPARK", "CHANNEL_PARK", "CHANNEL_HANGUP"),
        ),
        execute("set", "hangup_after_bridge=false", lock=True),
        execute("set", "park_after_bridge=true", lock=True),
        execute(
            "bridge",
            "{origination_uuid=11111111-2222-4333-8444-555555555555,leg_timeout=10}"
            "sofia/external/3001@127.0.0.1:5090",
            event_uuid="aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
            lock=True,
        ),
        hang_up("CALL_REJECTED"),
    ),
    "esl_outbound_audio_stream_custom_events": (
        connect(),
        events("CUSTOM", *STREAM_EVENTS, "mod_audio_stream::error"),
        filter_events("Unique-ID", "x"),
        filter_events("delete", "all"),
        filter_events("Unique-ID", "266fb03f-3f1b-4b0e-9b4b-5f30b4a390c0"),
    ),
    "esl_outbound_json_events_encoded_names": (
        connect(),
        linger(),
        my_events(json=True),
        nix_events(
            *("CHANNEL_STATE", "CHANNEL_UNPARK", "CHANNEL_PARK", "CHANNEL_EXECUTE_COMPLETE"),
            *("CHANNEL_EXECUTE", "CHANNEL_HANGUP"),
        ),
        exit_(),
    ),
    "esl_outbound_static_not_full": (
        connect(),
        linger(),
        api("status"),
        events("CHANNEL_HOLD"),
        get_variable("caller_id_number"),
        execute("sleep", "300", lock=True),
    ),
    "esl_inbound_auth_wrong_password": (auth("wrongpass"),),
}


@pytest.mark.parametrize("recording", SAID)
def test_commands_are_those_that_a_real_freeswitch_answered(recording: str) -> None:
    said = (fixtures("freeswitch") / f"{recording}.to_fs.txt").read_bytes()
    assert b"".join(SAID[recording]) == said


@pytest.mark.parametrize(
    "command",
    [
        auth("ClueCon"),
        api(f"uuid_setvar {CHANNEL} greeting Olá Recepção & más"),
        bgapi(f"uuid_kill {CHANNEL} NORMAL_CLEARING", "abababab-0000-4000-8000-000000000001"),
        events("BACKGROUND_JOB", "CHANNEL_ANSWER"),
        api("originate {originate_timeout=5}user/1000 &park()"),
    ],
)
def test_commands_of_the_inbound_session_are_those_recorded(command: bytes) -> None:
    said = (fixtures("freeswitch") / "esl_inbound_session.to_fs.txt").read_bytes()
    assert b"\n" + command in b"\n" + said


def test_a_command_for_another_channel_names_it() -> None:
    assert hang_up("USER_BUSY", uuid=CHANNEL) == (
        f"sendmsg {CHANNEL}\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n".encode()
    )
    assert (
        execute("answer", uuid=CHANNEL, event_uuid="e-1", lock=True)
        == (
            f"sendmsg {CHANNEL}\ncall-command: execute\nexecute-app-name: answer\n"
            "event-lock: true\nEvent-UUID: e-1\n\n"
        ).encode()
    )


def test_a_job_needs_no_name() -> None:
    assert bgapi("status") == b"bgapi status\n\n"


def test_an_arguments_length_is_in_bytes() -> None:
    assert b"content-length: 9\n\nname=Zo\xc3\xab\n" in execute("set", "name=Zoë")


BREAKS = ["\n", "\r", "\0", "\n\n", "\r\n\r\napi shutdown"]

TAKING_A_VALUE: list[Callable[[str], bytes]] = [
    auth,
    api,
    bgapi,
    get_variable,
    hang_up,
    events,
    nix_events,
    lambda value: bgapi("status", value),
    lambda value: events("CUSTOM", value.lower()),
    lambda value: filter_events("Unique-ID", value),
    lambda value: filter_events(value, "x"),
    execute,
    lambda value: execute("playback", value),
    lambda value: execute("playback", "x", uuid=value),
    lambda value: execute("playback", "x", event_uuid=value),
    lambda value: hang_up("USER_BUSY", uuid=value),
]


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize("command", TAKING_A_VALUE, ids=range(len(TAKING_A_VALUE)))
def test_a_line_break_in_any_value_never_reaches_the_wire(
    command: Callable[[str], bytes], line_break: str
) -> None:
    assert command("VALUE").endswith(b"\n")
    for value in (f"VALUE{line_break}", f"{line_break}VALUE", f"VALUE{line_break}VALUE"):
        with pytest.raises(ValueError, match="FreeSWITCH"):
            command(value)


@pytest.mark.parametrize("value", ["", " ", "a b", "a\tb", "ção", "a;b"])
def test_what_must_be_one_word_is_one(value: str) -> None:
    for command in (get_variable, hang_up, execute, events):
        with pytest.raises(ValueError, match="FreeSWITCH"):
            command(value)
    with pytest.raises(ValueError, match="FreeSWITCH"):
        bgapi("status", value)
    with pytest.raises(ValueError, match="FreeSWITCH"):
        execute("answer", event_uuid=value)


@pytest.mark.parametrize("command", [auth, api, bgapi], ids=lambda command: command.__name__)
def test_a_command_about_nothing_is_refused(command: Callable[[str], bytes]) -> None:
    with pytest.raises(ValueError, match="lacks"):
        command(" ")


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        api("status \ud800")


def test_what_follows_custom_is_no_event() -> None:
    with pytest.raises(ValueError, match="CUSTOM last"):
        events("CUSTOM", "mod_audio_stream::play", "CHANNEL_HOLD")
    with pytest.raises(ValueError, match="which events"):
        events()
    with pytest.raises(ValueError, match="which events"):
        nix_events()


def test_no_password_is_in_the_message_of_an_error() -> None:
    with pytest.raises(ValueError, match="line break") as raised:
        auth("secret\n")
    assert "secret" not in str(raised.value)


def test_to_linger_for_less_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        linger(-1)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("1003030", "1003030"),
        ("user/1000@10.0.0.1:5060", "user/1000@10.0.0.1:5060"),
        ("Apoena, bloco A", None),
        ("Condomínio Apoena", "'Condomínio Apoena'"),
        ("a=b;c (d) & e", "'a=b;c (d) & e'"),
        ("", "''"),
        *((f"a{syntax}b", None) for syntax in ("'", '"', "\\", "{", "}", "[", "]", "<", ">")),
        *((f"a{syntax}b", None) for syntax in ("|", "^", "$", "${system(x)}", ":_:", "\n", "\x1b")),
    ],
)
def test_a_value_before_a_dial_string_is_written_so_that_it_is_no_syntax(
    value: str, written: str | None
) -> None:
    if written is not None:
        assert quoted(value) == written
        return
    with pytest.raises(ValueError, match="cannot hold"):
        quoted(value)
