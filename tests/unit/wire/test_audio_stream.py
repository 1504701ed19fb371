"""What mod_audio_stream says beside the sound, as real ones did and as a stranger might."""

import base64
import json

import pytest

from porteiro.dialogue.terms import Role
from porteiro.errors import ProtocolError
from porteiro.wire.audio_stream import (
    MAX_TEXT,
    STOP_AUDIO,
    StreamPath,
    StreamText,
    parse_path,
    parse_text,
    playback_file,
    stream_audio,
)
from porteiro.wire.esl import EslParser, Event, Headers
from tests.fixtures_path import fixtures

CALL = "e69439e9-1489-4bba-b55d-37612b5dffaf"
SESSIONS = sorted(fixtures("freeswitch").glob("ws_*.jsonl"))


def frames(direction: str, kind: str) -> list[str]:
    moments = [json.loads(line) for path in SESSIONS for line in path.read_text().splitlines()]
    return [
        moment["text"] for moment in moments if (moment["dir"], moment["type"]) == (direction, kind)
    ]


def play(body: str, subclass: str = "mod_audio_stream::play", name: str = "CUSTOM") -> Event:
    return Event(Headers([("Event-Subclass", subclass), ("Event-Name", name)]), body)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/stream/2018519/{CALL}", StreamPath("2018519", CALL, Role.VISITOR)),
        (f"/stream/2018519/{CALL}/visitor", StreamPath("2018519", CALL, Role.VISITOR)),
        (f"/stream/2018519/{CALL}/resident", StreamPath("2018519", CALL, Role.RESIDENT)),
        (f"/stream/2000/{CALL.upper()}", StreamPath("2000", CALL, Role.VISITOR)),
        (f"/stream/2000/{CALL}/+5511", StreamPath("2000", CALL, Role.VISITOR, "+5511")),
    ],
)
def test_a_path_says_whose_sound_it_is(path: str, expected: StreamPath) -> None:
    assert parse_path(path) == expected


def test_the_paths_of_a_real_freeswitch_are_read() -> None:
    paths = [request.split(" ")[1] for request in frames("from_fs", "http_request")]
    read = [parse_path(path) for path in paths]
    assert [each.extension for each in read] == [path.split("/")[2] for path in paths]
    assert [each.call_id for each in read] == [path.split("/")[3] for path in paths]
    assert {each.role for each in read} == {Role.VISITOR}
    assert {each.caller for each in read} == {"", "5511999990000"}
    assert len(paths) == len(SESSIONS)


def test_a_call_id_that_can_be_guessed_is_told() -> None:
    assert not parse_path(f"/stream/2000/{CALL}").guessable
    assert parse_path("/stream/2000/e69439e9-1489-1bba-b55d-37612b5dffaf").guessable
    assert parse_path("/stream/2000/e69439e9-1489-4bba-055d-37612b5dffaf").guessable
    assert parse_path("/stream/2000/00000000-0000-0000-0000-000000000000").guessable


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/stream", "/stream/", "/stream/2000", f"/stream//{CALL}", f"/stream/{CALL}"),
        *(f"/stream/2000/{CALL}/", f"/stream/2000/{CALL}/guard", f"/stream/2000/{CALL}/Resident"),
        *(f"/stream/2000/{CALL}/visitor/", f"/stream/2000/{CALL}/resident/5511"),
        *(f"/stream/2000/{CALL}?role=resident", f"/stream/2000/{CALL}#", f"/stream/2000/{CALL}\n"),
        *(f"stream/2000/{CALL}", f"/other/2000/{CALL}", f"//stream/2000/{CALL}"),
        *("/stream/2000/not-a-uuid", f"/stream/2000/{CALL[:-1]}", f"/stream/2000/{CALL}0"),
        *(f"/stream/2000/{{{CALL}}}", f"/stream/2000/urn:uuid:{CALL}", f"/stream/2000/{CALL[1:]}g"),
        *(f"/stream/20 00/{CALL}", f"/stream/20%0000/{CALL}", f"/stream/{'1' * 51}/{CALL}"),
        *(f"/stream/２０００/{CALL}", f"/stream/2000/{CALL}/{'1' * 33}", "/" * 100_000),
    ],
)
def test_any_other_path_is_the_protocol_error(path: str) -> None:
    with pytest.raises(ProtocolError, match="it must be /stream/") as raised:
        parse_path(path)
    assert len(str(raised.value)) < 250
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ('{"call": "x", "from": "5511999990000"}', None),
        ('{"sampleRate": 16000}', 16000),
        ('{"sampleRate": 8000, "more": [1, {"a": null}]}', 8000),
        ('{"sampleRate": null}', None),
        ("{}", None),
    ],
)
def test_a_text_may_say_the_sample_rate(text: str, rate: int | None) -> None:
    assert parse_text(text) == StreamText(rate)


def test_the_texts_of_a_real_freeswitch_are_read() -> None:
    texts = frames("from_fs", "text")
    assert len(texts) == 3
    assert {parse_text(text) for text in texts} == {StreamText()}


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "{", "[]", "1", "null", '"x"', "NaN", "\0", '{"a": 1} x', "9" * 5000),
        *('{"sampleRate": 44100}', '{"sampleRate": "8000"}', '{"sampleRate": true}'),
        *('{"sampleRate": 8000.0}', '{"sampleRate": [8000]}', '{"sampleRate": {"a": 1}}'),
        *('{"sampleRate": -8000}', '{"sampleRate": 1e999}', '{"sampleRate": ' + "8" * 4000 + "}"),
        *("[" * 60_000, '{"a":' * 12_000, '{"a": "' + "x" * MAX_TEXT + '"}'),
    ],
    ids=range(23),
)
def test_a_text_that_makes_no_sense_is_the_protocol_error(text: str) -> None:
    with pytest.raises(ProtocolError) as raised:
        parse_text(text)
    assert len(str(raised.value)) < 200


def test_a_text_may_be_as_long_as_allowed() -> None:
    text = '{"a": "' + "x" * (MAX_TEXT - 9) + '"}'
    assert len(text) == MAX_TEXT
    assert parse_text(text) == StreamText()


def test_sound_is_given_as_the_module_was_given_it() -> None:
    given = [text for text in frames("to_fs", "text") if "streamAudio" in text]
    assert len(given) == 7
    for text in given:
        encoded = text.partition('"audioData": "')[2].rstrip("…")
        pcm = base64.b64decode(encoded[: len(encoded) // 4 * 4])
        pcm = pcm[: len(pcm) // 2 * 2]
        ours = stream_audio(pcm, 8000)
        assert ours.startswith(text[:250])
        assert ours.endswith('"}}')
        assert json.loads(ours)["data"]["sampleRate"] == 8000


def test_what_stops_the_sound_is_what_stopped_it() -> None:
    assert STOP_AUDIO in frames("to_fs", "text")


def test_sound_comes_out_as_it_went_in() -> None:
    pcm = bytes(range(256)) * 5
    data = json.loads(stream_audio(pcm, 16000))["data"]
    assert base64.b64decode(data["audioData"]) == pcm
    assert (data["audioDataType"], data["sampleRate"]) == ("raw", 16000)


@pytest.mark.parametrize(("pcm", "rate"), [(b"", 8000), (b"abc", 8000), (b"ab", 44100)])
def test_what_is_no_sound_is_refused(pcm: bytes, rate: int) -> None:
    with pytest.raises(ValueError, match="no sound"):
        stream_audio(pcm, rate)


def test_the_file_that_a_real_module_wrote_is_found() -> None:
    recording = fixtures("freeswitch") / "esl_outbound_audio_stream_custom_events.from_fs.txt"
    messages = EslParser().receive(recording.read_bytes())
    events = [each for each in messages if isinstance(each, Event)]
    assert [playback_file(event) for event in events] == [
        "/tmp/266fb03f-3f1b-4b0e-9b4b-5f30b4a390c0_0.tmp.r8",
        None,
        None,
    ]


def test_no_other_event_names_a_file() -> None:
    body = '{"file": "/tmp/x.r8"}'
    assert playback_file(play(body)) == "/tmp/x.r8"
    assert playback_file(play(body, subclass="mod_audio_stream::json")) is None
    assert playback_file(play(body, name="CHANNEL_HOLD")) is None
    assert playback_file(Event(Headers())) is None


@pytest.mark.parametrize(
    "file",
    [
        *("", "/", "x.r8", "tmp/x.r8", "/tmp/../etc/passwd", "/tmp/./x", "/tmp//x", "/tmp/x/"),
        *("/tmp/x y", "/tmp/x\ny", "/tmp/x;y", "/tmp/${x}", "/tmp/'x", "/tmp/{a}x", "/tmp/x!y"),
        *("shell_stream:///tmp/x", "http://a/b", "tone_stream://%(1,0,1)", "/tmp/.x", "/tmp/x@y"),
        *("/" + "x" * 1024, "/" * 60_000, "/a" * 30_000 + "!", 1, None, ["/tmp/x"], True),
    ],
)
def test_a_file_that_could_be_anything_else_is_the_protocol_error(file: object) -> None:
    with pytest.raises(ProtocolError) as raised:
        playback_file(play(json.dumps({"file": file})))
    assert len(str(raised.value)) < 250
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("body", ["", "x", "[]", "{}", "[" * 60_000, "x" * (MAX_TEXT + 1)])
def test_a_play_event_without_a_file_is_the_protocol_error(body: str) -> None:
    with pytest.raises(ProtocolError):
        playback_file(play(body))
