import numpy as np
import pytest

from porteiro.errors import SpeechError
from porteiro.phones.voice import MAN, WOMAN, Voice, speak


async def test_words_become_telephone_sound() -> None:
    samples = np.frombuffer(await speak("tenho uma entrega", MAN), dtype="<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples))
    hertz = np.fft.rfftfreq(samples.size, 1 / 8000)
    in_band = (hertz > 200) & (hertz < 3600)
    assert 0.5 < samples.size / 8000 < 3
    assert np.max(np.abs(samples)) > 8000
    assert np.sum(spectrum[~in_band] ** 2) < 0.01 * np.sum(spectrum[in_band] ** 2)


async def test_the_rate_decides_the_length() -> None:
    narrow, wide = await speak("sim", WOMAN), await speak("sim", WOMAN, 16_000)
    assert abs(len(wide) - 2 * len(narrow)) < 0.05 * len(wide)


async def test_nothing_to_say_is_no_sound() -> None:
    assert await speak("", MAN) == b""


async def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(SpeechError, match="nobody"):
        await speak("sim", Voice("nobody"))


async def test_a_missing_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SpeechError, match="espeak-ng"):
        await speak("sim", MAN)
