"""Visits to JSON and back, and what stores compare."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from porteiro.calls.visit import Attempt, Line, Turn, Visit
from porteiro.storage.visits.codec import Place, apartment_key, decode, encode, fit, utc
from tests.visit_records import visit

texts = st.text(st.characters(), max_size=20)  # surrogates and NUL too
times = st.floats(allow_nan=False, allow_infinity=False)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(timezones=st.none() | zones)
visits = st.builds(
    Visit,
    call_id=st.uuids().map(str),
    condominium_id=st.integers(0, 2**31 - 1),
    extension=texts,
    started=moments,
    ended=st.none() | moments,
    visitor=texts,
    apartment=texts,
    transcript=st.lists(st.builds(Line, at_s=times, text=texts, key=texts, speaker=texts)),
    turns=st.lists(
        st.builds(
            Turn,
            at_s=times,
            speech_ms=times,
            silence_ms=times,
            transcription_ms=times,
            understanding_ms=times,
            first_frame_ms=times,
        )
    ),
    attempts=st.lists(st.builds(Attempt, at_s=times, number=texts, attempt_id=texts)),
    states=st.lists(st.tuples(times, texts)),
)


@given(visits)
def test_any_visit_is_one_line_and_comes_back_as_it_fits(one: Visit) -> None:
    line = encode(one)
    assert b"\n" not in line
    back = decode(line)
    assert encode(back) == line
    assert back.visitor == fit(one.visitor)
    assert [said.text for said in back.transcript] == [fit(said.text) for said in one.transcript]
    assert back.states == [(at, fit(name)) for at, name in one.states]
    assert (back.started, back.ended, back.turns) == (one.started, one.ended, one.turns)


@given(texts)
def test_what_fits_no_database_is_gone(text: str) -> None:
    fitting = fit(text)
    assert "\x00" not in fitting
    assert fitting.encode().decode() == fitting
    assert apartment_key(apartment_key(text)) == apartment_key(text)
    apartment_key(text).encode()


@given(moments)
def test_any_moment_has_one_in_utc(moment: datetime) -> None:
    assert utc(moment).utcoffset() == timedelta()


@given(moments, texts)
def test_a_cursor_leads_back_to_its_place(moment: datetime, call_id: str) -> None:
    place = Place(utc(moment), fit(call_id))
    assert Place.at(place.cursor()) == place


@given(st.text() | st.binary().map(lambda noise: noise.decode("latin-1")))
def test_any_other_cursor_is_refused_as_one(noise: str) -> None:
    try:
        place = Place.at(noise)
    except ValueError as error:
        assert "pass next_cursor on as it came" in str(error)  # noqa: PT017  either is right
    else:
        assert place.started.tzinfo is UTC


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"{}",
        b'"visit"',
        b'{"call_id": "half',
        b"\xff\xfe",
        b"\x00" * 100,
        b'{"x": ' * 100_000,
        encode(visit()).replace(b"authorized", b"perhaps"),
        encode(visit()).replace(b":15,", b":1e400,"),
        encode(visit()).replace(b":15,", b":99999999999999999999,"),
        encode(visit(call_id="")),
        encode(visit(call_id="x" * 10_000)),
        encode(visit()).replace(b"2026-11-21T10:30:01Z", b"yesterday"),
    ],
)
def test_what_is_no_visit_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode(line)


def test_a_line_of_an_earlier_or_a_later_version_is_a_visit() -> None:
    least = (
        b'{"call_id":"x","extension":"1000","condominium_id":0,"started":"2026-01-01T00:00:00Z"}'
    )
    assert decode(least).started == datetime(2026, 1, 1, tzinfo=UTC)
    later = {**msgspec.to_builtins(visit()), "mood": ["new"]}
    assert decode(msgspec.json.encode(later)) == visit()
