import numpy as np

from porteiro.phones.ear import Ear, level

LOUD = np.full(160, 3000, dtype="<i2").tobytes()
SILENT = bytes(320)


def test_silence_is_no_phrase() -> None:
    ear = Ear()
    ear.hear(SILENT, 1.0)
    assert not ear.talking
    assert not ear.phrase_ended(9.0)


def test_a_phrase_ends_once_after_the_gap() -> None:
    ear = Ear(gap_s=0.4)
    ear.hear(LOUD, 1.0)
    assert ear.talking
    assert not ear.phrase_ended(1.3)
    assert ear.phrase_ended(1.41)
    assert not ear.phrase_ended(1.5)


def test_a_short_pause_does_not_end_a_phrase() -> None:
    ear = Ear(gap_s=0.4)
    ear.hear(LOUD, 1.0)
    ear.hear(SILENT, 1.2)
    ear.hear(LOUD, 1.3)
    assert not ear.phrase_ended(1.5)
    assert ear.phrase_began == 1.0
    assert ear.last_voice == 1.3


def test_the_level_of_nothing_is_zero() -> None:
    assert level(b"") == 0
    assert level(LOUD) == 3000
