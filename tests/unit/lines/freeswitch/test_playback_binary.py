"""Playing by binary frames: one each 20 ms while there is something to say."""

import asyncio

import pytest

from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FrameClock
from porteiro.lines.freeswitch.playback_binary import BinaryPlayback
from tests.unit.lines.freeswitch.playing import Ends, SpokenStream, clip, growing, speech

pytestmark = pytest.mark.virtual_time


class Desk:
    """A playback with its stream, clock and observer."""

    def __init__(self, rate: int = 8000) -> None:
        self.ends = Ends()
        self.clock = FrameClock()
        self.stream = SpokenStream(rate)
        self.playback = BinaryPlayback(self.stream, self.clock)

    @property
    def sent(self) -> bytes:
        return b"".join(frame for _at, frame in self.stream.frames)


@pytest.mark.parametrize("rate", [8000, 16000])
async def test_a_clip_is_sent_frame_by_frame_on_the_clock(rate: int) -> None:
    desk = Desk(rate)
    said = clip(3, rate)
    desk.playback.play(said, desk.ends)
    await asyncio.sleep(4)
    assert desk.sent == bytes(said.pcm)
    assert {len(frame) for _at, frame in desk.stream.frames} == {rate // 25}
    assert [round(at, 2) for at, _frame in desk.stream.frames] == [
        round(n * 0.02, 2) for n in range(1, 151)
    ]
    assert desk.ends.told == [(3.0, True)]


async def test_the_last_frame_is_filled_up_with_silence() -> None:
    desk = Desk()
    desk.playback.play(clip(0.03), desk.ends)
    await asyncio.sleep(1)
    assert desk.sent == speech(0.03) + bytes(160)


async def test_a_growing_clip_is_sent_to_its_end() -> None:
    desk = Desk()
    said, pcm = Clip(8000), speech(1)
    desk.playback.play(said, desk.ends)
    await growing(said, pcm, 0.1, 0.13)
    await asyncio.sleep(2)
    assert (desk.sent, desk.ends.told) == (pcm, [(1.0, True)])


async def test_stopping_sends_nothing_more_and_leaves_the_clock() -> None:
    desk = Desk()
    desk.playback.play(clip(10), desk.ends)
    await asyncio.sleep(1.01)
    desk.playback.stop()
    await asyncio.sleep(1)
    assert (len(desk.stream.frames), desk.ends.told) == (50, [(1.0, False)])
    assert not desk.clock._sources


async def test_clips_one_after_the_other_are_sent_without_a_pause() -> None:
    desk = Desk()
    clips = [clip(0.1), clip(0.2), clip(0.06)]

    def next_one() -> None:
        if len(desk.ends.told) < len(clips):
            desk.playback.play(clips[len(desk.ends.told)], desk.ends)

    desk.ends.then = next_one
    desk.playback.play(clips[0], desk.ends)
    await asyncio.sleep(2)
    assert desk.sent == b"".join(bytes(each.pcm) for each in clips)
    assert round(desk.stream.frames[-1][0], 2) == 0.36
    assert not desk.clock._sources


async def test_a_second_clip_takes_the_place_of_the_first() -> None:
    desk = Desk()
    first, second = Ends(), Ends()
    desk.playback.play(clip(60), first)
    desk.playback.play(clip(0.5), second)
    await asyncio.sleep(2)
    assert (first.told, second.told) == ([(0.0, False)], [(0.5, True)])


async def test_a_peer_that_does_not_read_is_waited_for() -> None:
    desk = Desk()
    desk.playback.play(clip(1), desk.ends)
    desk.stream.unread = True
    await asyncio.sleep(1)
    assert desk.stream.frames == []
    desk.stream.unread = False
    await asyncio.sleep(2)
    assert (desk.sent, desk.ends.told) == (speech(1), [(1.0, True)])


async def test_once_closed_nothing_is_sent_and_each_clip_ends_at_once() -> None:
    desk = Desk()
    desk.playback.play(clip(5), desk.ends)
    await asyncio.sleep(1.01)
    desk.playback.close()
    desk.playback.play(clip(5), desk.ends)
    await asyncio.sleep(1)
    assert desk.ends.told == [(1.0, False), (0.0, False)]
    assert len(desk.stream.frames) == 50
    assert desk.clock._timer is None
