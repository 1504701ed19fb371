"""One last phrase on a line that has no conversation, and the hang-up after it."""

import asyncio
from dataclasses import dataclass

import structlog

from porteiro.audio.clip import Clip
from porteiro.audio.tones import busy
from porteiro.calls.ports import Line, Voices
from porteiro.errors import SpeechError

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parting:
    """What is said before a line is hung up, within `limit_s` seconds in all."""

    text: str
    voice: str
    limit_s: float = 4.0


class _Ear:
    """Hears nothing; learns only when the line is gone."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    def audio(self, pcm: bytes) -> None:
        """Let what is said go by."""

    def key(self, digit: str) -> None:
        """Let a key go by."""

    def held(self) -> None:
        """Go on: the limit holds for somebody on hold, too."""

    def resumed(self) -> None:
        """Go on."""

    def closed(self, cause: str) -> None:  # noqa: ARG002  the listener's form
        """Stop waiting."""
        self.gone.set()


async def part(line: Line, voices: Voices, parting: Parting) -> None:
    """Say the phrase to its last frame if it can be said in time, then hang the line up.

    Half a second before the limit the hang-up comes in any case. The line is removed by
    force if the PBX does not close within a second of it. Cancelling it removes the line.
    """
    ear = _Ear()
    line.attach(ear)
    try:
        try:
            async with asyncio.timeout(parting.limit_s - 0.5):
                await _say(line, voices, parting, ear)
        except TimeoutError:  # better hung up in time than told at length
            _log.warning("last words took too long", call_id=line.call_id)
        line.hang_up()
        async with asyncio.timeout(1.0):
            await ear.gone.wait()
    except TimeoutError:
        pass  # the PBX did not close by itself
    finally:
        line.abort()


async def _say(line: Line, voices: Voices, parting: Parting, ear: _Ear) -> None:
    played = asyncio.Event()

    def ended(played_s: float, *, finished: bool) -> None:  # noqa: ARG001  the observer's form
        played.set()

    rate = line.sample_rate
    clip = Clip(rate, voices.cached(parting.text, parting.voice, rate) or b"")
    line.play(clip, ended)
    if not clip.pcm:
        await _make(clip, line.call_id, voices, parting)
    clip.complete = True
    async with asyncio.TaskGroup() as group:
        either = [group.create_task(event.wait()) for event in (played, ear.gone)]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        for task in either:
            task.cancel()


async def _make(clip: Clip, call_id: str, voices: Voices, parting: Parting) -> None:
    """Make the phrase; without a voice, the busy tone says that nobody will answer."""
    try:
        async for chunk in voices.stream(parting.text, parting.voice, clip.sample_rate):
            clip.append(chunk)
    except SpeechError as error:
        _log.warning("last words cannot be made", call_id=call_id, reason=str(error))
        clip.append(busy(clip.sample_rate))
