"""WebSocket frames of sound, as a client masks them and as a server sends them."""

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from porteiro.wire.websocket_frames import FrameCutter, binary_frame, sound_of


def masked(opcode: Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


@pytest.mark.parametrize("length", [126, 160, 320, 960, 32000, 65535])
def test_a_plain_frame_of_sound_is_unmasked(length: int) -> None:
    payload = bytes(n % 251 for n in range(length))
    assert sound_of(masked(Opcode.BINARY, payload)) == payload


SOUND = masked(Opcode.BINARY, bytes(320))


@pytest.mark.parametrize(
    "other",
    [
        b"",
        b"\x82",
        SOUND[:-1],
        SOUND + b"\x82",
        SOUND + SOUND,
        b"\x82\xfe\x00\x00" + bytes(4),
        masked(Opcode.BINARY, bytes(125)),
        masked(Opcode.BINARY, bytes(65536)),
        masked(Opcode.TEXT, bytes(320)),
        masked(Opcode.CONT, bytes(320)),
        masked(Opcode.BINARY, bytes(320), fin=False),
        Frame(Opcode.BINARY, bytes(320)).serialize(mask=False),
        bytes((SOUND[0] | 0x40,)) + SOUND[1:],
    ],
)
def test_anything_else_is_left_to_the_library(other: bytes) -> None:
    assert sound_of(other) is None


@pytest.mark.parametrize("length", [0, 1, 125, 126, 320, 65535, 65536, 70001])
def test_a_servers_frame_is_read_by_a_client_as_it_was_meant(length: int) -> None:
    client = Protocol(CLIENT)
    payload = bytes(n % 251 for n in range(length))
    client.receive_data(binary_frame(payload))
    (frame,) = client.events_received()
    assert frame == Frame(Opcode.BINARY, payload)


@pytest.mark.parametrize(
    "unfit",
    [
        Frame(Opcode.BINARY, bytes(320)).serialize(mask=False),
        masked(Opcode.BINARY, bytes(1001)),
        b"\x82\xff" + b"\xff" * 12,
        b"\x83\x80" + bytes(12),
    ],
)
def test_what_cannot_be_a_frame_is_passed_on_at_once_with_all_that_follows(unfit: bytes) -> None:
    cutter = FrameCutter(1000)
    assert list(cutter.receive(SOUND + unfit[:10])) == [SOUND, unfit[:10]]
    assert list(cutter.receive(unfit[10:] + SOUND)) == [unfit[10:] + SOUND]
    assert not cutter.between


def test_it_is_between_frames_only_after_a_whole_one() -> None:
    cutter = FrameCutter(1000)
    states = [cutter.between]
    for piece in (SOUND[:1], SOUND[1:], SOUND + SOUND[:200], SOUND[200:]):
        list(cutter.receive(piece))
        states.append(cutter.between)
    assert states == [True, False, True, False, True]
