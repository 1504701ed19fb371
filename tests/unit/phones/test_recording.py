import numpy as np

from porteiro.phones.recording import Track

PACKET = np.full(160, 7, dtype="<i2").tobytes()


def test_jitter_does_not_tear_a_stream_apart() -> None:
    track = Track(8000, origin=100.0)
    for number, jitter in enumerate((0.0, 0.011, -0.004, 0.03)):
        track.add(PACKET, 100.0 + number * 0.02 + jitter)
    assert (track.samples() == 7).all()
    assert track.seconds == 0.08


def test_a_real_gap_is_silence() -> None:
    track = Track(8000, origin=0.0)
    track.add(PACKET, 0.0)
    track.add(PACKET, 1.0)
    samples = track.samples()
    assert (samples[:160] == 7).all()
    assert not samples[160:8000].any()
    assert (samples[8000:] == 7).all()


def test_what_begins_late_is_laid_out_late() -> None:
    track = Track(8000, origin=5.0)
    track.add(PACKET, 5.5)
    assert not track.samples()[:4000].any()
