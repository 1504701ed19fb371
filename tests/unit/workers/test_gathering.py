"""Several workers put together as if they were one process."""

from datetime import UTC, datetime

from porteiro.calls.admission import AdmissionLimits, Capacity, Refusal
from porteiro.workers.gathering import (
    gathered_capacity,
    gathered_legs,
    gathered_providers,
    gathered_queues,
)
from porteiro.workers.messages import Standing

EARLIER, LATER = (datetime(2026, 11, 21, 10, minute, tzinfo=UTC) for minute in (1, 2))


def room(
    now: int, refusing: Refusal | None = None, since: datetime | None = None, **refused: int
) -> Standing:
    capacity = Capacity(
        now,
        AdmissionLimits(5, 2, 0.1),
        now / 100,
        refusing,
        since,
        (f"100{now}",),
        1,
        {Refusal(reason): count for reason, count in refused.items()},
    )
    return Standing(capacity=capacity)


def test_figures_are_added_and_the_lag_is_the_worst() -> None:
    both = gathered_capacity([room(1, calls=2), room(3, calls=1, lag=4)], {Refusal.LAG: 1})
    assert both.calls == 4
    assert both.limits == AdmissionLimits(10, 2, 0.1)
    assert both.lag_s == 0.03
    assert both.extensions == ("1001", "1003")
    assert both.told == 2
    assert both.refused == {Refusal.CALLS: 3, Refusal.LAG: 5}


def test_calls_are_taken_as_long_as_one_takes_them() -> None:
    one_full = [room(5, Refusal.CALLS, EARLIER), room(1)]
    assert gathered_capacity(one_full, {}).refusing is None
    assert gathered_capacity(one_full, {}).since is None
    both_full = [room(5, Refusal.CALLS, EARLIER), room(5, Refusal.CALLS, LATER)]
    assert gathered_capacity(both_full, {}).refusing is Refusal.CALLS
    assert gathered_capacity(both_full, {}).since == LATER


def test_without_any_worker_there_is_no_room_and_what_was_refused_is_not_forgotten() -> None:
    nobody = gathered_capacity([], {Refusal.CALLS: 3})
    assert nobody.calls == 0
    assert nobody.refused == {Refusal.CALLS: 3}


def test_a_provider_is_as_where_it_is_worst() -> None:
    told = [
        Standing(speech_providers=[("hears", "vosk", condition), ("speaks", "piper", "well")])
        for condition in ("well", "resting", "probing")
    ]
    assert gathered_providers(told) == [("hears", "vosk", "resting"), ("speaks", "piper", "well")]


def test_jobs_and_legs_are_added() -> None:
    told = [
        Standing(speech_queues=[("vosk", 1, 2)], freeswitch_legs={"whole": 2}),
        Standing(speech_queues=[("vosk", 1, 0)]),
    ]
    assert gathered_queues(told) == [("vosk", 2, 2)]
    assert gathered_legs(told) == {"whole": 2}
