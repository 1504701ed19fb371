"""How quick and natural a conversation feels, measured by phones over real sockets.

    python -m benchmarks.conversation [--calls 1 200] [--seconds 45] [--apartments 300]

A server with every part but the providers, which take no time (`stub_server`), talks with
so many visitors at once. Its transcriber streams: it knows the words while they are spoken.
Half of them answer the question and end the turn after 250 ms, half do not tell and end it
after 700. "answer_ms" is from the last frame of an answer to the first frame of what is said
to it, its silence and the grid of 20 ms included; "overhead_ms", of all turns, is the same less
the silence. "stop_ms" is from
when the first frame of a visitor's speech into a phrase was sent (it holds the 20 ms before)
to the last frame of that phrase; where
the phrase went on until the visitor had finished, it counts as "not_stopped". "chunk_ms" is
from the first chunk of a synthesizer to its first frame at the phone. Prints one JSON object.
"""

import argparse
import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from typing import Final
from uuid import uuid4

import numpy as np
import uvloop

from benchmarks.callers import Heard, Manners, call_in, sentences
from benchmarks.machine import machine, quantile, spread, stub_server
from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line  # noqa: TC001  looks better than a second block
from porteiro.calls.talking import Talker, TalkOptions, TalkParts
from porteiro.clock import LoopClock
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.effects import Say, Words
from porteiro.dialogue.terms import Role
from porteiro.errors import SpeechError
from porteiro.lines.audiosocket import AudioSocketOptions
from porteiro.lines.exchange import Exchange, ExchangeOptions
from porteiro.wire.audiosocket import Audio, AudioSocketParser, audio_message, call_id_message

RATE: Final = 8000
ANSWERED_MS: Final = 250.0
OPEN_MS: Final = 700.0
ONSET_DBFS: Final = -36.0
"""Where a visitor's speech begins who interrupts: what is fainter, a person would not notice."""
_STOPPED_MS: Final = 200.0
"""What goes on for longer was not stopped by the speech's beginning."""
_CHUNKS: Final = 50


def talk(calls: int, seconds: float, apartments: int, *, interrupts: bool) -> Heard:
    """Return what so many visitors at once heard."""
    print(f"{calls} calls, {'interrupting' if interrupts else 'answering'}", file=sys.stderr)
    said = sentences(ONSET_DBFS)
    with stub_server("--hear", "partials", "--apartments", str(apartments)) as server:
        return uvloop.run(call_in(server.port, calls, seconds, said, Manners(interrupt=interrupts)))


def conversation(calls: int, seconds: float, apartments: int) -> dict[str, object]:
    """Measure answers and interruptions at so many calls."""
    answering = talk(calls, seconds, apartments, interrupts=False)
    interrupting = talk(calls, seconds, apartments, interrupts=True)
    answers = [ms for ms in answering.answer if ms < (ANSWERED_MS + OPEN_MS) / 2]
    others = [ms for ms in answering.answer if ms >= (ANSWERED_MS + OPEN_MS) / 2]
    stopped = [ms for ms in interrupting.stopped if ms <= _STOPPED_MS]
    return {
        "calls": calls,
        "answer_ms": spread(answers),
        "overhead_ms": spread(
            [*(ms - ANSWERED_MS for ms in answers), *(ms - OPEN_MS for ms in others)]
        ),
        "answers_that_cut_in": answering.cut_in,
        "stop_ms": spread(stopped),
        "interruptions": len(interrupting.stopped),
        "not_stopped": len(interrupting.stopped) - len(stopped),
        "callers_late_ms": spread(answering.late + interrupting.late),
    }


class ChunkVoices:
    """Has every phrase made anew, and notes when its first chunk was there."""

    def __init__(self) -> None:
        self.first_chunk_at = 0.0

    def cached(self, text: str, voice: str, sample_rate: int) -> None:
        """Have nothing in memory."""

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield half a second, a moment later, in chunks of 100 ms."""
        del text, voice
        await asyncio.sleep(0.0137)
        self.first_chunk_at = time.perf_counter()
        for _ in range(5):
            yield np.full(sample_rate // 10, 5000, "<i2").tobytes()
            await asyncio.sleep(0)


class _Nobody:
    """Waits for the end of a phrase."""

    def __init__(self) -> None:
        self.silent = asyncio.Event()

    def fell_silent(self) -> None:
        """Learn it."""
        self.silent.set()

    def first_frame_left(self, at: float) -> None:
        """Ignore it."""

    def interrupted(self, key: str, played_s: float, length_s: float | None) -> None:
        """Ignore it."""

    def speech_failed(self, error: SpeechError) -> None:
        """Do not go on: the figures would be of something else."""
        raise error


async def chunks() -> list[float]:
    """Return the milliseconds from a synthesizer's first chunk to its first frame, many times."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[Line] = loop.create_future()
    exchange = Exchange(
        ExchangeOptions(AudioSocketOptions()),
        FrameClock(),
        lambda _, __, line: arrived.set_result(line),
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    await exchange.serve({1: Extension(1, "2000", "2001", "127.0.0.1", port, port + 1, 15)})
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(call_id_message(str(uuid4())) + audio_message(RATE, bytes(320)))
    line = await arrived
    voices, nobody, found = ChunkVoices(), _Nobody(), []
    parts = TalkParts(voices, {}, LoopClock(), loop.create_task)
    talker = Talker(line, parts, TalkOptions("pt-br", 5.0), nobody)
    parser = AudioSocketParser(from_pbx=False)

    async def first_frame() -> float:
        while True:
            for message in parser.receive(await reader.read(65536)):
                if isinstance(message, Audio) and message.payload.strip(b"\0"):
                    return time.perf_counter()

    for _ in range(_CHUNKS):
        nobody.silent.clear()
        talker.say(Say(Role.VISITOR, "phrase", (Words("frase"),)))
        at = await first_frame()
        found.append(1000 * (at - voices.first_chunk_at))
        reading = asyncio.create_task(_drain(reader, parser))
        await nobody.silent.wait()
        await asyncio.sleep(0.1)
        reading.cancel()
        await asyncio.wait([reading])
    writer.close()
    await exchange.close()
    return found


async def _drain(reader: asyncio.StreamReader, parser: AudioSocketParser) -> None:
    while True:
        list(parser.receive(await reader.read(65536)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 200])
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--apartments", type=int, default=300)
    given = parser.parse_args()
    found = uvloop.run(chunks())
    print(
        json.dumps(
            {
                "machine": machine(),
                "chunk_ms": spread(found) | {"p99": quantile(found, 0.99)},
                "conversations": [
                    conversation(calls, given.seconds, given.apartments) for calls in given.calls
                ],
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
