"""A turn taken right after Porteiro spoke: its own voice is none, a person's is."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from porteiro.audio.endpointing import EndpointingOptions
from porteiro.calls.listening import TakenTurn, TurnTaker
from tests.telephone_speech import RATE, frames, to_pcm, to_samples, utterances


class HandClock:
    """Time that the test turns."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


class Sink:
    def feed(self, pcm: bytes) -> None:
        pass

    def cancel(self) -> None:
        pass


class Observer:
    """Counts what became of turns."""

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self.taken: list[TakenTurn] = []
        self.dropped_turns = 0

    def open(self, expect: Callable[[float], None]) -> Sink:
        return Sink()

    def started(self) -> None:
        pass

    def dropped(self) -> None:
        self.dropped_turns += 1
        self.told.set()

    async def done(self, sink: Sink, taken: TakenTurn) -> Callable[[], None]:
        self.taken.append(taken)
        return self.told.set


def speech(number: int) -> bytes:
    """Return the sound of one clean recording, from its first word to its last."""
    said = [each for each in utterances() if each.snr_db is None and each.said][number]
    begin_s, end_s = said.speech_s()
    return said.pcm[2 * round(begin_s * RATE) : 2 * round(end_s * RATE)]


async def hear(said: bytes, heard: bytes) -> Observer:
    """Let a turn taker hear `heard` as soon as `said` was said."""
    clock, observer = HandClock(), Observer()
    loop = asyncio.get_running_loop()
    turns = TurnTaker[Sink](RATE, EndpointingOptions(), clock, loop.create_task)
    for frame in frames(bytes(RATE)):
        clock.seconds += 0.02
        turns.audio(frame)
    turns.take(observer, said)
    for frame in frames(heard + bytes(2 * RATE)):
        clock.seconds += 0.02
        turns.audio(frame)
    async with asyncio.timeout(10):
        await observer.told.wait()
    turns.stop()
    return observer


async def test_our_own_words_that_come_back_are_no_turn() -> None:
    said = speech(7)
    late = said[-round(0.7 * RATE) * 2 :]
    echo = to_pcm(np.round(to_samples(late) * 0.2))
    observer = await hear(said, echo)
    assert observer.dropped_turns == 1
    assert observer.taken == []


async def test_somebody_else_who_answers_at_once_is_a_turn() -> None:
    observer = await hear(speech(7), speech(3))
    assert observer.dropped_turns == 0
    assert len(observer.taken) == 1


@pytest.mark.parametrize(("after_s", "dropped"), [(0.2, 1), (0.5, 1), (0.9, 0)])
async def test_our_own_words_again_are_a_turn_only_where_no_line_answers_so_late(
    after_s: float, dropped: int
) -> None:
    """Somebody may repeat what they were asked: what ends 1.4 s after it is no echo any more."""
    said = speech(7)
    words = to_pcm(np.round(to_samples(said[-round(0.7 * RATE) * 2 :]) * 0.5))
    observer = await hear(said, bytes(2 * round(after_s * RATE)) + words)
    assert observer.dropped_turns == dropped
    assert len(observer.taken) == 1 - dropped
