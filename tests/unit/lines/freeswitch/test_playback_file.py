"""Playing by files against a module that writes them and a channel that plays them."""

import asyncio

import pytest
from structlog.testing import capture_logs

from porteiro.audio.clip import Clip
from porteiro.lines.freeswitch.playback_file import FilePlayback
from tests.unit.lines.freeswitch.playing import (
    Community,
    Control,
    Ear,
    Ends,
    SpokenStream,
    clip,
    growing,
    speech,
)

pytestmark = pytest.mark.virtual_time


class Desk:
    """A playback with its module, channel, ear and observer."""

    def __init__(self) -> None:
        self.ear = Ear()
        self.ends = Ends()
        self.stream = SpokenStream()
        self.control = Control(self.ear)
        self.module = Community(self.stream, self.control)
        self.playback = FilePlayback(self.stream, self.control)
        self.module.ready = self.playback.file_ready


@pytest.fixture
async def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("seconds", [0.02, 0.3, 1, 3])
async def test_a_phrase_is_one_file_and_heard_whole(desk: Desk, seconds: float) -> None:
    said = clip(seconds)
    desk.playback.play(said, desk.ends)
    await asyncio.sleep(seconds + 1)
    assert desk.ear.sound == bytes(said.pcm)
    assert len(desk.stream.pieces()) == 1
    assert desk.ends.told == [(seconds, True)]
    assert desk.ends.at[0] == pytest.approx(seconds + 0.035, abs=0.03)


async def test_a_long_phrase_is_cut_where_it_is_quiet_and_heard_without_a_pause(desk: Desk) -> None:
    pcm = bytearray(speech(12))
    for middle in (2.5, 5.2, 7.9, 10.4):
        start = round(middle * 8000) * 2
        pcm[start : start + 640] = bytes((1, 0)) * 320
    desk.playback.play(Clip(8000, bytes(pcm), complete=True), desk.ends)
    await asyncio.sleep(14)
    assert desk.ear.sound == bytes(pcm)
    assert (desk.ear.pauses, desk.ends.told) == ([], [(12.0, True)])
    pieces = desk.stream.pieces()
    assert len(pieces) == 5
    assert {piece[-2:] for piece in pieces[:-1]} == {bytes((1, 0))}


@pytest.mark.parametrize(("chunk_s", "every_s"), [(0.1, 0.02), (0.1, 0.08), (1, 0.5), (0.02, 0)])
async def test_a_growing_clip_is_heard_whole_without_a_pause(
    desk: Desk, chunk_s: float, every_s: float
) -> None:
    said, pcm = Clip(8000), speech(4.1)
    desk.playback.play(said, desk.ends)
    await growing(said, pcm, chunk_s, every_s)
    await asyncio.sleep(6)
    assert desk.ear.sound == pcm
    assert (desk.ear.pauses, desk.ends.told) == ([], [(4.1, True)])
    assert len(desk.stream.pieces()[0]) >= 0.4 * 16000
    assert len(desk.stream.pieces()) <= 10


async def test_a_growing_clip_begins_before_it_is_whole(desk: Desk) -> None:
    said = Clip(8000)
    desk.playback.play(said, desk.ends)
    await growing(said, speech(4), 0.2, 0.15)
    assert desk.ear.packets[0][0] < 0.6


async def test_a_clip_that_grows_too_slowly_is_heard_whole_all_the_same(desk: Desk) -> None:
    said, pcm = Clip(8000), speech(2)
    desk.playback.play(said, desk.ends)
    await growing(said, pcm, 0.1, 0.3)
    await asyncio.sleep(5)
    assert (desk.ear.sound, desk.ends.told) == (pcm, [(2.0, True)])


async def test_stopping_breaks_the_file_off_at_once(desk: Desk) -> None:
    desk.playback.play(clip(10), desk.ends)
    await asyncio.sleep(1.0)
    desk.playback.stop()
    desk.playback.stop()
    heard = len(desk.ear.packets)
    await asyncio.sleep(3)
    assert (len(desk.ear.packets), desk.control.breaks) == (heard, 1)
    assert desk.ends.told == [(0.98, False)]


async def test_stopping_where_no_file_plays_breaks_nothing(desk: Desk) -> None:
    """A break that finds nothing to break would break what comes next."""
    desk.playback.stop()
    desk.playback.play(clip(1), desk.ends)
    desk.playback.stop()
    desk.playback.play(clip(0.5), desk.ends)
    await asyncio.sleep(2)
    desk.playback.stop()
    assert desk.control.breaks == 0
    assert desk.ends.told == [(0.0, False), (0.5, True)]


async def test_a_file_that_is_ready_after_the_stop_is_not_played(desk: Desk) -> None:
    desk.playback.play(clip(1), desk.ends)
    desk.playback.stop()
    await asyncio.sleep(1)
    assert desk.control.asked == []


async def test_files_of_the_clip_before_are_not_taken_for_those_of_the_next(desk: Desk) -> None:
    first, second = Ends(), Ends()
    said = clip(60)
    desk.playback.play(said, first)
    desk.playback.play(clip(0.5), second)
    await asyncio.sleep(2)
    assert (first.told, second.told) == ([(0.0, False)], [(0.5, True)])
    assert desk.ear.sound == speech(0.5)


async def test_the_same_clip_again_is_another_playing(desk: Desk) -> None:
    said = clip(0.5)
    desk.playback.play(said, desk.ends)
    desk.playback.play(said, desk.ends)
    await asyncio.sleep(2)
    assert desk.ends.told == [(0.0, False), (0.5, True)]
    assert len(desk.control.asked) == 1


async def test_clips_one_after_the_other_are_all_heard(desk: Desk) -> None:
    clips = [clip(seconds) for seconds in (0.3, 3.5, 0.1)]

    def next_one() -> None:
        if len(desk.ends.told) < len(clips):
            desk.playback.play(clips[len(desk.ends.told)], desk.ends)

    desk.ends.then = next_one
    desk.playback.play(clips[0], desk.ends)
    await asyncio.sleep(6)
    assert desk.ends.told == [(0.3, True), (3.5, True), (0.1, True)]
    assert desk.ear.sound == b"".join(bytes(each.pcm) for each in clips)


async def test_a_file_broken_off_by_somebody_else_is_played_again_once(desk: Desk) -> None:
    said = clip(1)
    desk.playback.play(said, desk.ends)
    await asyncio.sleep(0.5)
    desk.control.interrupt()
    await asyncio.sleep(2)
    assert desk.ear.sound.endswith(bytes(said.pcm))
    assert (len(desk.control.asked), desk.ends.told) == (2, [(1.0, True)])


async def test_a_file_that_cannot_be_played_is_logged_and_the_conversation_goes_on(
    desk: Desk,
) -> None:
    desk.control.fails = {"/tmp/channel_0.tmp.r8"}
    with capture_logs() as logs:
        desk.playback.play(clip(1), desk.ends)
        await asyncio.sleep(3)
    assert (len(desk.control.asked), desk.ends.told) == (2, [(1.0, True)])
    assert ["did not play a file" in entry["event"] for entry in logs] == [True]


async def test_a_module_without_play_events_is_taken_for_one_that_plays_by_itself(
    desk: Desk,
) -> None:
    desk.module.ready = lambda _path: None
    with capture_logs() as logs:
        desk.playback.play(clip(2), desk.ends)
        await asyncio.sleep(5)
        desk.playback.play(clip(1), desk.ends)
        await asyncio.sleep(5)
    assert desk.ends.told == [(2.0, True), (1.0, True)]
    assert desk.ends.at[0] == pytest.approx(2.0, abs=0.11)
    assert ["STREAM_PLAYBACK=true" in entry["event"] for entry in logs] == [True]


async def test_an_end_that_is_never_told_holds_nothing_up_for_long(desk: Desk) -> None:
    desk.control.silent = True
    with capture_logs() as logs:
        desk.playback.play(clip(1), desk.ends)
        await asyncio.sleep(5)
    assert desk.ends.told == [(1.0, True)]
    assert ["taken as played" in entry["event"] for entry in logs] == [True]


async def test_a_file_that_nobody_asked_for_is_not_played(desk: Desk) -> None:
    with capture_logs() as logs:
        desk.playback.file_ready("/tmp/other_0.tmp.r8")
    assert desk.control.asked == []
    assert [entry["log_level"] for entry in logs] == ["warning"]


async def test_a_peer_that_does_not_read_is_waited_for(desk: Desk) -> None:
    desk.stream.unread = True
    desk.playback.play(clip(1), desk.ends)
    await asyncio.sleep(1)
    assert desk.stream.texts == []
    desk.stream.unread = False
    await asyncio.sleep(2)
    assert desk.ends.told == [(1.0, True)]


async def test_a_clip_without_sound_ends_but_not_while_it_is_asked_for(desk: Desk) -> None:
    desk.playback.play(Clip(8000, complete=True), desk.ends)
    assert desk.ends.told == []
    await asyncio.sleep(0.1)
    assert desk.ends.told == [(0.0, True)]


async def test_once_closed_nothing_is_played_and_each_clip_ends_at_once(desk: Desk) -> None:
    desk.playback.play(clip(5), desk.ends)
    await asyncio.sleep(1)
    desk.playback.close()
    desk.control.interrupt()
    desk.playback.play(clip(5), desk.ends)
    await asyncio.sleep(9)
    assert desk.ends.told == [(0.98, False), (0.0, False)]
    assert (len(desk.stream.texts), desk.control.breaks) == (2, 0)
    assert desk.playback._timer is None
