"""Which extension lives in which worker, as others come and go."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from porteiro.workers.division import divide

IDS = st.sets(st.integers(0, 60), max_size=40)
WORKERS = st.integers(1, 8)


@given(IDS, IDS, WORKERS)
def test_who_stays_stays_where_it_is(before: set[int], after: set[int], workers: int) -> None:
    homes = divide(before, {}, workers)
    moved = divide(after, homes, workers)
    assert moved.keys() == after
    assert all(moved[i] == homes[i] for i in before & after)


@given(IDS, WORKERS)
def test_from_nothing_all_have_as_many_but_for_one(ids: set[int], workers: int) -> None:
    load = Counter(divide(ids, {}, workers).values())
    counts = [load[worker] for worker in range(workers)]
    assert max(counts) - min(counts) <= 1


@given(IDS, IDS, WORKERS)
def test_who_comes_never_goes_where_there_are_more(
    before: set[int], after: set[int], workers: int
) -> None:
    homes = divide(before, {}, workers)
    load = Counter(homes[i] for i in before & after)
    for i, worker in divide(after, homes, workers).items():
        if i not in before:
            load[worker] += 1
            assert load[worker] - 1 <= min(load[w] - (w == worker) for w in range(workers))


@given(IDS, WORKERS)
def test_it_does_not_matter_in_which_order_rows_come(ids: set[int], workers: int) -> None:
    assert divide(sorted(ids), {}, workers) == divide(sorted(ids, reverse=True), {}, workers)


def test_with_fewer_workers_than_before_nobody_is_left_without_one() -> None:
    assert divide([1, 2, 3], {1: 0, 2: 1, 3: 2}, 2) == {1: 0, 2: 1, 3: 0}
