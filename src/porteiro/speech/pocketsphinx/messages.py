"""What goes between the server and a recognition worker, as MessagePack.

Each `Job` is answered with a `Transcript`.
"""

from dataclasses import dataclass

import msgspec

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question


@dataclass(frozen=True, slots=True)
class Job:
    """A turn to be transcribed; `pcm` is 16-bit mono at the request's rate."""

    request: TurnRequest
    pcm: bytes


class _JobFrame(msgspec.Struct, frozen=True):
    """A job as it crosses over: a request without `partial`, which a worker cannot call."""

    question: Question
    sample_rate: int
    vocabulary: tuple[str, ...]
    pcm: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode_job = msgspec.msgpack.Decoder(_JobFrame).decode


def encode_job(job: Job) -> bytes:
    """Return a job as the body of a frame."""
    request = job.request
    return _encode(_JobFrame(request.question, request.sample_rate, request.vocabulary, job.pcm))


def decode_job(body: bytes) -> Job:
    """Return the job in a frame's body."""
    frame = _decode_job(body)
    return Job(TurnRequest(frame.question, frame.sample_rate, frame.vocabulary), frame.pcm)


encode_transcript = _encode
decode_transcript = msgspec.msgpack.Decoder(Transcript).decode
