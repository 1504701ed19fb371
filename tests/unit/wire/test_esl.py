"""FreeSWITCH's event socket: bytes to messages, whatever a caller or a peer puts into them."""

import json

import pytest

from porteiro.errors import ProtocolError
from porteiro.wire.esl import (
    MAX_BODY,
    MAX_HEADERS,
    ApiReply,
    AuthRequest,
    CommandReply,
    Disconnect,
    EslParser,
    Event,
    Headers,
    Message,
    Rejected,
)

OK_REPLY = b"Content-Type: command/reply\nReply-Text: +OK\n\n"
OK = CommandReply(Headers([("Content-Type", "command/reply"), ("Reply-Text", "+OK")]))


def received(data: bytes) -> list[Message]:
    parser = EslParser()
    found = list(parser.receive(data))
    assert not parser.halfway
    return found


def packet(kind: str, body: bytes) -> bytes:
    return f"Content-Length: {len(body)}\nContent-Type: {kind}\n\n".encode() + body


def plain(body: bytes) -> Event:
    (event, after) = received(packet("text/event-plain", body) + OK_REPLY)
    assert after == OK
    assert isinstance(event, Event)
    return event


def as_json(body: bytes) -> Event:
    (event, after) = received(packet("text/event-json", body) + OK_REPLY)
    assert after == OK
    assert isinstance(event, Event)
    return event


def test_a_header_is_found_in_any_case_and_the_first_of_two_counts() -> None:
    headers = Headers([("Hangup-Cause", "USER_BUSY"), ("X", "1"), ("hangup-cause", "NO_ANSWER")])
    assert headers.get("HANGUP-CAUSE") == "USER_BUSY"
    assert headers.get_all("Hangup-Cause") == ("USER_BUSY", "NO_ANSWER")
    assert (headers.get("Y"), headers.get("Y", "none"), headers.get_all("Y")) == ("", "none", ())
    assert headers.pairs[1] == ("X", "1")


def test_headers_are_equal_when_their_pairs_are() -> None:
    one, same, other = Headers([("A", "1")]), Headers([("A", "1")]), Headers([("a", "1")])
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != (("A", "1"),)
    assert repr(one) == "Headers((('A', '1'),))"


def test_an_event_says_what_happened_to_whom() -> None:
    event = plain(b"Event-Name: CUSTOM\nEvent-Subclass: a%3A%3Ab\nUnique-ID: u\nJob-UUID: j\n\n")
    assert (event.name, event.subclass) == ("CUSTOM", "a::b")
    assert (event.channel, event.job, event.body) == ("u", "j", "")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Recep%C3%A7%C3%A3o%20%26%20%C3%91and%C3%BA%2050%25", "Recepção & Ñandú 50%"),
        ("%2B55+11", "+55+11"),
        ("%", "%"),
        ("%zz%4", "%zz%4"),
        ("Jo%E3o", "João"),
        ("a: b", "a: b"),
        ("_undef_", ""),
        ("%00", "\0"),
    ],
)
def test_an_events_value_is_percent_decoded_once_and_plus_is_no_space(
    written: str, read: str
) -> None:
    body = f"Event-Name: DTMF\nCaller-Caller-ID-Name: {written}\n\n"
    assert plain(body.encode()).headers.get("Caller-Caller-ID-Name") == read


def test_the_reply_to_connect_is_decoded_and_other_replies_are_not() -> None:
    data = (
        b"Event-Name: CHANNEL_DATA\nChannel-Caller-ID-Name: Ol%C3%A1\nContent-Type: command/reply\n"
        b"Reply-Text: %2BOK%0A\nSocket-Mode: async\n\n"
        b"Content-Type: command/reply\nReply-Text: 50%25\nEvent-Name: CHANNEL_DATA\n\n"
    )
    connected, variable = received(data)
    assert isinstance(connected, CommandReply)
    assert isinstance(variable, CommandReply)
    assert (connected.text, connected.ok) == ("+OK", True)
    assert connected.headers.get("Channel-Caller-ID-Name") == "Olá"
    assert variable.text == "50%25"


FORGED = "Eve\nHangup-Cause: NORMAL_CLEARING\n\nContent-Type: text/disconnect-notice\n\n"


def test_a_callers_name_with_line_breaks_stays_one_value_of_an_event() -> None:
    name = b"Eve%0AHangup-Cause%3A NORMAL_CLEARING%0A%0AContent-Type: text/disconnect-notice%0A%0A"
    event = plain(b"Event-Name: DTMF\nCaller-Caller-ID-Name: " + name + b"\nDTMF-Digit: 1\n\n")
    assert event.headers.get("Caller-Caller-ID-Name") == FORGED
    assert event.headers.get_all("Hangup-Cause") == ()
    assert event.headers.get("DTMF-Digit") == "1"


def test_a_callers_name_with_line_breaks_stays_one_value_of_the_reply_to_connect() -> None:
    name = b"Eve%0AReply-Text: -ERR%0A%0AContent-Type: auth/request%0A%0A"
    data = b"Event-Name: CHANNEL_DATA\nChannel-Caller-ID-Name: " + name
    (reply,) = received(data + b"\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n\n")
    assert isinstance(reply, CommandReply)
    assert reply.ok
    assert reply.headers.get_all("Reply-Text") == ("+OK\n",)


def test_a_callers_name_with_line_breaks_stays_one_value_in_json() -> None:
    members = {"Event-Name": "DTMF", "Caller-Caller-ID-Name": FORGED}
    assert as_json(json.dumps(members).encode()).headers == Headers(members.items())


def test_a_raw_line_break_forges_no_second_length_for_the_notice_of_the_end() -> None:
    notice = b"Content-Type: text/disconnect-notice\nChannel-Name: a\nContent-Length: 999\n"
    with pytest.raises(ProtocolError, match="two lengths"):
        received(notice + b"Content-Length: 0\n\n")


def test_a_line_that_is_no_header_is_the_rest_of_a_value_and_ignored() -> None:
    (reply,) = received(b"Content-Type: command/reply\nReply-Text: a\nrest of it\n\n")
    assert isinstance(reply, CommandReply)
    assert reply.text == "a"
    assert len(reply.headers.pairs) == 2


def test_one_name_that_is_no_utf_8_does_not_spoil_the_others() -> None:
    event = plain("Event-Name: DTMF\nA: José\n".encode() + b"B: Jo\xe3o\nC: Jo%E3o\n\n")
    assert [event.headers.get(name) for name in "ABC"] == ["José", "João", "João"]


def test_one_name_that_is_no_utf_8_does_not_spoil_the_others_in_json() -> None:
    event = as_json('{"A": "José", '.encode() + b'"B": "Jo\xe3o", "C": "x\\ud800y"}')
    assert [event.headers.get(name) for name in "ABC"] == ["José", "João", "x?y"]
    pieces = as_json(b'{"Ol\xe1": ["Jo\xe3o"], "B": ["Jo\xe3o", "a"]}').headers
    assert pieces.pairs == (("Olá", "João"), ("B", "ARRAY::João|:a"))


def test_an_events_own_body_is_nothing_but_a_body() -> None:
    body = b"+OK\n\nContent-Type: auth/request\n\nEvent-Name: X\n"
    head = f"Event-Name: BACKGROUND_JOB\nJob-UUID: j\nContent-Length: {len(body)}\n\n".encode()
    event = plain(head + body)
    assert event.body == body.decode()
    assert event.name == "BACKGROUND_JOB"


def test_what_follows_an_events_body_in_its_packet_is_nothing() -> None:
    assert plain(b"Event-Name: CUSTOM\nContent-Length: 2\n\nok\n").body == "ok"
    assert plain(b"Event-Name: CUSTOM\n\nok").body == ""


def test_the_last_of_an_events_lengths_is_that_of_its_body() -> None:
    assert plain(b"Event-Name: CUSTOM\nContent-Length: 9\nContent-Length: 2\n\nok").body == "ok"


@pytest.mark.parametrize(
    ("text", "members"),
    [
        (
            b"Event-Name: CUSTOM\nCause: A\nCause: B%3A\nEmpty: _undef_\nContent-Length: 4\n\nbody",
            b"""{"Event-Name": "CUSTOM", "Cause": "A", "Cause": "B:", "Empty": "",
                "Content-Length": "4", "_body": "body"}""",
        ),
        (
            b"Event-Name: CUSTOM\nX: ARRAY%3A%3Aa|%3Ab\n\n",
            b'{"Event-Name": "CUSTOM", "X": ["a", "b"], "Content-Length": "0", "_body": ""}',
        ),
        (b"Event-Name: DTMF\nX: a\n\n", b'{"Event-Name": "DTMF", "X": ["a"]}'),
    ],
    ids=["repeated-empty-body", "pieces", "one-piece"],
)
def test_an_event_is_the_same_object_as_plain_text_and_as_json(text: bytes, members: bytes) -> None:
    assert plain(text) == as_json(members)


@pytest.mark.parametrize(
    ("reply", "ok"),
    [
        *(("+OK accepted", True), ("5511999990000", True), ("", True), ("-5", True)),
        *(("-ERR invalid", False), ("-USAGE: <uuid>", False)),
    ],
)
def test_a_command_that_was_refused_is_told_from_a_value(reply: str, ok: bool) -> None:
    (message,) = received(f"Content-Type: command/reply\nReply-Text: {reply}\n\n".encode())
    assert isinstance(message, CommandReply)
    assert (message.text, message.ok) == (reply, ok)
    assert received(packet("api/response", reply.encode())) == [ApiReply(reply)]
    assert ApiReply(reply).ok is ok


def test_the_connections_own_messages() -> None:
    data = (
        b"Content-Type: auth/request\n\n"
        b"Content-Type: text/rude-rejection\nContent-Length: 2\n\nno"
        b"Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n"
        b"Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\n"
        b"Content-Length: 3\n\nbye"
        b"Content-Type: text/disconnect-notice\nContent-Length: 3\n\nbye"
    )
    assert received(data) == [
        AuthRequest(),
        Rejected("no"),
        Disconnect(lingering=True),
        Disconnect(lingering=False, text="bye"),
        Disconnect(lingering=False, text="bye"),
    ]


def test_a_length_counts_bytes_and_not_characters() -> None:
    assert received(packet("api/response", "Olá".encode()) + OK_REPLY) == [ApiReply("Olá"), OK]


@pytest.mark.parametrize(
    "length",
    ["-1", "", "abc", "1.5", "0x10", "1_000", "٣", "+5", "1 2", str(MAX_BODY + 1), "9" * 5000],
)
@pytest.mark.parametrize("kind", ["api/response", "command/reply", "text/event-plain"])
def test_a_length_that_is_none_or_too_much_is_the_protocol_error(length: str, kind: str) -> None:
    parser = EslParser()
    messages = parser.receive(
        OK_REPLY + f"Content-Type: {kind}\nContent-Length: {length}\n\n".encode()
    )
    assert next(messages) == OK
    with pytest.raises(ProtocolError):
        next(messages)


@pytest.mark.parametrize("length", ["-1", "", "abc", "5", str(MAX_BODY + 1), "9" * 5000])
def test_an_event_whose_own_length_is_none_or_too_much_is_the_protocol_error(length: str) -> None:
    with pytest.raises(ProtocolError):
        plain(f"Event-Name: CUSTOM\nContent-Length: {length}\n\nbody".encode())


@pytest.mark.parametrize(
    "data",
    [
        packet("text/event-plain", b"Event-Name: DTMF\n"),
        packet("text/event-plain", b""),
        packet("text/event-xml", b"<event/>"),
        packet("log/data", b"x"),
        b"Reply-Text: +OK\n\n",
        b"Event-Name: DTMF\n\n",
        b"\n\n",
    ],
    ids=["endless-event", "empty-event", "xml", "log", "untyped", "bare-event", "nothing"],
)
def test_what_no_freeswitch_sends_is_the_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        received(data)


@pytest.mark.parametrize(
    "data",
    [b"x" * (MAX_HEADERS + 2), b"A: " + b"x" * MAX_HEADERS + b"\n\n", b"A: b\n" * MAX_HEADERS],
    ids=["endless-line", "long-line", "many-lines"],
)
def test_headers_without_an_end_in_sight_are_the_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError, match=f"headers of more than {MAX_HEADERS}"):
        received(data)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b'"x"', b"1", b"null", b"\xff", b"9" * 5000),
        *(b'{"a": 1}', b'{"a": null}', b'{"a": {"b": "c"}}', b'{"a": [1]}'),
        *(b"[" * 100_000, b'{"a":' * 100_000),
    ],
    ids=range(14),
)
def test_an_event_that_is_no_json_object_of_texts_is_the_protocol_error(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        received(packet("text/event-json", body))


def test_headers_and_bodies_may_be_as_long_as_allowed() -> None:
    line = b"Content-Type: command/reply\nReply-Text: "
    longest = line + b"x" * (MAX_HEADERS - len(line))
    (reply,) = received(longest + b"\n\n")
    assert isinstance(reply, CommandReply)
    assert len(reply.text) == MAX_HEADERS - len(line)
    assert received(packet("api/response", b"x" * MAX_BODY)) == [ApiReply("x" * MAX_BODY)]


@pytest.mark.parametrize("end", [1, 20, 45, 46, 49])
def test_a_stream_that_ends_within_a_message_is_told(end: int) -> None:
    data = packet("api/response", b"true")
    assert len(data) == 50
    parser = EslParser()
    found = [(list(parser.receive(piece)), parser.halfway) for piece in (data[:end], data[end:])]
    assert found == [([], True), ([ApiReply("true")], False)]
