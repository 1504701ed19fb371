import wave
from pathlib import Path

import numpy as np

from porteiro.demo.sound import stereo, write_wav
from tests.unit.demo.stories import RATE, authorized


def test_the_visitor_is_on_the_left_and_the_resident_on_the_right() -> None:
    sound = stereo(authorized())
    at = {second: sound[round(second * RATE) : round((second + 0.5) * RATE)] for second in (3, 14)}
    assert at[3][:, 0].any()
    assert not at[3][:, 1].any()
    assert at[14][:, 1].any()
    assert not at[14][:, 0].any()


def test_porteiro_is_heard_on_the_line_it_speaks_on() -> None:
    sound = stereo(authorized())
    assert np.abs(sound[: 2 * RATE, 0]).max() > 7000
    assert np.abs(sound[9 * RATE : 13 * RATE, 1]).max() > 7000


def test_without_a_resident_the_right_side_is_silent() -> None:
    story = authorized()
    story.resident = None
    sound = stereo(story)
    assert sound[:, 0].any()
    assert not sound[:, 1].any()


def test_the_file_is_stereo_at_8_khz(tmp_path: Path) -> None:
    sound = stereo(authorized())
    write_wav(tmp_path / "visit.wav", sound)
    with wave.open(str(tmp_path / "visit.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        assert file.getnframes() == len(sound)
        assert file.readframes(len(sound)) == sound.astype("<i2").tobytes()
