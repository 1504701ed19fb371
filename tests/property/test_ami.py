"""The manager's protocol against anything: a message or the protocol error, nothing else."""

from hypothesis import given, settings
from hypothesis import strategies as st

from porteiro.errors import ProtocolError
from porteiro.wire.ami import AmiMessage, AmiParser, Greeting, encode_action

GREETING = b"Asterisk Call Manager/11.0.0\r\n"

header_names = st.from_regex(r"\A[A-Za-z][A-Za-z0-9-]{0,20}\Z")
header_values = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), max_size=40)
actions = st.lists(st.tuples(header_names, header_values), min_size=1, max_size=8)


@settings(max_examples=150)
@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_give_messages_or_the_protocol_error(data: bytes, greeted: bool) -> None:
    parser = AmiParser()
    try:
        found = parser.receive((GREETING if greeted else b"") + data)
    except ProtocolError:
        return
    assert all(isinstance(message, AmiMessage | Greeting) for message in found)


@settings(max_examples=150)
@given(st.lists(actions, min_size=1, max_size=4), st.data())
def test_what_is_encoded_is_read_back_whole_however_it_is_cut(
    sent: list[list[tuple[str, str]]], data: st.DataObject
) -> None:
    stream = GREETING + b"".join(encode_action("Any", headers) for headers in sent)
    parser = AmiParser()
    received = []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        received += parser.receive(stream[:cut])
        stream = stream[cut:]
    expected = [AmiMessage((("Action", "Any"), *headers)) for headers in sent]
    assert received == [Greeting("11.0.0"), *expected]
