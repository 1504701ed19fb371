"""The manager's protocol: bytes to messages and back, whatever comes."""

import pytest

from porteiro.errors import ProtocolError
from porteiro.wire.ami import (
    MAX_HEADERS,
    MAX_LINE,
    AmiMessage,
    AmiParser,
    Greeting,
    encode_action,
)

GREETING = b"Asterisk Call Manager/11.0.0\r\n"

LOGIN_AND_EVENTS = (
    GREETING
    + b"Response: Success\r\nActionID: login\r\nMessage: Authentication accepted\r\n\r\n"
    + b"Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: 7\r\nResponse: Failure\r\n"
    + b"Reason: 5\r\nUniqueid: <unknown>\r\n\r\n"
    + b"Event: Newchannel\r\nChanVariable: A=1\r\nChanVariable: B=2\r\n\r\n"
)


def test_messages_come_in_order_with_all_their_headers() -> None:
    greeting, login, failure, channel = AmiParser().receive(LOGIN_AND_EVENTS)
    assert greeting == Greeting("11.0.0")
    assert isinstance(login, AmiMessage)
    assert (login.response, login.event, login.get("actionid")) == ("Success", "", "login")
    assert isinstance(failure, AmiMessage)
    assert (failure.response, failure.event, failure.get("Response")) == (
        "",
        "OriginateResponse",
        "Failure",
    )
    assert isinstance(channel, AmiMessage)
    assert channel.get_all("chanvariable") == ["A=1", "B=2"]


def test_it_makes_no_difference_how_the_bytes_are_cut() -> None:
    whole = AmiParser().receive(LOGIN_AND_EVENTS)
    parser = AmiParser()
    byte_by_byte = [
        message for byte in LOGIN_AND_EVENTS for message in parser.receive(bytes([byte]))
    ]
    assert byte_by_byte == whole


def test_a_header_that_is_absent_reads_as_empty() -> None:
    assert AmiMessage((("Event", "Hangup"),)).get("Cause") == ""


def test_a_callers_name_in_latin_1_is_read_as_such() -> None:
    _, message = AmiParser().receive(GREETING + b"CallerIDName: Jo\xe3o\r\n\r\n")
    assert isinstance(message, AmiMessage)
    assert message.get("CallerIDName") == "João"


def test_a_line_break_in_a_value_neither_forges_a_header_nor_cuts_the_connection() -> None:
    data = GREETING + b"CallerIDName: Eve\nCause: 16\r\nno header at all\r\nCause: 17\r\n\r\n"
    _, message = AmiParser().receive(data)
    assert isinstance(message, AmiMessage)
    assert message.get_all("Cause") == ["17"]


def test_empty_lines_between_messages_are_nothing() -> None:
    assert AmiParser().receive(GREETING + b"\r\n\r\n\r\n") == [Greeting("11.0.0")]


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        GREETING + b"Event: " + b"x" * (MAX_LINE + 1) + b"\r\n",
        GREETING + b"x" * (MAX_LINE + 3),
        GREETING + b"Event: Flood\r\n" * (MAX_HEADERS + 1),
        GREETING + b"no header\r\n" * (MAX_HEADERS + 1),
    ],
    ids=["another-protocol", "long-line", "endless-line", "many-headers", "many-lines"],
)
def test_what_is_no_manager_or_has_no_end_is_one_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        AmiParser().receive(data)


def test_an_action_is_its_headers_in_order() -> None:
    action = encode_action("Originate", [("Channel", "PJSIP/1003030"), ("Variable", "A=1")])
    assert action == b"Action: Originate\r\nChannel: PJSIP/1003030\r\nVariable: A=1\r\n\r\n"


@pytest.mark.parametrize(
    "header",
    [
        ("Channel", "PJSIP/1\r\nAction: Command"),
        ("Channel", "PJSIP/1\nApplication: System"),
        ("Channel", "PJSIP/1\0"),
        ("Channel\r\nAction", "x"),
        ("Channel: x", "y"),
        ("", "y"),
    ],
)
def test_a_value_that_would_add_a_header_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(ProtocolError):
        encode_action("Originate", [header])
