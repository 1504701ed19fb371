"""AudioSocket's messages, as Asterisk sends them and as it does not."""

import pytest

from porteiro.errors import ProtocolError
from porteiro.wire.audiosocket import (
    AUDIO_KINDS,
    Audio,
    AudioSocketParser,
    CallId,
    Dtmf,
    Failure,
    HangUp,
    Message,
    audio_header,
    audio_message,
    call_id_message,
    dtmf_message,
    hang_up_message,
)

CALL_ID = "e69439e9-1489-4bba-b55d-37612b5dffaf"
ID_BYTES = bytes.fromhex("01 0010 e69439e914894bbab55d37612b5dffaf")
SPEECH = bytes(range(256)) + bytes(64)

CONNECTION = (
    ID_BYTES
    + b"\x10\x01\x40" + SPEECH
    + b"\x03\x00\x01#"
    + b"\x12\x00\x04\x01\x00\x02\x00"
    + b"\xff\x00\x01\x04"
    + b"\x00\x00\x00"
)  # fmt: skip
MESSAGES: list[Message] = [
    CallId(CALL_ID, guessable=False),
    Audio(8000, SPEECH),
    Dtmf("#"),
    Audio(16000, b"\x01\x00\x02\x00"),
    Failure(b"\x04"),
    HangUp(),
]


def parse(*chunks: bytes) -> list[Message]:
    parser = AudioSocketParser()
    return [message for chunk in chunks for message in parser.receive(chunk)]


def named() -> AudioSocketParser:
    parser = AudioSocketParser()
    list(parser.receive(ID_BYTES))
    return parser


def test_a_connection_in_one_chunk() -> None:
    assert parse(CONNECTION) == MESSAGES


def test_a_connection_byte_by_byte() -> None:
    assert parse(*(CONNECTION[n : n + 1] for n in range(len(CONNECTION)))) == MESSAGES


@pytest.mark.parametrize(("rate", "kind"), [(8000, 0x10), (44100, 0x15), (192000, 0x18)])
def test_audio_tells_its_rate_by_its_kind(rate: int, kind: int) -> None:
    assert list(named().receive(bytes((kind, 0, 2)) + b"ab")) == [Audio(rate, b"ab")]


def test_every_rate_has_a_kind_of_its_own() -> None:
    assert sorted(AUDIO_KINDS.values()) == list(range(0x10, 0x19))


@pytest.mark.parametrize("size", [80, 160, 240, 320, 480, 640, 960])
def test_audio_may_come_in_any_packet_time(size: int) -> None:
    assert list(named().receive(audio_message(8000, bytes(size)))) == [Audio(8000, bytes(size))]


def test_audio_without_samples_is_left_out() -> None:
    parser = named()
    assert list(parser.receive(b"\x10\x00\x00" + audio_message(8000, b"ab"))) == [
        Audio(8000, b"ab")
    ]
    assert list(parser.receive(b"\x10\x00\x00")) == []


def test_sound_like_the_sound_before_is_known_without_parsing() -> None:
    parser, message = named(), audio_message(16000, SPEECH)
    assert parser.more_of_the_same(message) is None
    list(parser.receive(message))
    assert parser.more_of_the_same(message) == SPEECH
    assert parser.more_of_the_same(2 * message) == 2 * SPEECH
    assert parser.more_of_the_same(4 * message) == 4 * SPEECH


@pytest.mark.parametrize(
    "data",
    [
        audio_message(8000, SPEECH),
        audio_message(16000, SPEECH[2:]),
        audio_message(16000, SPEECH)[:-1],
        audio_message(16000, SPEECH) + b"\x00",
        audio_message(16000, SPEECH) + audio_message(8000, SPEECH),
        audio_message(16000, SPEECH) * 5,
        audio_message(16000, SPEECH) * 2 + audio_message(8000, SPEECH),
        b"\x12\x01\x3f" + SPEECH,
        b"",
    ],
)
def test_what_differs_from_the_sound_before_is_parsed(data: bytes) -> None:
    parser = named()
    list(parser.receive(audio_message(16000, SPEECH)))
    assert parser.more_of_the_same(data) is None


def test_the_rest_of_half_a_message_is_never_taken_for_sound_of_its_own() -> None:
    parser, message = named(), audio_message(8000, bytes(range(1, 4)) * 9)
    list(parser.receive(message + b"\x10"))
    assert parser.more_of_the_same(message) is None


def test_letters_of_the_fourth_column_come_in_capitals() -> None:
    assert list(named().receive(dtmf_message("a"))) == [Dtmf("A")]


@pytest.mark.parametrize(
    ("uuid", "guessable"),
    [
        (CALL_ID, False),
        ("6fa459ea-ee8a-11e1-9b23-0800200c9a66", True),
        ("00000000-0000-0000-0000-000000000000", True),
        ("e69439e9-1489-4bba-c55d-37612b5dffaf", True),
    ],
)
def test_an_id_that_is_no_random_uuid_is_accepted_and_called_guessable(
    uuid: str, *, guessable: bool
) -> None:
    assert parse(call_id_message(uuid)) == [CallId(uuid, guessable)]


def test_a_message_under_way_is_known_of() -> None:
    parser = named()
    assert not parser.halfway
    list(parser.receive(b"\x10\x01"))
    assert parser.halfway


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (audio_message(8000, bytes(320)), "call id must come first"),
        (hang_up_message(), "call id must come first"),
        (b"GET / HTTP/1.1\r\n\r\n", "call id must come first"),
        (b"\x01\x00\x0f" + bytes(15), "cannot have 15 bytes"),
        (ID_BYTES + ID_BYTES, "second call id"),
        (ID_BYTES + b"\x02\x00\x00", "unknown message kind 0x02"),
        (ID_BYTES + b"\x19\x00\x02ab", "unknown message kind 0x19"),
        (ID_BYTES + b"\x03\x00\x02ab", "cannot have 2 bytes"),
        (ID_BYTES + b"\x03\x00\x01x", "no telephone key"),
        (ID_BYTES + b"\x03\x00\x01\xe9", "no telephone key"),
        (ID_BYTES + b"\x00\x00\x01x", "cannot have 1 bytes"),
        (ID_BYTES + b"\x10\xff\xff", "longer than a second"),
    ],
)
def test_what_no_peer_sends_is_a_protocol_error(data: bytes, complaint: str) -> None:
    with pytest.raises(ProtocolError, match=complaint):
        parse(data)
    with pytest.raises(ProtocolError, match=complaint):
        parse(*(data[n : n + 1] for n in range(len(data))))


def test_messages_before_a_mistake_are_not_lost() -> None:
    arriving = iter(AudioSocketParser().receive(ID_BYTES + dtmf_message("1") + b"\x77\0\0"))
    assert next(arriving) == CallId(CALL_ID, guessable=False)
    assert next(arriving) == Dtmf("1")
    with pytest.raises(ProtocolError):
        next(arriving)


def test_after_a_mistake_the_connection_stays_of_no_use() -> None:
    parser = named()
    for data in (b"\x77\0\0", audio_message(8000, bytes(320))):
        with pytest.raises(ProtocolError, match="unknown message kind 0x77"):
            list(parser.receive(data))


def test_what_we_send_has_no_call_id_before_it() -> None:
    parser = AudioSocketParser(from_pbx=False)
    assert list(parser.receive(audio_message(8000, SPEECH))) == [Audio(8000, SPEECH)]
    assert list(parser.receive(hang_up_message())) == [HangUp()]


def test_messages_are_written_as_asterisk_reads_them() -> None:
    assert hang_up_message() == b"\x00\x00\x00"
    assert call_id_message(CALL_ID) == ID_BYTES
    assert dtmf_message("#") == b"\x03\x00\x01#"
    assert audio_message(16000, b"ab") == b"\x12\x00\x02ab"


@pytest.mark.parametrize("length", [0, 65536])
def test_audio_that_ends_the_call_in_asterisk_is_never_written(length: int) -> None:
    with pytest.raises(ValueError, match=f"{length} bytes"):
        audio_header(8000, length)


def test_a_rate_without_a_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="11025 Hz"):
        audio_message(11025, bytes(2))
