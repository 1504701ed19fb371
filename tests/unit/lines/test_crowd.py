"""A line as one of a crowd: its sound comes four frames at a time, and nothing is lost by it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest

from porteiro.calls.ports import Line
from porteiro.lines.line import AudioSocketLine
from porteiro.wire.audiosocket import dtmf_message
from tests.pbx_side import PATIENCE_S, PbxEnd, Remembering, Site, site

pytestmark = pytest.mark.every_loop

FRAME = bytes(range(160)) * 2


@pytest.fixture
async def crowd() -> AsyncIterator[Site]:
    async with site() as made:
        made.clock.crowd = 1
        yield made


def wakes_at(line: Line) -> int:
    """Return how many bytes it takes to wake a line."""
    assert isinstance(line, AudioSocketLine)
    ours = line._transport.get_extra_info("socket")
    return cast("int", ours.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT))


async def speak_until(end: PbxEnd, condition: Callable[[], object]) -> int:
    """Send frames one at a time until something is so; return how many it took."""
    async with asyncio.timeout(PATIENCE_S):
        for sent in range(100_000):
            if condition():
                return sent
            end.speak(FRAME)
            await asyncio.sleep(0.01)
    raise AssertionError


async def in_fours(crowd: Site) -> tuple[PbxEnd, Remembering, int]:
    """Bring a line to where it reads four frames at once; return how many frames that took."""
    end, line, heard = await crowd.call(frame=FRAME)
    sent = 1 + await speak_until(end, lambda: wakes_at(line) == 4 * (3 + len(FRAME)))
    return end, heard, sent


async def test_no_frame_is_lost_or_out_of_place(crowd: Site) -> None:
    end, heard, sent = await in_fours(crowd)
    await speak_until(end, lambda: len(heard.sound) >= (sent + 20) * len(FRAME))
    assert heard.sound == FRAME * (len(heard.sound) // len(FRAME))


async def test_a_key_among_frames_is_heard_and_the_sound_goes_on(crowd: Site) -> None:
    end, heard, sent = await in_fours(crowd)
    end.send(dtmf_message("7"))
    await speak_until(end, lambda: heard.keys == "7")
    await speak_until(end, lambda: len(heard.sound) >= (sent + 20) * len(FRAME))
    assert heard.sound == FRAME * (len(heard.sound) // len(FRAME))


async def test_what_comes_alone_does_not_wait_for_sound_that_stays_away(crowd: Site) -> None:
    end, heard, _sent = await in_fours(crowd)
    end.send(dtmf_message("5"))
    await heard.until(lambda: heard.keys == "5")


async def test_a_hang_up_behind_a_single_frame_is_noticed(crowd: Site) -> None:
    end, heard, _sent = await in_fours(crowd)
    end.speak(FRAME)
    end.writer.write_eof()
    await heard.until(lambda: heard.causes)
    assert heard.causes == ["eof"]


async def test_where_there_is_no_crowd_every_frame_is_taken_as_it_comes() -> None:
    async with site() as made:
        end, line, heard = await made.call(frame=FRAME)
        await speak_until(end, lambda: len(heard.sound) >= 20 * len(FRAME))
        assert wakes_at(line) == 1


async def test_when_the_crowd_is_gone_every_frame_is_taken_as_it_comes(crowd: Site) -> None:
    end, line, heard = await crowd.call(frame=FRAME)
    await speak_until(end, lambda: wakes_at(line) > 1)
    crowd.clock.crowd = 2
    await speak_until(end, lambda: wakes_at(line) == 1)
    assert heard.sound == FRAME * (len(heard.sound) // len(FRAME))


@pytest.mark.parametrize("size", [160, 480, 960])
async def test_frames_of_another_length_are_never_taken_together(crowd: Site, size: int) -> None:
    end, line, heard = await crowd.call(frame=bytes(size))
    async with asyncio.timeout(PATIENCE_S):
        while len(heard.sound) < 20 * size:
            end.speak(bytes(size))
            await asyncio.sleep(0.01)
    assert wakes_at(line) == 1
