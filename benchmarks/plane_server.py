"""The audio plane alone: lines that are listened to and spoken on, and nothing above them.

    python -m benchmarks.plane_server audiosocket|freeswitch PORT

Every line has voice detection and a phrase over and over. FreeSWITCH's lines are sound alone
(`AUDIO_MODE=websocket`, `binary` playback), since control costs nothing while nothing happens.
"""

import argparse
import asyncio
import gc
import logging
import sys
import wave
from typing import Final

import structlog
import uvloop

from porteiro.audio.clip import Clip
from porteiro.audio.endpointing import Endpointer, EndpointingOptions, TurnEnded
from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.terms import Role
from porteiro.lines.audiosocket import AudioSocketListener, AudioSocketOptions
from porteiro.lines.freeswitch.server import FreeSwitchOptions, FreeSwitchServer
from tests.fixtures_path import fixtures

RATE: Final = 8000
EXTENSION: Final = Extension(1, "2000", "2001", "127.0.0.1", 0, 0, 15)


class Leg:
    """What listens and speaks on one line: an endpointer, and a phrase over and over."""

    def __init__(self, line: Line, phrase: Clip) -> None:
        """Begin to listen and to speak."""
        self._line = line
        self._phrase = phrase
        self._loop = asyncio.get_running_loop()
        self._endpointer = Endpointer(line.sample_rate, EndpointingOptions())
        self._endpointer.open(self._loop.time())
        line.play(phrase, self._say)

    def _say(self, played_s: float, *, finished: bool) -> None:
        if finished and played_s:
            self._line.play(self._phrase, self._say)

    def audio(self, pcm: bytes) -> None:
        """Look for the end of a turn."""
        now = self._loop.time()
        if isinstance(self._endpointer.push(pcm, now), TurnEnded):
            self._endpointer.open(now)

    def key(self, digit: str) -> None:
        """Ignore keys."""

    def held(self) -> None:
        """Ignore holds."""

    def resumed(self) -> None:
        """Ignore the end of a hold."""

    def closed(self, cause: str) -> None:
        """Leave the memory to the line."""


class Desk:
    """Has every line of FreeSWITCH's listened to and spoken on."""

    def __init__(self, phrase: Clip) -> None:
        """Say `phrase` on every line."""
        self._phrase = phrase

    def extension(self, number: str) -> Extension | None:
        """Serve one extension."""
        return EXTENSION if number == EXTENSION.number else None

    def arrived(self, extension: Extension, role: Role, line: Line) -> None:
        """Attach a listener that talks back."""
        del extension, role
        line.attach(Leg(line, self._phrase))

    def fallback(self, extension: Extension) -> str:
        """Know no human."""
        del extension
        return ""

    def room(self) -> int:
        """Have room for all."""
        return sys.maxsize

    def turned_away(self) -> None:
        """Turn nobody away."""


def telephone_speech() -> bytes:
    """Return the recorded utterances one after the other, with a second between them."""
    pause = bytes(2 * RATE)
    sound = bytearray()
    for path in sorted(fixtures("speech").glob("*.wav")):
        with wave.open(str(path)) as recording:
            sound += recording.readframes(recording.getnframes()) + pause
    return bytes(sound)


async def serve(kind: str, port: int) -> None:
    """Be the audio plane, until killed."""
    phrase = Clip(RATE, telephone_speech(), complete=True)
    if kind == "freeswitch":
        options = FreeSwitchOptions(mode="websocket", playback="binary")
        await FreeSwitchServer(options, FrameClock(), Desk(phrase)).open("127.0.0.1", port, 0)
    else:
        listener = AudioSocketListener(
            AudioSocketOptions(), FrameClock(), lambda line: line.attach(Leg(line, phrase))
        )
        await listener.open("127.0.0.1", port)
    gc.collect()
    gc.freeze()
    await asyncio.Event().wait()


def main() -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", choices=("audiosocket", "freeswitch"))
    parser.add_argument("port", type=int)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    uvloop.run(serve(given.kind, given.port))


if __name__ == "__main__":
    main()
