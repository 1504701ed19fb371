"""Frames cut out of any bytes, however they come: what the library sees is what was sent."""

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, Protocol

from porteiro.wire.websocket_frames import FrameCutter, sound_of

LONGEST = 2000

frames = st.builds(
    lambda opcode, length, fin, seed: Frame(opcode, bytes((seed,)) * length, fin),
    st.sampled_from([Opcode.BINARY, Opcode.TEXT, Opcode.CONT]),
    st.sampled_from([0, 1, 2, 125, 126, 127, 320, 640, 1999, 2000]),
    st.booleans(),
    st.integers(0, 255),
) | st.builds(Frame, st.just(Opcode.PING), st.binary(max_size=125))


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


@given(st.lists(frames, max_size=12), st.lists(st.integers(1, 700), max_size=30))
def test_whole_frames_come_out_in_order_at_any_cut(sent: list[Frame], sizes: list[int]) -> None:
    written = [frame.serialize(mask=True) for frame in sent]
    cutter = FrameCutter(LONGEST)
    read = [frame for piece in cut(b"".join(written), sizes) for frame in cutter.receive(piece)]
    assert read == written
    assert cutter.between
    for frame, original in zip(read, sent, strict=True):
        if (pcm := sound_of(frame)) is not None:
            assert (original.opcode, original.fin, original.data) == (Opcode.BINARY, True, pcm)


@given(st.binary(max_size=3000), st.lists(st.integers(1, 700), max_size=10))
def test_any_bytes_reach_the_library_unchanged(data: bytes, sizes: list[int]) -> None:
    """But for the frame that may be unfinished at their end."""
    cutter = FrameCutter(LONGEST)
    read = b"".join(frame for piece in cut(data, sizes) for frame in cutter.receive(piece))
    assert data.startswith(read)
    whole, through = Protocol(SERVER, max_size=LONGEST), Protocol(SERVER, max_size=LONGEST)
    whole.receive_data(data)
    through.receive_data(read)
    assert through.events_received() == whole.events_received()
    assert through.close_sent == whole.close_sent
