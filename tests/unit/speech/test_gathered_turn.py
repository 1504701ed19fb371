"""A turn that is heard as a whole: gathered up to its longest, dropped when nobody wants it."""

import numpy as np
import pytest

from porteiro.calls.ports import Transcript
from porteiro.speech.gathered_turn import GatheredTurn, is_speech

RATE = 8000


class Ear:
    """Keeps what it was given."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def hear(self, pcm: bytes) -> Transcript:
        self.heard.append(pcm)
        return Transcript("sim", 0.9, sure=True)


async def test_a_turn_is_heard_whole_and_in_order() -> None:
    ear = Ear()
    turn = GatheredTurn(RATE, 1.0, ear.hear)
    turn.feed(b"\x01\x02")
    turn.feed(b"\x03\x04")
    assert (await turn.finish()).text == "sim"
    assert ear.heard == [b"\x01\x02\x03\x04"]


async def test_what_is_too_long_is_dropped() -> None:
    ear = Ear()
    turn = GatheredTurn(RATE, 0.5, ear.hear)
    for _ in range(3):
        turn.feed(bytes(RATE // 2))
    await turn.finish()
    assert [len(pcm) for pcm in ear.heard] == [RATE]


async def test_half_a_sample_is_not_heard() -> None:
    ear = Ear()
    turn = GatheredTurn(RATE, 1.0, ear.hear)
    turn.feed(b"\x01\x02\x03")
    await turn.finish()
    assert ear.heard == [b"\x01\x02"]


async def test_of_a_turn_that_was_dropped_nothing_is_kept() -> None:
    ear = Ear()
    turn = GatheredTurn(RATE, 1.0, ear.hear)
    turn.feed(bytes(RATE))
    turn.cancel()
    turn.cancel()
    turn.feed(bytes(RATE))
    await turn.finish()
    assert ear.heard == [b""]


@pytest.mark.parametrize(
    ("samples", "loudest", "spoken"),
    [(800, 100, True), (799, 100, False), (800, 99, False), (0, 0, False)],
)
def test_speech_is_a_tenth_of_a_second_and_louder_than_50_dbfs_below_full(
    samples: int, loudest: int, *, spoken: bool
) -> None:
    pcm = np.full(samples, loudest, "<i2").tobytes()
    assert is_speech(pcm, RATE) is spoken
