"""How a stream's sample rate is found, by what FreeSWITCH was recorded to send."""

import json
from collections.abc import Iterable

import pytest

from porteiro.lines.freeswitch.stream_format import MEASURE_S, RateFinder, likely_rate
from tests.fixtures_path import fixtures

RATES = {
    "ws_100ms_extra_headers": 8000,
    "ws_16k_remote_hangup": 16000,
    "ws_8k_api_stop": 8000,
    "ws_8k_metadata_remote_hangup": 8000,
    "ws_8k_replies_then_server_close": 8000,
    "ws_hangup_server_ignores_close": 8000,
    "ws_playback_fork_8k_deflate_offer": 8000,
}


def recorded(name: str) -> list[tuple[float, int]]:
    """Return when sound came in a recording (s), and how many bytes."""
    lines = (fixtures("freeswitch") / f"{name}.jsonl").read_text().splitlines()
    frames = [json.loads(line) for line in lines]
    return [
        (frame["t"], frame["length"])
        for frame in frames
        if frame["type"] == "binary" and frame["dir"] == "from_fs"
    ]


def found(frames: Iterable[tuple[float, int]]) -> tuple[int, float]:
    """Return the rate, and how long after the first frame it was known (s)."""
    finder = RateFinder()
    began: float | None = None
    for at, length in frames:
        if began is None:
            began = at
            if likely := likely_rate(length):
                return likely, 0.0
        if at - began > MEASURE_S:
            return finder.decide(began + MEASURE_S), MEASURE_S
        rate = finder.hear(length, at)
        if rate is not None:
            return rate, at - began
    raise AssertionError("the frames came to their end")


def test_every_recording_is_expected() -> None:
    assert set(RATES) == {path.stem for path in fixtures("freeswitch").glob("ws_*.jsonl")}


@pytest.mark.parametrize("name", sorted(RATES))
def test_the_rate_of_a_recorded_stream_is_found_in_time(name: str) -> None:
    rate, took_s = found(recorded(name))
    assert rate == RATES[name]
    assert took_s <= MEASURE_S


@pytest.mark.parametrize("name", sorted(RATES))
def test_it_is_found_from_whichever_frame_it_is_looked_at(name: str) -> None:
    frames = [(at, length + 2) for at, length in recorded(name)]  # no length that tells by itself
    for first in range(len(frames) - 14 if len(frames) > 14 else 1):
        if frames[first + 3][0] - frames[first][0] < 0.2 or len(frames) < 14:  # not paused
            assert found(frames[first:])[0] == RATES[name], first


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("packet_ms", [10, 20, 30, 40, 60, 100])
@pytest.mark.parametrize("gap_ms", [0, 22, 40])
def test_any_packet_time_at_either_rate(rate: int, packet_ms: int, gap_ms: int) -> None:
    """The first frame comes late, and with it those that should have followed meanwhile."""
    length = rate * packet_ms // 500
    frames = ((max(n * packet_ms, gap_ms) / 1000, length) for n in range(100))
    expected = 8000 if length == 320 else rate
    assert found(frames)[0] == expected


def test_320_bytes_are_most_likely_8_khz() -> None:
    assert likely_rate(320) == 8000
    assert likely_rate(640) is None


@pytest.mark.parametrize(("packet_s", "rate"), [(0.02, 8000), (0.01, 16000)])
def test_what_is_likely_is_measured_for_2_s(packet_s: float, rate: int) -> None:
    finder = RateFinder()
    rates = [finder.hear(320, n * packet_s) for n in range(round(2.1 / packet_s))]
    assert {each for each in rates if each} == {rate}
    assert rates.index(rate) == pytest.approx(2 / packet_s, abs=1)


def test_sound_that_stood_still_and_comes_all_at_once_is_still_8_khz() -> None:
    """After a second of silence a second of sound within 0.2 s."""
    times = [*(n * 0.02 for n in range(30)), *(1.6 + n * 0.004 for n in range(50)), 2.02]
    finder = RateFinder()
    assert [rate for at in times if (rate := finder.hear(320, at))] == [8000]


def test_without_sound_it_is_8_khz() -> None:
    assert RateFinder().decide(3.0) == 8000


def test_a_single_frame_tells_nothing() -> None:
    finder = RateFinder()
    assert finder.hear(640, 1.0) is None
    assert finder.decide(1.0) == 8000
