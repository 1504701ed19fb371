"""What a real FreeSWITCH said on its event socket, read whole and written again."""

import json
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest

from porteiro.wire import esl
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
from tests.fixtures_path import fixtures

RECORDINGS = sorted(fixtures("freeswitch").glob("esl_*.from_fs.txt"))
recordings = pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.name[4:-12])

KINDS: dict[str, type[Message]] = {
    "auth/request": AuthRequest,
    "command/reply": CommandReply,
    "api/response": ApiReply,
    "text/event-plain": Event,
    "text/event-json": Event,
    "text/disconnect-notice": Disconnect,
}
PRINTABLE = "!$'()*,/"
"""What FreeSWITCH leaves as it is in an event's value, beside letters, digits and `-._~`."""


def packets(recording: Path) -> list[tuple[bytes, str]]:
    """Return each packet and what it is, by the time line that was taken with it."""
    data = recording.read_bytes()
    timeline = recording.with_name(recording.name.replace(".from_fs.txt", ".timeline.jsonl"))
    if not timeline.exists():
        return [(data, "")]
    moments = [json.loads(line) for line in timeline.read_text().splitlines()]
    return [
        (data[moment["offset"] : moment["offset"] + moment["length"]], moment["what"])
        for moment in moments
        if moment["dir"] == "from_fs" and moment["length"]
    ]


def parsed(data: bytes) -> list[Message]:
    parser = EslParser()
    messages = list(parser.receive(data))
    assert not parser.halfway
    return messages


def written(headers: Headers) -> bytes:
    """Return headers as FreeSWITCH writes an event's."""
    lines = (f"{name}: {quote(value, safe=PRINTABLE)}\n" for name, value in headers.pairs)
    return "".join((*lines, "\n")).encode()


def test_there_are_recordings() -> None:
    assert len(RECORDINGS) == 13


@recordings
def test_every_packet_is_one_message_of_its_kind(recording: Path) -> None:
    pieces = [piece for piece in packets(recording) if piece[1]]
    assert b"".join(data for data, _ in pieces) in {recording.read_bytes(), b""}
    for data, what in pieces:
        (message,) = parsed(data)
        kind, _, rest = what.partition(" ")
        assert type(message) is KINDS[kind]
        if isinstance(message, CommandReply):
            assert message.text.startswith(rest.replace("%2BOK%0A", "+OK"))
        elif isinstance(message, Event) and rest:
            name, _, detail = rest.partition(" ")
            assert message.name == name
            assert detail.strip() in {message.subclass, message.headers.get("Application")}
        elif isinstance(message, Disconnect):
            assert message.lingering == (rest == "linger")


@recordings
def test_no_message_of_the_whole_differs_from_its_packet_alone(recording: Path) -> None:
    alone = [message for data, _ in packets(recording) for message in parsed(data)]
    assert parsed(recording.read_bytes()) == alone


@recordings
def test_events_and_the_reply_to_connect_are_written_again_byte_for_byte(recording: Path) -> None:
    for data, what in packets(recording):
        head, _, packet = data.partition(b"\n\n")
        (message, *_) = parsed(data)
        if isinstance(message, CommandReply) and head.startswith(b"Event-Name"):
            assert written(message.headers) == data
        elif isinstance(message, Event) and what.startswith("text/event-plain"):
            assert written(message.headers) + message.body.encode() == packet
        elif isinstance(message, Event):
            members = (
                f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}"
                for name, value in message.headers.pairs
            )
            assert "{{{}}}".format(",".join(members)).encode() == packet


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the same bytes only once: what is tested is where one packet ends and how."""
    read = cache(lambda block, encoded: tuple(esl_headers(block, encoded=encoded)))
    esl_headers = esl._headers
    monkeypatch.setattr(esl, "_headers", lambda block, *, encoded: read(block, encoded))
    monkeypatch.setattr(esl, "_READERS", {kind: cache(by) for kind, by in esl._READERS.items()})


@recordings
@pytest.mark.usefixtures("remembered")
def test_cut_at_every_place_it_is_the_same(recording: Path) -> None:
    for data, _ in packets(recording):
        whole = parsed(data)
        for cut in range(1, len(data)):
            parser = EslParser()
            messages = [*parser.receive(data[:cut]), *parser.receive(data[cut:])]
            assert messages == whole, f"cut after {cut} bytes"


@recordings
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1460])
def test_in_pieces_of_one_size_it_is_the_same(recording: Path, size: int) -> None:
    data = recording.read_bytes()
    parser = EslParser()
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    assert [message for piece in pieces for message in parser.receive(piece)] == parsed(data)
    assert not parser.halfway


@recordings
def test_a_message_comes_with_its_last_byte_and_not_before(recording: Path) -> None:
    for data, what in packets(recording):
        if what:
            parser = EslParser()
            assert list(parser.receive(data[:-1])) == []
            assert parser.halfway
            assert len(list(parser.receive(data[-1:]))) == 1


def test_an_address_that_is_not_allowed_is_told_so() -> None:
    (path,) = (each for each in RECORDINGS if "acl_rejection" in each.name)
    rejected, end = parsed(path.read_bytes())
    assert rejected == Rejected("Access Denied, go away.\n")
    assert isinstance(end, Disconnect)
    assert not end.lingering
