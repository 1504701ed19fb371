"""AudioSocket's parser, however the network cuts the stream and whatever is in it."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

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
    audio_message,
    call_id_message,
    dtmf_message,
    hang_up_message,
)

AUDIO = st.builds(Audio, st.sampled_from(sorted(AUDIO_KINDS)), st.binary(min_size=1, max_size=2000))
KEYS = st.builds(Dtmf, st.sampled_from("0123456789*#ABCD"))
FAILURES = st.builds(Failure, st.binary(max_size=9))
LATER = st.lists(AUDIO | KEYS | FAILURES | st.just(HangUp()), max_size=8)


def encoded(message: Message) -> bytes:
    match message:
        case Audio(rate, payload):
            return audio_message(rate, payload)
        case Dtmf(digit):
            return dtmf_message(digit)
        case Failure(payload):
            return b"\xff" + len(payload).to_bytes(2) + payload
        case CallId(call_id):
            return call_id_message(call_id)
        case HangUp():
            return hang_up_message()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def outcome(chunks: list[bytes]) -> tuple[list[Message], str]:
    """Return what was understood before the error, and the error."""
    parser = AudioSocketParser()
    messages: list[Message] = []
    try:
        for chunk in chunks:
            for message in parser.receive(chunk):
                messages.append(message)  # noqa: PERF402  what came before an error counts
    except ProtocolError as error:
        return messages, str(error)
    return messages, ""


@given(uuid=st.uuids(version=4), later=LATER, places=st.lists(st.integers(0), max_size=20))
@settings(max_examples=200)
def test_any_cuts_give_the_same_messages(
    uuid: UUID, later: list[Message], places: list[int]
) -> None:
    messages: list[Message] = [CallId(str(uuid), guessable=False), *later]
    stream = b"".join(map(encoded, messages))
    assert outcome(cut(stream, places)) == (messages, "")


@given(data=st.binary(max_size=400), places=st.lists(st.integers(0), max_size=20))
@settings(max_examples=200)
def test_garbage_is_messages_or_a_protocol_error_and_nothing_else(
    data: bytes, places: list[int]
) -> None:
    assert outcome(cut(data, places)) == outcome([data])


@given(
    later=LATER,
    where=st.integers(0),
    garbage=st.binary(min_size=1, max_size=9),
    cuts=st.lists(st.integers(0), max_size=9),
)
@settings(max_examples=200)
def test_a_damaged_connection_is_understood_up_to_the_damage(
    later: list[Message], where: int, garbage: bytes, cuts: list[int]
) -> None:
    stream = call_id_message("e69439e9-1489-4bba-b55d-37612b5dffaf") + b"".join(map(encoded, later))
    place = where % (len(stream) + 1)
    damaged = stream[:place] + garbage + stream[place:]
    assert outcome(cut(damaged, cuts)) == outcome([damaged])
