"""The program of a worker: answers one job after the other, until its input ends.

So it never outlives the server. An error that is no `SpeechError` ends it, and the server
starts another.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import BinaryIO

from porteiro.errors import SpeechError
from porteiro.speech.worker_frames import (
    COMPLAINT,
    END,
    LENGTH_BYTES,
    PART,
    READY,
    body_bytes,
    framed,
)

_NICENESS = 5
"""Sound that people hear right now goes before words that they wait for."""

Answer = Callable[[bytes], Iterator[bytes]]
"""Yields the parts of a job's answer. Raises `SpeechError` for a job that cannot be done."""


def run(prepare: Callable[[], Answer]) -> None:
    """Serve the process that started us; `prepare` loads what jobs need."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to act on
    os.nice(_NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library's print is no answer
    with suppress(BrokenPipeError), answers:  # whoever asked may be gone before the answer
        serve(prepare, sys.stdin.buffer, answers)


def serve(prepare: Callable[[], Answer], jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer jobs until there are no more."""

    def send(body: bytes) -> None:
        answers.write(framed(body))
        answers.flush()

    try:
        answer = prepare()
    except SpeechError as error:
        send(COMPLAINT + str(error).encode())
        return
    send(READY)
    while len(head := jobs.read(LENGTH_BYTES)) == LENGTH_BYTES:
        try:
            for part in answer(jobs.read(body_bytes(head))):
                send(PART + part)
        except SpeechError as error:
            send(COMPLAINT + str(error).encode())
        else:
            send(END)
