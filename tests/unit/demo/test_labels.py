import itertools

from hypothesis import given
from hypothesis import strategies as st

from porteiro.demo.labels import Interval, beside, in_rows, nudged, wrapped

labels = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 20)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    max_size=12,
)


def chars(words: str) -> float:
    return len(words)


@given(labels, st.floats(0, 5))
def test_no_two_labels_of_a_row_overlap(places: list[tuple[float, float]], gap: float) -> None:
    rows = in_rows(places, gap)
    for row in set(rows):
        mine = sorted(place for place, found in zip(places, rows, strict=True) if found == row)
        assert all(a[1] + gap <= b[0] for a, b in itertools.pairwise(mine))


def test_labels_that_fit_share_the_first_row() -> None:
    assert in_rows([(0, 1), (2, 3), (0.5, 2.5)], 0.1) == [0, 0, 1]


def test_words_are_wrapped_and_what_is_too_much_is_cut() -> None:
    assert wrapped("um dois três", 7, 3, chars) == ["um dois", "três"]
    assert wrapped("um dois três quatro", 7, 2, chars) == ["um dois", "três…"]


@given(st.text("ab ", max_size=60), st.integers(1, 20), st.integers(1, 4))
def test_no_line_is_wider_than_its_room(text: str, width: int, lines: int) -> None:
    rows = wrapped(text, width, lines, chars)
    assert len(rows) <= lines
    assert all(len(row) <= width for row in rows)


def test_a_word_that_does_not_fit_is_left_out() -> None:
    assert wrapped("autorização", 4, 2, chars) == []


def test_a_label_stays_in_the_picture() -> None:
    assert [nudged(begin, 3, 10) for begin in (-1, 4, 9)] == [0, 4, 7]


def test_what_is_beside_others_lies_on_none_of_them() -> None:
    taken = [Interval(2, 4), Interval(4, 5), Interval(8, 9)]
    assert beside(Interval(0, 10), taken) == (0, 2)
    assert beside(Interval(3, 10), taken) == (5, 8)
    assert beside(Interval(9, 12), taken) == (9, 12)
    assert beside(Interval(2, 4.5), taken) == (5, 5)
