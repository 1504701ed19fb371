import wave
from pathlib import Path

import numpy as np
import pytest

from porteiro.phones.recording import Recording
from porteiro.phones.wav import SoundFileError, read_wav, write_wav


def write(path: Path, rate: int, channels: int = 1, width: int = 2) -> Path:
    tone = (9000 * np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.repeat(tone, channels).tobytes() if width == 2 else bytes(rate))
    return path


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (22050, 1), (48000, 2)])
def test_any_rate_becomes_the_phones(tmp_path: Path, rate: int, channels: int) -> None:
    pcm = np.frombuffer(read_wav(write(tmp_path / "a.wav", rate, channels), 8000), dtype="<i2")
    spectrum = np.abs(np.fft.rfft(pcm))
    assert abs(pcm.size - 8000) <= 1
    assert abs(np.argmax(spectrum) * 8000 / pcm.size - 440) < 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SoundFileError, match=r"none\.wav cannot be read: No such file"):
        read_wav(tmp_path / "none.wav", 8000)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not sound at all, but long enough to read"])
def test_what_is_no_wav_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(SoundFileError, match="no WAV file"):
        read_wav(tmp_path / "a.wav", 8000)


def test_eight_bits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundFileError, match="8 bits"):
        read_wav(write(tmp_path / "a.wav", 8000, width=1), 8000)


def test_a_recording_is_written_with_both_sides(tmp_path: Path) -> None:
    recording = Recording(8000, origin=0.0)
    recording.said.add(np.full(800, 5, "<i2").tobytes(), 0.0)
    recording.heard.add(np.full(800, 7, "<i2").tobytes(), 1.0)
    write_wav(tmp_path / "call.wav", recording)
    with wave.open(str(tmp_path / "call.wav")) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert (sound[:800] == (5, 0)).all()
    assert (sound[8000:] == (0, 7)).all()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SoundFileError, match="cannot be written"):
        write_wav(tmp_path / "none" / "call.wav", Recording(8000, 0.0))
