"""A worker's place: what is meant to be served there, and what is."""

from dataclasses import replace

from porteiro.condominiums.extension import Extension
from porteiro.workers.messages import Served
from porteiro.workers.seat import Seat

ONE = Extension(1, "1", "10", "127.0.0.1", 8101, 8201, 15)
OTHER = Extension(2, "2", "20", "127.0.0.1", 8102, 8202, 15)


def seat(*served: Extension, kept: tuple[int, ...] = ()) -> Seat:
    """Return a place for both extensions, whose process serves these."""
    made = Seat(0, freeswitch=False)
    made.share = {1: ONE, 2: OTHER}
    made.heard(Served(0, served, {}, kept=kept))
    return made


def test_who_is_where_it_is_meant_to_be_is_not_displaced() -> None:
    assert seat(ONE, OTHER).displaced_from(frozenset({8101, 8201, 8202})) == []


def test_who_had_to_move_is_displaced_from_the_port_it_is_meant_to_have_alone() -> None:
    moved = seat(ONE, replace(OTHER, return_port=8204))
    assert moved.displaced_from(frozenset({8202})) == [2]
    assert moved.displaced_from(frozenset({8204, 8101, 8102, 8201})) == []


def test_who_is_not_served_is_displaced_from_both() -> None:
    for port in (8102, 8202):
        assert seat(ONE).displaced_from(frozenset({port})) == [2]


def test_what_a_process_kept_goes_with_it() -> None:
    made = seat(ONE, OTHER, kept=(8301,))
    assert made.kept == {8301}
    made.vacated()
    assert made.kept == frozenset()
