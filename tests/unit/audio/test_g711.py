"""G.711 is decoded, encoded, and told from linear sound by its pace and its look."""

import random
from collections.abc import Iterable
from math import pi, sin

import pytest

from porteiro.audio.g711 import LAWS, Encoding, decode, encode
from porteiro.audio.g711_detection import MEASURE_S, CodecDetector, is_suspect

ALL = [Encoding.LINEAR, *LAWS]


def hum(seconds: float, loudness: float, noise: float = 20.0) -> bytes:
    """Return something like a voice on a telephone: harmonics of 130 Hz and line noise."""
    dice = random.Random(7)
    samples = (
        sum(loudness / n * sin(2 * pi * 130 * n * t / 8000) for n in range(1, 12))
        + dice.gauss(0, noise)
        for t in range(round(seconds * 8000))
    )
    return b"".join(
        max(-32768, min(32767, round(sample))).to_bytes(2, "little", signed=True)
        for sample in samples
    )


SPEECH = hum(0.5, 3000)
QUIET = hum(0.5, 0)
SILENCE = bytes(8000)


def heard(payloads: Iterable[bytes], gaps_s: Iterable[float]) -> Encoding | None:
    """Return what a detector says of payloads that come at such gaps."""
    detector, at_s = CodecDetector(), 100.0
    for payload, gap_s in zip(payloads, gaps_s, strict=False):
        at_s += gap_s
        verdict = detector.hear(payload, at_s)
        if verdict is not None:
            return verdict
    return None


def packets(encoding: Encoding, sound: bytes, size: int) -> list[bytes]:
    carried = encode(encoding, sound)
    return [carried[n : n + size] for n in range(0, len(carried) - size + 1, size)]


@pytest.mark.parametrize("law", LAWS)
def test_a_voice_survives_encoding(law: Encoding) -> None:
    decoded = decode(law, encode(law, SPEECH))
    assert len(decoded) == len(SPEECH)
    for n in range(0, len(SPEECH), 2):
        before = int.from_bytes(SPEECH[n : n + 2], "little", signed=True)
        after = int.from_bytes(decoded[n : n + 2], "little", signed=True)
        assert abs(after - before) <= max(16, abs(before) / 16)


def test_silence_is_the_byte_the_standard_names() -> None:
    assert encode(Encoding.MU_LAW, bytes(4)) == b"\xff\xff"
    assert encode(Encoding.A_LAW, bytes(4)) == b"\xd5\xd5"


def test_half_a_linear_sample_is_left_out() -> None:
    assert decode(Encoding.LINEAR, b"abc") == b"ab"


@pytest.mark.parametrize("sound", [SPEECH, QUIET, SILENCE])
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("size", [80, 160, 240])
def test_messages_at_half_the_linear_pace_are_g711(law: Encoding, size: int, sound: bytes) -> None:
    assert heard(packets(law, sound, size), [size / 8000] * 99) is law


@pytest.mark.parametrize("sound", [SPEECH, QUIET, SILENCE])
def test_linear_sound_in_packets_of_10_ms_is_linear(sound: bytes) -> None:
    assert heard(packets(Encoding.LINEAR, sound, 160), [0.01] * 99) is Encoding.LINEAR


@pytest.mark.parametrize("encoding", ALL)
def test_jitter_of_half_a_packet_confuses_nobody(encoding: Encoding) -> None:
    dice = random.Random(3)
    pace = 0.01 if encoding is Encoding.LINEAR else 0.02
    gaps = [pace * dice.uniform(0.5, 1.5) for _ in range(99)]
    assert heard(packets(encoding, SPEECH, 160), gaps) is encoding


@pytest.mark.parametrize("encoding", ALL)
@pytest.mark.parametrize("sound", [SPEECH, QUIET])
def test_a_backlog_that_comes_at_once_confuses_nobody(encoding: Encoding, sound: bytes) -> None:
    pace = 0.01 if encoding is Encoding.LINEAR else 0.02
    gaps = [0.0] * 6 + [pace] * 93
    assert heard(packets(encoding, sound, 160), gaps) is encoding


@pytest.mark.parametrize("encoding", ALL)
@pytest.mark.parametrize("sound", [SPEECH, QUIET])
def test_where_messages_stop_coming_their_look_decides(encoding: Encoding, sound: bytes) -> None:
    detector = CodecDetector()
    for payload in packets(encoding, sound, 160)[:3]:
        assert detector.hear(payload, 1.0) is None
    assert detector.decide() is encoding


def test_a_clear_pace_outweighs_an_odd_look() -> None:
    assert heard([bytes(160)] * 99, [0.02] * 99) in LAWS


def test_a_flood_is_judged_by_its_look() -> None:
    assert heard(packets(Encoding.MU_LAW, SPEECH * 4, 160), [0.0] * 99) is Encoding.MU_LAW


def test_nothing_is_waited_for_longer_than_the_measure() -> None:
    gaps = [MEASURE_S / 8 if n % 2 else 0.0 for n in range(99)]
    assert heard(packets(Encoding.MU_LAW, SPEECH, 160), gaps) is Encoding.MU_LAW


@pytest.mark.parametrize("size", [80, 160, 240])
def test_small_messages_are_suspect(size: int) -> None:
    assert is_suspect(bytes(size))


@pytest.mark.parametrize("sound", [SPEECH, QUIET, SILENCE, hum(0.5, 20000), hum(0.5, 0, 3000)])
@pytest.mark.parametrize("size", [320, 480, 640, 960])
def test_linear_sound_of_20_ms_and_more_is_never_delayed(sound: bytes, size: int) -> None:
    assert not any(is_suspect(packet) for packet in packets(Encoding.LINEAR, sound, size))


@pytest.mark.parametrize("law", LAWS)
def test_a_voice_in_g711_packets_of_40_ms_is_suspect(law: Encoding) -> None:
    assert all(is_suspect(packet) for packet in packets(law, SPEECH, 320))
