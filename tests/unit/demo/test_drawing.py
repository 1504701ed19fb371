from pathlib import Path

import numpy as np
from matplotlib.image import imread

from porteiro.demo.drawing import draw
from porteiro.demo.story import Story
from porteiro.demo.timeline import timeline
from tests.unit.demo.stories import BEGAN, authorized

PORTEIRO, VISITOR, RESIDENT = (28, 126, 214), (232, 89, 12), (156, 54, 181)


def drawn(story: Story, path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    draw(timeline(story), "A visit", "for a test", path)
    return np.asarray(imread(path)[:, :, :3] * 255).round().astype(np.uint8)


def area(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], color: object) -> int:
    return int((picture == np.array(color, dtype=np.uint8)).all(axis=2).sum())


def test_the_picture_shows_all_three_voices(tmp_path: Path) -> None:
    picture = drawn(authorized(), tmp_path / "visit.png")
    assert picture.shape == (1080, 1920, 3)
    assert area(picture, PORTEIRO) > 20_000
    assert area(picture, VISITOR) > 1_000
    assert area(picture, RESIDENT) > 1_000


def test_without_a_resident_there_is_no_resident_voice(tmp_path: Path) -> None:
    story = authorized()
    story.resident = None
    assert area(drawn(story, tmp_path / "visit.png"), RESIDENT) < 1_000


def test_a_visit_in_which_nothing_happened_is_drawn_all_the_same(tmp_path: Path) -> None:
    picture = drawn(Story(0, "call", BEGAN), tmp_path / "visit.png")
    assert picture.std() > 1
