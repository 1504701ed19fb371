"""Playing by streamAudio against a module that plays from 400 ms on and drops beyond 2 s."""

import asyncio

import pytest

from porteiro.audio.clip import Clip
from porteiro.lines.freeswitch.playback_stream_audio import StreamAudioPlayback
from tests.unit.lines.freeswitch.playing import (
    Ear,
    Ends,
    Fork,
    SpokenStream,
    clip,
    growing,
    speech,
)

pytestmark = pytest.mark.virtual_time


class Desk:
    """A playback with its module, ear and observer."""

    def __init__(self, rate: int = 8000) -> None:
        self.ear = Ear()
        self.ends = Ends()
        self.stream = SpokenStream(rate)
        self.fork = Fork(self.stream, self.ear)
        self.playback = StreamAudioPlayback(self.stream, asyncio.get_running_loop())


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("seconds", [0.02, 0.1, 0.38, 0.4, 0.9, 1.2, 3.33, 20])
async def test_a_clip_is_heard_whole_without_a_pause(rate: int, seconds: float) -> None:
    desk = Desk(rate)
    said = clip(seconds, rate)
    desk.playback.play(said, desk.ends)
    await asyncio.sleep(seconds + 1)
    assert desk.ear.sound == bytes(said.pcm)
    assert (desk.ear.pauses, desk.fork.player.dropped) == ([], 0)
    assert desk.ends.told == [(seconds, True)]
    assert desk.ends.at[0] == pytest.approx(seconds, abs=0.001)
    assert max(desk.fork.levels) <= 1.25


async def test_the_buffer_keeps_between_400_ms_and_1200_ms_until_the_end() -> None:
    desk = Desk()
    desk.playback.play(clip(10), desk.ends)
    for _ in range(80):
        await asyncio.sleep(0.1)
        assert 0.4 <= len(desk.fork.player._buffer) / 16000 <= 1.25


@pytest.mark.parametrize(("chunk_s", "every_s"), [(0.1, 0.02), (0.1, 0.09), (1, 0.5), (0.02, 0)])
async def test_a_growing_clip_is_heard_whole(chunk_s: float, every_s: float) -> None:
    desk = Desk()
    said, pcm = Clip(8000), speech(3.1)
    desk.playback.play(said, desk.ends)
    await growing(said, pcm, chunk_s, every_s)
    await asyncio.sleep(5)
    assert desk.ear.sound == pcm
    assert (desk.ear.pauses, desk.fork.player.dropped) == ([], 0)
    assert desk.ends.told == [(3.1, True)]


async def test_a_clip_that_grows_too_slowly_is_heard_whole_all_the_same() -> None:
    desk = Desk()
    said, pcm = Clip(8000), speech(2)
    desk.playback.play(said, desk.ends)
    await growing(said, pcm, 0.1, 0.3)
    await asyncio.sleep(5)
    heard = b"".join(packet for _at, packet in desk.ear.packets)
    assert heard.replace(b"\0" * 320, b"").strip(b"\0") == pcm
    assert desk.ends.told == [(2.0, True)]


async def test_stopping_empties_the_module_at_once() -> None:
    desk = Desk()
    desk.playback.play(clip(10), desk.ends)
    await asyncio.sleep(3.05)
    desk.playback.stop()
    desk.playback.stop()
    heard = len(desk.ear.packets)
    await asyncio.sleep(3)
    assert len(desk.ear.packets) == heard
    assert desk.ends.told == [(3.04, False)]
    assert desk.stream.kinds().count("stopAudio") == 1


async def test_stopping_where_nothing_plays_says_nothing() -> None:
    desk = Desk()
    desk.playback.stop()
    desk.playback.play(clip(0.5), desk.ends)
    await asyncio.sleep(2)
    desk.playback.stop()
    assert "stopAudio" not in desk.stream.kinds()


async def test_a_second_clip_takes_the_place_of_the_first() -> None:
    desk = Desk()
    first, second = Ends(), Ends()
    desk.playback.play(clip(60), first)
    desk.playback.play(clip(0.5), second)
    await asyncio.sleep(2)
    assert (first.told, second.told) == ([(0.0, False)], [(0.5, True)])
    assert desk.ear.sound == speech(0.5)


async def test_clips_one_after_the_other_are_all_heard() -> None:
    desk = Desk()
    clips = [clip(seconds) for seconds in (0.3, 1.5, 0.1, 0.7)]

    def next_one() -> None:
        if len(desk.ends.told) < len(clips):
            desk.playback.play(clips[len(desk.ends.told)], desk.ends)

    desk.ends.then = next_one
    desk.playback.play(clips[0], desk.ends)
    await asyncio.sleep(5)
    assert desk.ends.told == [(0.3, True), (1.5, True), (0.1, True), (0.7, True)]
    assert b"".join(p for _at, p in desk.ear.packets).replace(b"\0" * 2, b"") == b"".join(
        bytes(each.pcm) for each in clips
    )


async def test_the_same_clip_again_is_another_playing() -> None:
    desk = Desk()
    said = clip(0.5)
    desk.playback.play(said, desk.ends)
    desk.playback.stop()
    desk.playback.play(said, desk.ends)
    await asyncio.sleep(2)
    assert desk.ends.told == [(0.0, False), (0.5, True)]


async def test_a_network_that_stands_still_costs_a_pause_and_no_sound() -> None:
    desk = Desk()
    said = clip(5)
    desk.playback.play(said, desk.ends)
    await asyncio.sleep(1)
    desk.stream.unread = True
    await asyncio.sleep(3)
    desk.stream.unread = False
    await asyncio.sleep(6)
    assert desk.ear.sound == bytes(said.pcm)
    assert (len(desk.ear.pauses), desk.fork.player.dropped) == (1, 0)
    assert desk.ends.told == [(5.0, True)]


async def test_a_peer_that_does_not_read_is_waited_for() -> None:
    desk = Desk()
    desk.stream.unread = True
    desk.playback.play(clip(1), desk.ends)
    await asyncio.sleep(1)
    assert desk.stream.texts == []
    desk.stream.unread = False
    await asyncio.sleep(2)
    assert desk.ends.told == [(1.0, True)]


async def test_a_clip_without_sound_ends_but_not_while_it_is_asked_for() -> None:
    desk = Desk()
    desk.playback.play(Clip(8000, complete=True), desk.ends)
    assert desk.ends.told == []
    await asyncio.sleep(0.1)
    assert desk.ends.told == [(0.0, True)]


async def test_once_closed_nothing_is_played_and_each_clip_ends_at_once() -> None:
    desk = Desk()
    desk.playback.play(clip(5), desk.ends)
    await asyncio.sleep(1)
    sent = len(desk.stream.texts)
    desk.playback.close()
    desk.playback.close()
    desk.playback.play(clip(5), desk.ends)
    desk.playback.stop()
    await asyncio.sleep(9)
    assert desk.ends.told == [(1.0, False), (0.0, False)]
    assert len(desk.stream.texts) <= sent + 1
    assert desk.playback._timer is None


async def test_a_clip_at_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="16000"):
        Desk().playback.play(clip(1, 16000), Ends())
