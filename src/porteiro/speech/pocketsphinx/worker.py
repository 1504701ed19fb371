"""The worker program: hears one turn after the other, from standard input to standard output.

`python -m porteiro.speech.pocketsphinx.worker`; it ends when its standard input does, and
so never outlives the server.
"""

import os
import signal
import sys
from typing import BinaryIO

from porteiro.speech.pocketsphinx.decoder import TurnDecoder
from porteiro.speech.pocketsphinx.messages import (
    LENGTH_BYTES,
    body_bytes,
    decode_job,
    encode_transcript,
    framed,
)

_NICENESS = 5
"""Sound that people hear right now goes before words that they wait for."""


def serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer jobs until there are no more."""
    decoder = TurnDecoder()
    answers.write(framed(b""))
    answers.flush()
    while len(head := jobs.read(LENGTH_BYTES)) == LENGTH_BYTES:
        job = decode_job(jobs.read(body_bytes(head)))
        transcript = decoder.hear(job.request, job.pcm).transcript
        answers.write(framed(encode_transcript(transcript)))
        answers.flush()


def main() -> None:
    """Serve the process that started us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to act on
    os.nice(_NICENESS)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library's print is no answer
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
