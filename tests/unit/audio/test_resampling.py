"""Live sound keeps its level, its length and its continuity at another rate."""

from math import log10

import numpy as np
import pytest
from numpy.typing import NDArray

from porteiro.audio.resampling import Resampler

DOWN = [
    (12000, 8000),
    (24000, 8000),
    (44100, 8000),
    (44100, 16000),
    (48000, 16000),
    (192000, 16000),
]
UP = [(to, of) for of, to in DOWN] + [(8000, 16000), (12000, 16000)]


def tone(hertz: float, rate: int, seconds: float = 1.0) -> NDArray[np.float64]:
    return 10000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def through(resampler: Resampler, sound: NDArray[np.float64], chunk: int) -> NDArray[np.float64]:
    pcm = np.rint(sound).astype("<i2").tobytes()
    out = b"".join(resampler.convert(pcm[n : n + 2 * chunk]) for n in range(0, len(pcm), 2 * chunk))
    return np.frombuffer(out, "<i2").astype(np.float64)


def level_db(sound: NDArray[np.float64]) -> float:
    """Return the level against that of the test tone, its beginning left out."""
    settled = sound[len(sound) // 10 :]
    return 20 * log10(float(np.sqrt(np.mean(settled**2))) / (10000 / 2**0.5) + 1e-9)


@pytest.mark.parametrize(("of", "to"), DOWN + UP)
@pytest.mark.parametrize("hertz", [300, 1000, 3000])
def test_the_telephone_band_keeps_its_level(of: int, to: int, hertz: float) -> None:
    assert level_db(through(Resampler(of, to), tone(hertz, of), of // 50)) == pytest.approx(
        0, abs=0.1
    )


@pytest.mark.parametrize(("of", "to"), DOWN)
def test_what_the_lower_rate_cannot_carry_is_gone(of: int, to: int) -> None:
    for part in (0.51, 0.7, 0.97):
        if part * to < of / 2:
            assert level_db(through(Resampler(of, to), tone(part * to, of), of // 50)) < -55


@pytest.mark.parametrize(("of", "to"), UP)
def test_no_image_appears_above_the_lower_band(of: int, to: int) -> None:
    out = through(Resampler(of, to), tone(1000, of), of // 50)[to // 10 :]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    above = spectrum[round(len(out) * (of / 2) / to) :]
    assert 20 * log10(above.max() / spectrum.max()) < -55


@pytest.mark.parametrize(("of", "to"), DOWN + UP)
def test_20_ms_stay_20_ms_to_the_sample(of: int, to: int) -> None:
    resampler = Resampler(of, to)
    for _ in range(60):
        assert len(resampler.convert(bytes(2 * (of // 50)))) == 2 * (to // 50)


@pytest.mark.parametrize(("of", "to"), DOWN + UP)
@pytest.mark.parametrize("chunk", [1, 7, 80, 441])
def test_how_the_sound_is_cut_changes_nothing(of: int, to: int, chunk: int) -> None:
    sound = tone(700, of, 0.05)
    whole = through(Resampler(of, to), sound, len(sound))
    in_chunks = through(Resampler(of, to), sound, chunk)
    assert len(in_chunks) == len(whole)
    assert np.max(np.abs(in_chunks - whole)) <= 1


@pytest.mark.parametrize(("of", "to"), DOWN + UP)
def test_sound_comes_out_as_late_as_it_says_and_soon(of: int, to: int) -> None:
    resampler = Resampler(of, to)
    click = np.zeros(of // 10)
    click[of // 50] = 30000
    out = through(resampler, click, of // 50)
    assert np.argmax(np.abs(out)) / to - 0.02 == pytest.approx(
        resampler.delay_s, abs=1.5 / min(of, to)
    )
    assert resampler.delay_s <= 0.004


def test_nothing_in_is_nothing_out() -> None:
    assert Resampler(8000, 16000).convert(b"") == b""


def test_full_scale_is_clipped_and_does_not_wrap() -> None:
    square = np.where(np.arange(4800) // 24 % 2, 32767.0, -32768.0)
    out = through(Resampler(48000, 16000), square, 960)
    assert out.max() == 32767
    assert np.all(np.abs(np.diff(out)) < 65000)
