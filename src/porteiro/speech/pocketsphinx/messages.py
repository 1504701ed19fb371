"""What goes between the server and a recognition worker: length, then MessagePack.

A frame is a 4-byte big-endian length and that many bytes. The worker's first frame is
empty and says that it is ready; then each `Job` is answered with a `Transcript`.
"""

from dataclasses import dataclass

import msgspec

from porteiro.calls.ports import Transcript, TurnRequest

LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Job:
    """A turn to be transcribed; `pcm` is 16-bit mono at the request's rate."""

    request: TurnRequest
    pcm: bytes


def framed(body: bytes) -> bytes:
    """Return `body` with its length before it."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def body_bytes(head: bytes) -> int:
    """Return how many bytes follow a frame's length."""
    return int.from_bytes(head, "big")


encode_job = msgspec.msgpack.Encoder().encode
decode_job = msgspec.msgpack.Decoder(Job).decode
encode_transcript = msgspec.msgpack.Encoder().encode
decode_transcript = msgspec.msgpack.Decoder(Transcript).decode
