"""Messages on a byte stream, however it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porteiro.errors import ProtocolError
from porteiro.workers.framing import LARGEST, Framing, framed

BODIES = st.lists(st.binary(max_size=300), max_size=8)


@given(BODIES, st.data())
def test_however_it_is_cut_every_message_comes_whole(
    bodies: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(map(framed, bodies))
    framing, got = Framing(), list[bytes]()
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        got += framing.receive(stream[:size])
        stream = stream[size:]
    assert got == bodies


def test_byte_by_byte() -> None:
    framing = Framing()
    stream = framed(b"one") + framed(b"") + framed(b"three")
    got = [body for byte in stream for body in framing.receive(bytes([byte]))]
    assert got == [b"one", b"", b"three"]


def test_a_message_that_claims_too_much_is_a_protocol_error_before_it_comes() -> None:
    with pytest.raises(ProtocolError, match="more than"):
        list(Framing().receive((LARGEST + 1).to_bytes(4, "big")))


def test_none_that_large_is_sent() -> None:
    with pytest.raises(ProtocolError, match="divide the directory"):
        framed(bytes(LARGEST + 1))
