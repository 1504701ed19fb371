from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from porteiro.demo.canvas import Canvas
from porteiro.demo.drawing import draw
from porteiro.demo.story import Story
from porteiro.demo.timeline import timeline
from tests.unit.demo.stories import BEGAN, authorized, interrupted, long

PORTEIRO, VISITOR, RESIDENT = (28, 126, 214), (232, 89, 12), (156, 54, 181)
ENDPOINTING, TRANSCRIPTION = (255, 212, 59), (99, 230, 190)
INTERRUPTED = (201, 42, 42)


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


def test_the_parts_of_a_turn_and_an_interruption_are_drawn(tmp_path: Path) -> None:
    plain = drawn(authorized(), tmp_path / "plain.png")
    picture = drawn(interrupted(), tmp_path / "visit.png")
    for color in (ENDPOINTING, TRANSCRIPTION, INTERRUPTED):
        assert area(plain, color) == 0
    assert area(picture, TRANSCRIPTION) > 2 * area(picture, ENDPOINTING) > 4000
    assert area(picture, INTERRUPTED) > 300


@pytest.mark.parametrize("story", [authorized(), interrupted(), long(3), long(12), long(24)])
def test_no_two_texts_of_the_lines_lie_on_each_other(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures: list[Canvas] = []
    save = Canvas.save

    def saved(canvas: Canvas, path: Path) -> None:
        save(canvas, path)
        pictures.append(canvas)

    monkeypatch.setattr(Canvas, "save", saved)
    draw(timeline(story), "A visit", "for a test", tmp_path / "visit.png")
    (canvas,) = pictures
    written = [(each.get_text(), each.get_window_extent()) for each in canvas.axes.texts]
    places = [(words, box.shrunk(0.98, 0.8)) for words, box in written]
    assert len(places) > 5
    for number, (words, box) in enumerate(places):
        others = [other for other, place in places[number + 1 :] if box.overlaps(place)]
        assert not others, words
