"""What a call relies on with any line, whichever PBX and protocol brought it.

A new kind of line adds a way to bring one to `BRINGING`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest

from porteiro.audio.clip import Clip
from porteiro.calls.ports import Line
from porteiro.lines.freeswitch.server import FreeSwitchOptions
from porteiro.wire.audiosocket import dtmf_message
from tests.freeswitch_side import CommunityModule, freeswitch_site
from tests.pbx_side import Remembering, site

pytestmark = pytest.mark.every_loop


@dataclass(frozen=True)
class BroughtLine:
    """A line with a listener attached, and what the PBX can do on its side of it."""

    line: Line
    heard: Remembering
    speak: Callable[[bytes], None]
    press: Callable[[str], None]
    leave: Callable[[], None]


@asynccontextmanager
async def audiosocket() -> AsyncIterator[BroughtLine]:
    async with site() as porteiro:
        end, line, heard = await porteiro.call()

        def press(digit: str) -> None:
            end.send(dtmf_message(digit))

        yield BroughtLine(line, heard, end.speak, press, end.close)


@asynccontextmanager
async def freeswitch(options: FreeSwitchOptions) -> AsyncIterator[BroughtLine]:
    channel = str(uuid4())
    async with freeswitch_site(options) as porteiro:
        dual = options.mode == "dual"
        control = await porteiro.control(channel) if dual else None
        stream = await porteiro.stream(channel)
        arrival = await porteiro.arrival()
        work: list[asyncio.Task[None]] = []

        def soon(coroutine: Coroutine[None, None, None]) -> None:
            work.append(asyncio.get_running_loop().create_task(coroutine))

        if control is not None and options.playback == "esl-file":
            soon(CommunityModule(stream, control).run())

        def speak(pcm: bytes) -> None:
            soon(stream.send(pcm))

        def press(digit: str) -> None:
            if control is None:  # the sound alone brings no keys
                arrival.heard.key(digit)
            else:
                control.press(digit)

        def leave() -> None:
            if control is None:
                soon(stream.close())
            else:
                control.hang_up()

        yield BroughtLine(arrival.line, arrival.heard, speak, press, leave)
        await stream.close()
        await asyncio.gather(*work)


BRINGING: dict[str, Callable[[], AbstractAsyncContextManager[BroughtLine]]] = {
    "audiosocket": audiosocket,
    "freeswitch esl-file": lambda: freeswitch(FreeSwitchOptions(playback="esl-file")),
    "freeswitch binary": lambda: freeswitch(FreeSwitchOptions(playback="binary")),
    "freeswitch stream-audio": lambda: freeswitch(FreeSwitchOptions(playback="stream-audio")),
    "freeswitch websocket": lambda: freeswitch(
        FreeSwitchOptions(mode="websocket", playback="binary")
    ),
}


@pytest.fixture(params=sorted(BRINGING))
async def brought(request: pytest.FixtureRequest) -> AsyncIterator[BroughtLine]:
    async with BRINGING[request.param]() as line:
        yield line


def clip(line: Line, seconds: float) -> Clip:
    return Clip(line.sample_rate, b"\x10\x01" * round(seconds * line.sample_rate), complete=True)


async def test_it_is_known_by_its_call_id_peer_and_rate(brought: BroughtLine) -> None:
    assert len(brought.line.call_id) == 36
    assert brought.line.call_id == brought.line.call_id.lower()
    assert brought.line.peer
    assert brought.line.sample_rate in {8000, 16000}


async def test_sound_comes_in_whole_samples_and_in_order(brought: BroughtLine) -> None:
    await brought.heard.until(lambda: len(brought.heard.sound) == 320)
    sound = bytes(n % 100 for n in range(320))
    for _ in range(3):
        brought.speak(sound)
    await brought.heard.until(lambda: len(brought.heard.sound) == 320 + 3 * 320)
    assert brought.heard.sound[320:] == 3 * sound


async def test_keys_come_one_by_one(brought: BroughtLine) -> None:
    for digit in "501#":
        brought.press(digit)
    await brought.heard.until(lambda: brought.heard.keys == "501#")


async def test_a_clip_ends_finished_after_its_last_frame(brought: BroughtLine) -> None:
    brought.line.play(clip(brought.line, 0.1), brought.heard.ended)
    assert brought.heard.ends == []
    await brought.heard.until(lambda: brought.heard.ends)
    assert brought.heard.ends == [(0.1, True)]


async def test_a_growing_clip_is_played_to_its_end(brought: BroughtLine) -> None:
    growing = Clip(brought.line.sample_rate)
    brought.line.play(growing, brought.heard.ended)
    growing.append(bytes(clip(brought.line, 0.05).pcm))
    growing.append(bytes(clip(brought.line, 0.03).pcm))
    growing.complete = True
    await brought.heard.until(lambda: brought.heard.ends)
    assert brought.heard.ends == [(0.08, True)]


async def test_a_second_clip_takes_the_place_of_the_first(brought: BroughtLine) -> None:
    brought.line.play(clip(brought.line, 60), brought.heard.ended)
    brought.line.play(clip(brought.line, 0.04), brought.heard.ended)
    await brought.heard.until(lambda: len(brought.heard.ends) == 2)
    assert brought.heard.ends == [(0.0, False), (0.04, True)]


@pytest.mark.parametrize("way", ["stop", "hang_up", "abort"])
async def test_a_clip_that_is_cut_short_says_so_once(brought: BroughtLine, way: str) -> None:
    brought.line.play(clip(brought.line, 60), brought.heard.ended)
    getattr(brought.line, way)()
    brought.line.stop()
    assert [finished for _, finished in brought.heard.ends] == [False]


@pytest.mark.parametrize("way", ["hang_up", "abort", "leave"])
async def test_its_end_is_told_once_and_last_of_all(brought: BroughtLine, way: str) -> None:
    brought.line.play(clip(brought.line, 60), brought.heard.ended)
    ended_before: list[bool] = []
    told = brought.heard.closed

    def closed(cause: str) -> None:
        ended_before.append(bool(brought.heard.ends))
        told(cause)

    brought.heard.closed = closed  # type: ignore[method-assign]
    if way == "leave":
        brought.leave()
    else:
        getattr(brought.line, way)()
        brought.leave()
    await brought.heard.until(lambda: brought.heard.causes)
    brought.line.hang_up()
    brought.line.abort()
    assert ended_before == [True]
    assert len(brought.heard.causes) == 1
