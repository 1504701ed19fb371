"""Playout cuts clips into frames and says exactly how they ended."""

import pytest

from porteiro.audio.clip import Clip
from porteiro.audio.playout import Playout

FRAME = 320


class Stage:
    """A playout at 8 kHz with what it was told to do later, and what it reported."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, float, bool]] = []
        self.later: list[object] = []
        self.playout = Playout(8000, self._soon)

    def _soon(self, call: object) -> None:
        self.later.append(call)

    def run_later(self) -> None:
        for call in self.later:
            assert callable(call)
            call()
        self.later.clear()

    def play(self, name: str, clip: Clip) -> None:
        self.playout.play(
            clip, lambda played_s, *, finished: self.ends.append((name, played_s, finished))
        )


@pytest.fixture
def stage() -> Stage:
    return Stage()


def clip(frames: float, *, complete: bool = True) -> Clip:
    return Clip(8000, b"\x01\x02" * int(frames * FRAME / 2), complete=complete)


def test_with_nothing_to_play_there_is_no_frame(stage: Stage) -> None:
    assert stage.playout.next_frame() is None
    stage.playout.stop()
    assert stage.ends == []


def test_the_whole_clip_is_played_in_order(stage: Stage) -> None:
    sound = bytes(n % 251 for n in range(3 * FRAME))
    stage.play("greeting", Clip(8000, sound, complete=True))
    assert b"".join(stage.playout.next_frame() or b"" for _ in range(3)) == sound
    assert stage.playout.next_frame() is None


def test_the_end_is_reported_after_the_last_frame_was_taken_and_only_once(stage: Stage) -> None:
    stage.play("greeting", clip(2))
    stage.playout.next_frame()
    assert stage.later == []
    stage.playout.next_frame()
    assert stage.ends == []
    stage.run_later()
    stage.playout.stop()
    assert stage.ends == [("greeting", 0.04, True)]


def test_a_last_frame_that_is_not_full_is_padded_with_silence(stage: Stage) -> None:
    stage.play("greeting", clip(1.5))
    stage.playout.next_frame()
    assert stage.playout.next_frame() == b"\x01\x02" * 80 + bytes(160)
    stage.run_later()
    assert stage.ends == [("greeting", 0.03, True)]


def test_an_empty_clip_ends_at_once(stage: Stage) -> None:
    stage.play("nothing", clip(0))
    assert stage.playout.next_frame() is None
    stage.run_later()
    assert stage.ends == [("nothing", 0.0, True)]


def test_a_growing_clip_is_waited_for_and_nothing_of_it_is_lost(stage: Stage) -> None:
    growing = clip(1.5, complete=False)
    stage.play("reply", growing)
    frames = [stage.playout.next_frame(), stage.playout.next_frame(), stage.playout.next_frame()]
    assert [frame is None for frame in frames] == [False, True, True]
    growing.append(b"\x03\x04" * 240)
    assert stage.playout.next_frame() == b"\x01\x02" * 80 + b"\x03\x04" * 80
    assert stage.playout.next_frame() == b"\x03\x04" * 160
    assert stage.later == []
    growing.complete = True
    assert stage.playout.next_frame() is None
    stage.run_later()
    assert stage.ends == [("reply", 0.06, True)]


def test_a_stopped_clip_says_how_far_it_came(stage: Stage) -> None:
    stage.play("greeting", clip(50))
    for _ in range(10):
        stage.playout.next_frame()
    stage.playout.stop()
    assert stage.playout.next_frame() is None
    assert stage.ends == [("greeting", 0.2, False)]


def test_a_clip_that_is_replaced_ends_unfinished_and_the_new_one_begins(stage: Stage) -> None:
    stage.play("patience", clip(50))
    stage.playout.next_frame()
    stage.play("answer", Clip(8000, b"\x07\x07" * 160, complete=True))
    assert stage.playout.next_frame() == b"\x07\x07" * 160
    stage.run_later()
    assert stage.ends == [("patience", 0.02, False), ("answer", 0.02, True)]


def test_replacing_a_clip_whose_end_is_not_reported_yet_reports_it_as_finished(
    stage: Stage,
) -> None:
    stage.play("question", clip(1))
    stage.playout.next_frame()
    stage.play("answer", clip(2))
    stage.run_later()
    assert stage.ends == [("question", 0.02, True)]
    stage.playout.stop()
    assert stage.ends[1:] == [("answer", 0.0, False)]


def test_an_observer_may_play_the_next_clip(stage: Stage) -> None:
    stage.playout.play(clip(1), lambda _played_s, *, finished: stage.play("second", clip(1)))
    stage.playout.next_frame()
    stage.run_later()
    assert stage.playout.next_frame() is not None
    stage.run_later()
    assert stage.ends == [("second", 0.02, True)]


def test_a_clip_at_another_rate_is_refused(stage: Stage) -> None:
    with pytest.raises(ValueError, match="16000 Hz"):
        stage.play("wideband", Clip(16000, bytes(640), complete=True))


def test_until_its_end_is_reported_a_clip_says_how_far_it_came(stage: Stage) -> None:
    stage.play("hello", clip(2))
    stage.playout.next_frame()
    assert stage.playout.position_s == pytest.approx(0.02)
    stage.playout.next_frame()
    assert stage.playout.position_s == pytest.approx(0.04)
    stage.run_later()
    assert stage.playout.position_s == 0.0
