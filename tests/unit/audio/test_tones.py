import numpy as np
import pytest

from porteiro.audio.tones import BEEP_DBFS, BEEP_HZ, BEEP_S, beep, busy, dtmf
from tests.telephone_speech import to_samples


def strongest_hz(pcm: bytes, rate: int, count: int) -> list[int]:
    """Return the `count` strongest frequencies, rounded to 10 Hz."""
    samples = to_samples(pcm) * np.hanning(len(pcm) // 2)
    spectrum = np.abs(np.fft.rfft(samples, 10 * rate))
    found = []
    for _ in range(count):
        at = int(np.argmax(spectrum))
        found.append(round(at / 10))
        spectrum[max(0, at - 600) : at + 600] = 0
    return sorted(found)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_the_beep_has_its_pitch_length_and_level(rate: int) -> None:
    samples = to_samples(beep(rate))
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    assert len(samples) / rate == pytest.approx(BEEP_S, abs=0.001)
    assert strongest_hz(beep(rate), rate, 1) == [pytest.approx(BEEP_HZ, abs=3)]
    assert 20 * np.log10(np.sqrt(np.mean(middle**2)) / 32768) == pytest.approx(BEEP_DBFS, abs=0.3)


def test_the_beep_fades_in_and_out() -> None:
    samples = np.abs(to_samples(beep(8000)))
    assert samples[:8].max() < 0.15 * samples.max()
    assert samples[-8:].max() < 0.15 * samples.max()


def test_busy_is_brazils_tone_in_pulses() -> None:
    tone = busy(8000)
    assert len(tone) / 16000 == pytest.approx(2.0)
    assert strongest_hz(tone[: 2 * 2000], 8000, 1) == [pytest.approx(425, abs=3)]
    assert not any(tone[2 * 2000 : 2 * 4000])


@pytest.mark.parametrize(
    ("key", "pair"),
    [
        ("1", [697, 1209]),
        ("5", [770, 1336]),
        ("9", [852, 1477]),
        ("*", [941, 1209]),
        ("0", [941, 1336]),
        ("#", [941, 1477]),
        ("A", [697, 1633]),
        ("D", [941, 1633]),
    ],
)
@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_key_is_its_two_tones(key: str, pair: list[int], rate: int) -> None:
    assert strongest_hz(dtmf(key, rate), rate, 2) == pytest.approx(pair, abs=8)


def test_a_keys_two_tones_together_do_not_clip() -> None:
    assert np.abs(to_samples(dtmf("7", 8000))).max() < 32767


def test_a_key_lasts_as_long_as_asked() -> None:
    assert len(dtmf("4", 8000, seconds=0.2)) == 2 * 1600


@pytest.mark.parametrize("wrong", ["", "12", "E", "a", " "])
def test_what_is_no_key_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no telephone key"):
        dtmf(wrong, 8000)
