"""How sound is carried: codecs between the wire and a leg, and finding out which."""

import pytest

from porteiro.audio.g711 import LAWS, Encoding, encode
from porteiro.lines.sound import FILLER, FormatFinder, WireFormat, codec_for
from porteiro.wire.audiosocket import AUDIO_KINDS, Audio, AudioSocketParser

SPEECH = b"\x40\x01" * 160
RATES = sorted(AUDIO_KINDS)


def read(message: bytes) -> Audio:
    (audio,) = AudioSocketParser(from_pbx=False).receive(message)
    assert isinstance(audio, Audio)
    return audio


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("leg_rate", [8000, 16000])
def test_a_frame_is_20_ms_at_any_rate_as_sound_and_as_silence(rate: int, leg_rate: int) -> None:
    codec = codec_for(WireFormat(rate), leg_rate)
    whole = 2 * (rate // 50)
    for _ in range(3):
        spoken = read(codec.message(bytes(2 * (leg_rate // 50))))
        assert (spoken.rate, len(spoken.payload)) == (rate, whole)
    assert read(codec.silence) == Audio(rate, bytes(whole))
    assert len(codec.sound(bytes(whole))) == 2 * (leg_rate // 50)


@pytest.mark.parametrize("rate", RATES)
def test_a_leg_hears_8_or_16_khz(rate: int) -> None:
    assert WireFormat(rate).leg_rate == (8000 if rate == 8000 else 16000)


def test_sound_at_the_legs_rate_is_not_touched() -> None:
    codec = codec_for(WireFormat(8000), 8000)
    assert codec.sound(SPEECH) is SPEECH
    assert read(codec.message(bytearray(SPEECH))).payload == SPEECH


@pytest.mark.parametrize("payload", [b"a", b"abc"])
@pytest.mark.parametrize("rate", [8000, 16000])
def test_half_a_sample_never_reaches_a_leg(payload: bytes, rate: int) -> None:
    sound = codec_for(WireFormat(rate), 8000).sound(payload)
    assert len(sound) % 2 == 0


@pytest.mark.parametrize("law", LAWS)
def test_g711_is_answered_under_the_linear_kind_with_160_bytes(law: Encoding) -> None:
    codec = codec_for(WireFormat(8000, law), 8000)
    assert read(codec.message(SPEECH)) == Audio(8000, encode(law, SPEECH))
    assert read(codec.silence) == Audio(8000, encode(law, bytes(320)))
    assert len(codec.sound(bytes(160))) == 320


def test_the_filler_is_silence_by_either_reading() -> None:
    filler = read(FILLER)
    assert set(codec_for(WireFormat(8000, Encoding.MU_LAW), 8000).sound(filler.payload)) == {0}
    assert len(filler.payload) == 160


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate != 8000])
def test_a_kind_of_another_rate_is_believed_at_once(rate: int) -> None:
    assert FormatFinder().hear(rate, bytes(160), 0.0) == WireFormat(rate)


def test_320_bytes_at_8_khz_are_believed_at_once() -> None:
    assert FormatFinder().hear(8000, SPEECH, 0.0) == WireFormat(8000)


def test_160_bytes_are_doubted_until_their_pace_tells() -> None:
    finder = FormatFinder()
    payload = encode(Encoding.A_LAW, SPEECH)
    verdicts = [finder.hear(8000, payload, n * 0.02) for n in range(8)]
    assert verdicts == [None] * 7 + [WireFormat(8000, Encoding.A_LAW)]
    assert not finder.in_doubt


def test_another_kind_ends_the_doubt() -> None:
    finder = FormatFinder()
    finder.hear(8000, bytes(160), 0.0)
    assert finder.in_doubt
    assert finder.hear(16000, bytes(640), 0.02) == WireFormat(16000)
    assert not finder.in_doubt


def test_with_nothing_heard_a_line_is_8_khz_linear() -> None:
    assert FormatFinder().decide() == WireFormat(8000)
