"""FreeSWITCH's event socket against anything: a message or the protocol error, nothing else."""

import re
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from porteiro.errors import ProtocolError
from porteiro.wire.audio_stream import parse_path, parse_text, playback_file
from porteiro.wire.esl import (
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
from porteiro.wire.esl_commands import api, bgapi, execute, filter_events, hang_up, quoted
from tests.fixtures_path import fixtures

SAID = [path.read_bytes() for path in sorted(fixtures("freeswitch").glob("esl_*.from_fs.txt"))]
TYPES = ("text/event-plain", "text/event-json", "command/reply", "api/response", "auth/request")

NAMES = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_-]{0,12}\Z")
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PIECES = st.sampled_from(
    [
        *(b"\n", b"\n\n", b": ", b"%0A", b"%", b"\r\n", b"\xff", b"{", b"}", b'"', b"[", b"0"),
        *(b"Content-Length: 4\n", b"Content-Length: -1\n", b"Content-Type: ", b"_undef_"),
        *(f"Content-Type: {kind}\n".encode() for kind in TYPES),
        *(b"Event-Name: CHANNEL_DATA\n", b"Event-Name: DTMF\n", b'{"Event-Name":"DTMF"}', b"body"),
    ]
)


def outcome(pieces: Iterable[bytes]) -> tuple[list[Message], bool]:
    """Return what a parser made of a stream, and whether it broke the rules."""
    parser = EslParser()
    found: list[Message] = []
    try:
        for piece in pieces:
            found.extend(parser.receive(piece))
    except ProtocolError:
        return found, True
    return found, False


def texts(message: Message) -> list[str]:
    match message:
        case CommandReply(headers, body) | Event(headers, body):
            return [body, *(text for pair in headers.pairs for text in pair)]
        case ApiReply(text) | Rejected(text) | Disconnect(_, text):
            return [text]
        case AuthRequest():
            return []


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


CUTS = st.lists(st.integers(0, 100_000), max_size=12)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=8), max_size=30).map(b"".join), CUTS)
def test_any_bytes_give_messages_or_the_protocol_error_however_they_are_cut(
    data: bytes, places: list[int]
) -> None:
    found, broken = outcome([data])
    assert outcome(cut(data, places)) == (found, broken)
    for message in found:
        for text in texts(message):
            text.encode()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SAID), CUTS)
def test_recordings_are_the_same_however_they_are_cut(data: bytes, places: list[int]) -> None:
    assert outcome(cut(data, places)) == outcome([data])


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SAID), st.integers(0, 60_000), st.integers(0, 40), st.data())
def test_damaged_recordings_give_messages_or_the_protocol_error(
    said: bytes, place: int, removed: int, data: st.DataObject
) -> None:
    start = place % len(said)
    damage = data.draw(st.binary(max_size=20) | PIECES)
    found, _ = outcome([said[:start] + damage + said[start + removed :]])
    for message in found:
        for text in texts(message):
            text.encode()
        if isinstance(message, Event):
            assert isinstance(message.name + message.subclass + message.channel, str)


def percent_encoded(value: str) -> bytes:
    encoded = "".join(f"%{byte:02X}" if byte in b'\n%:" ' else chr(byte) for byte in value.encode())
    return encoded.encode("latin-1") or b"_undef_"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), VALUES)
def test_an_event_with_any_values_and_any_body_is_read_back(
    pairs: list[tuple[str, str]], body: str
) -> None:
    headers = [*pairs, ("Content-Length", str(len(body.encode())))]
    lines = b"".join(
        name.encode() + b": " + percent_encoded(value) + b"\n" for name, value in headers
    )
    packet = lines + b"\n" + body.encode()
    stream = f"Content-Length: {len(packet)}\nContent-Type: text/event-plain\n\n".encode() + packet
    expected = [(name, "" if value == "_undef_" else value) for name, value in headers]
    assert outcome([stream]) == ([Event(Headers(expected), body)], False)


def read_by_freeswitch(sent: bytes) -> list[tuple[list[str], bytes]]:
    """Return the commands that FreeSWITCH takes out of what was sent, each with its body."""
    commands = []
    while sent := sent.lstrip(b"\r\n"):
        head, _, sent = re.split(rb"(\n\r*\n)", sent, maxsplit=1)
        lines = re.split(r"[\r\n]+", head.decode())
        (length,) = [int(line[16:]) for line in lines if line.startswith("content-length: ")] or [0]
        commands.append((lines, sent[:length]))
        sent = sent[length:]
    return commands


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30), st.sampled_from(["api", "filter", "job", "app", "argument", "cause"]))
def test_whatever_a_value_holds_it_stays_in_one_command(value: str, place: str) -> None:
    try:
        sent = {
            "api": lambda: api(value),
            "filter": lambda: filter_events("Unique-ID", value),
            "job": lambda: bgapi("status", value),
            "app": lambda: execute(value, "x", lock=True),
            "argument": lambda: execute("playback", value, event_uuid="e"),
            "cause": lambda: hang_up(value),
        }[place]()
    except ValueError:
        return
    ((lines, body), following) = read_by_freeswitch(sent + b"exit\n\n")
    assert following == (["exit"], b"")
    assert value in {body.decode(), *(line.split(" ", 1)[1] for line in lines if " " in line)} or (
        place == "filter" and lines == [f"filter Unique-ID {value}"]
    )


def split_at(text: str, separator: str) -> list[str]:
    """Split as FreeSWITCH's `switch_separate_string` does, which takes the quotes away."""
    parts, inside = [""], False
    for sign in text:
        if sign == "'":
            inside = not inside
        elif sign == separator and not inside:
            parts.append("")
        else:
            parts[-1] += sign
    return [part for part in parts if part or separator != " "]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
def test_a_quoted_value_is_one_variable_of_an_originated_call_and_of_a_bridged_one(
    value: str,
) -> None:
    try:
        dial = f"{{name={quoted(value)},last=1}}user/1000"
    except ValueError:
        return
    first, application = split_at(f"{dial} &park()", " ")
    assert application == "&park()"
    for braces in (first, dial):
        inside = braces[1 : braces.index("}")]
        assert split_at(inside, ",") == [f"name={value}", "last=1"]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | PIECES.map(lambda piece: piece.decode("latin-1")))
def test_any_path_text_and_body_gives_its_meaning_or_the_protocol_error(text: str) -> None:
    play = Headers([("Event-Name", "CUSTOM"), ("Event-Subclass", "mod_audio_stream::play")])
    for read in (parse_path, parse_text, lambda body: playback_file(Event(play, body))):
        with suppress(ProtocolError):
            read(text)
