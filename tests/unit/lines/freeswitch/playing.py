"""A stream that is spoken on, a module that plays, and an ear; in virtual time."""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from porteiro.audio.clip import Clip
from porteiro.phones.freeswitch.player import Player

RATE = 8000

Taken = Callable[[str], None]


def now() -> float:
    return asyncio.get_running_loop().time()


def speech(seconds: float, rate: int = RATE, *, first: int = 1) -> bytes:
    """Return sound without silence, of which no sample is like another near it."""
    numbers = range(first, first + round(seconds * rate))
    return b"".join(bytes((1 + n % 255, 1 + n // 255 % 255)) for n in numbers)


def clip(seconds: float, rate: int = RATE) -> Clip:
    return Clip(rate, speech(seconds, rate), complete=True)


@dataclass
class Ear:
    """What a person hears: packets of sound, and when."""

    packets: list[tuple[float, bytes]] = field(default_factory=list)

    def hear(self, packet: bytes) -> None:
        self.packets.append((now(), packet))

    @property
    def sound(self) -> bytes:
        """All that was heard but silence."""
        return b"".join(packet for _at, packet in self.packets).strip(b"\0")

    @property
    def pauses(self) -> list[float]:
        """How long nothing came between two packets, where that was longer than a packet."""
        times = [at for at, _packet in self.packets]
        gaps = [later - at for at, later in pairwise(times)]
        return [round(gap, 3) for gap in gaps if gap > 0.021]


class Ends:
    """Who is told how clips ended."""

    def __init__(self) -> None:
        self.told: list[tuple[float, bool]] = []
        self.at: list[float] = []
        self.then: Callable[[], None] | None = None

    def __call__(self, played_s: float, *, finished: bool) -> None:
        self.told.append((played_s, finished))
        self.at.append(now())
        if self.then is not None:
            self.then()


class SpokenStream:
    """A stream whose messages go straight to a module."""

    call_id = "6c34e515-6b5b-448d-9a2c-8eb13c76c0ae"
    peer = "127.0.0.1:1"

    def __init__(self, rate: int = RATE) -> None:
        self.sample_rate = rate
        self.unread = False
        self.frames: list[tuple[float, bytes]] = []
        self.texts: list[tuple[float, str]] = []
        self.told: Taken = lambda _text: None

    def send_sound(self, pcm: bytes | bytearray) -> None:
        self.frames.append((now(), bytes(pcm)))

    def send_text(self, text: str) -> None:
        self.texts.append((now(), text))
        self.told(text)

    def kinds(self) -> list[str]:
        return [json.loads(text)["type"] for _at, text in self.texts]

    def pieces(self) -> list[bytes]:
        """The sound that was given, message by message."""
        return [pcm for _at, text in self.texts if (pcm := audio_of(text)) is not None]


def audio_of(text: str) -> bytes | None:
    """Return the sound in a text message; None where it carries none."""
    told = json.loads(text)
    if told["type"] != "streamAudio":
        return None
    assert told["data"]["audioDataType"] == "raw"
    return base64.b64decode(told["data"]["audioData"])


class Fork:
    """A module that plays what it is sent from its buffer; `levels` are its level in seconds."""

    def __init__(self, stream: SpokenStream, ear: Ear) -> None:
        self.player = Player(stream.sample_rate, ear.hear)
        self.levels: list[float] = []
        self._rate = stream.sample_rate
        stream.told = self._take

    def _take(self, text: str) -> None:
        pcm = audio_of(text)
        if pcm is None:
            self.player.clear()
            return
        self.player.put(pcm, at_once=False)
        self.levels.append(len(self.player._buffer) / 2 / self._rate)


def growing(target: Clip, pcm: bytes, chunk_s: float, every_s: float) -> asyncio.Task[None]:
    """Have a clip grow by `chunk_s` every `every_s`, as a synthesizer makes it."""

    async def grow() -> None:
        size = 2 * round(chunk_s * target.sample_rate)
        for start in range(0, len(pcm), size):
            target.append(pcm[start : start + size])
            await asyncio.sleep(every_s)
        target.complete = True

    return asyncio.create_task(grow())


class Control:
    """A channel that plays files: the first after 31 ms, those that wait without a pause."""

    def __init__(self, ear: Ear) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.breaks = 0
        self.fails: set[str] = set()
        self.silent = False
        self._ear = ear
        self._waiting: list[tuple[str, Callable[[bool], None]]] = []
        self._timer: asyncio.TimerHandle | None = None

    def play_file(self, path: str, done: Callable[[bool], None]) -> None:
        self.asked.append(path)
        self._waiting.append((path, done))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(0.031, self._play, 0)

    def break_off(self) -> None:
        self.breaks += 1
        self.interrupt()

    def interrupt(self) -> None:
        """Break off what plays and forget what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        for _path, done in waiting:
            asyncio.get_running_loop().call_soon(done, False)

    def _play(self, start: int) -> None:
        loop = asyncio.get_running_loop()
        path, done = self._waiting[0]
        packet = self.files[path][start : start + 320]
        if packet and path not in self.fails:
            self._ear.hear(packet)
            self._timer = loop.call_later(0.02, self._play, start + 320)
            return
        self._waiting.pop(0)
        if not self.silent:
            done(path not in self.fails)
        self._timer = loop.call_soon(self._play, 0) if self._waiting else None  # type: ignore[assignment]


class Community:
    """A module that writes what it is sent to files, and says so after some milliseconds."""

    def __init__(self, stream: SpokenStream, control: Control) -> None:
        self.ready: Callable[[str], None] = lambda _path: None
        self.late_s = 0.004
        self._control = control
        stream.told = self._take

    def _take(self, text: str) -> None:
        pcm = audio_of(text)
        assert pcm is not None, "the community module knows no stopAudio"
        path = f"/tmp/channel_{len(self._control.files)}.tmp.r8"
        self._control.files[path] = pcm
        asyncio.get_running_loop().call_later(self.late_s, self.ready, path)
