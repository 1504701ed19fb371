"""A provider that keeps failing: left out, tried again, and said so once."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from porteiro.speech.preference_breaker import Attempt, Breaker, BreakerOptions, Condition

OPTIONS = BreakerOptions(limit=3, rest_s=10.0, longest_rest_s=35.0, longest_wait_s=600.0)


@dataclass
class TurnedClock:
    """Stands still until it is turned."""

    time: float = 1000.0

    def now(self) -> float:
        return self.time

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def breaker(clock: TurnedClock) -> Breaker:
    return Breaker("transcription", "far", clock, OPTIONS)


def asked(breaker: Breaker, *, last: bool = False) -> Attempt:
    attempt = breaker.attempt(last=last)
    assert attempt is not None
    return attempt


def condition(breaker: Breaker) -> Condition:
    return breaker.condition


def opened(breaker: Breaker) -> None:
    for _ in range(OPTIONS.limit):
        asked(breaker).failed("answered 500")


def test_some_failures_in_a_row_leave_it_out(breaker: Breaker) -> None:
    asked(breaker).failed("answered 500")
    asked(breaker).failed("answered 500")
    assert condition(breaker) is Condition.WELL

    asked(breaker).failed("answered 502")

    assert condition(breaker) is Condition.RESTING
    assert breaker.attempt() is None
    assert breaker.state.reason == "answered 502"
    assert breaker.state.rests_s == 10.0


def test_an_answer_between_them_begins_the_count_anew(breaker: Breaker) -> None:
    for _ in range(10):
        asked(breaker).failed("answered 500")
        asked(breaker).failed("answered 500")
        asked(breaker).answered()

    assert condition(breaker) is Condition.WELL
    assert (breaker.state.answered, breaker.state.failed, breaker.state.in_a_row) == (10, 20, 0)


def test_after_its_rest_one_tries_it_and_an_answer_makes_it_well(
    breaker: Breaker, clock: TurnedClock
) -> None:
    opened(breaker)
    clock.time += 10.0
    assert condition(breaker) is Condition.PROBING

    probe = asked(breaker)
    assert breaker.attempt() is None
    probe.answered()

    assert condition(breaker) is Condition.WELL
    asked(breaker).failed("answered 500")
    assert condition(breaker) is Condition.WELL


def test_each_try_that_fails_doubles_its_rest_up_to_the_longest(
    breaker: Breaker, clock: TurnedClock
) -> None:
    opened(breaker)
    rests = []
    for _ in range(2000):
        clock.time += breaker.state.rests_s
        asked(breaker).failed("answered 500")
        rests.append(breaker.state.rests_s)

    assert rests[:3] == [20.0, 35.0, 35.0]
    assert set(rests[2:]) == {35.0}


def test_an_outage_that_is_over_leaves_no_longer_rest_behind(
    breaker: Breaker, clock: TurnedClock
) -> None:
    opened(breaker)
    clock.time += 10.0
    asked(breaker).failed("answered 500")
    clock.time += 20.0
    asked(breaker).answered()

    opened(breaker)

    assert breaker.state.rests_s == 10.0


def test_a_try_that_is_dropped_leaves_the_next_to_find_out(
    breaker: Breaker, clock: TurnedClock
) -> None:
    opened(breaker)
    clock.time += 10.0
    asked(breaker).dropped()

    assert condition(breaker) is Condition.PROBING
    asked(breaker).answered()
    assert condition(breaker) is Condition.WELL


def test_only_the_first_word_on_an_attempt_counts(breaker: Breaker) -> None:
    attempt = asked(breaker)
    attempt.failed("answered 500")
    attempt.failed("answered 500")
    attempt.answered()
    attempt.dropped()

    assert (breaker.state.answered, breaker.state.failed) == (0, 1)


def test_what_was_asked_before_it_was_left_out_neither_ends_nor_lengthens_its_rest(
    breaker: Breaker, clock: TurnedClock
) -> None:
    one, other = asked(breaker), asked(breaker)
    opened(breaker)
    clock.time += 1.0

    one.failed("answered 500")
    other.answered()

    assert condition(breaker) is Condition.RESTING
    assert breaker.state.rests_s == 9.0


def test_a_service_that_asks_to_be_left_alone_is(breaker: Breaker, clock: TurnedClock) -> None:
    running = asked(breaker)
    asked(breaker).failed("answered 429", retry_after_s=60.0)
    running.answered()

    clock.time += 59.0
    assert condition(breaker) is Condition.RESTING
    assert breaker.attempt() is None
    assert breaker.attempt(last=True) is None
    clock.time += 1.0
    assert condition(breaker) is Condition.WELL


@pytest.mark.parametrize(
    ("retry_after_s", "left_alone_s"),
    [(math.inf, 600.0), (86_400.0, 600.0), (0.0, 0.0), (-5.0, 0.0), (math.nan, 0.0)],
)
def test_a_wait_that_makes_no_sense_is_bounded(
    breaker: Breaker, retry_after_s: float, left_alone_s: float
) -> None:
    asked(breaker).failed("answered 429", retry_after_s)

    assert breaker.state.rests_s == left_alone_s


def test_the_last_of_a_list_is_tried_while_it_rests_and_may_get_well(breaker: Breaker) -> None:
    opened(breaker)
    asked(breaker, last=True).failed("answered 500")
    assert breaker.state.rests_s == 10.0

    asked(breaker, last=True).answered()

    assert condition(breaker) is Condition.WELL


def test_an_outage_is_logged_once_and_so_is_its_end(breaker: Breaker, clock: TurnedClock) -> None:
    with capture_logs() as logs:
        opened(breaker)
        for _ in range(5):
            clock.time += breaker.state.rests_s
            asked(breaker).failed("answered 500")
        clock.time += breaker.state.rests_s
        asked(breaker).answered()
        asked(breaker).answered()

    assert [line["log_level"] for line in logs] == ["warning", "info"]
    assert logs[0]["provider"] == "far"
    assert logs[0]["reason"] == "answered 500"
