from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from porteiro.speech.service_faults import pause_asked_for


@pytest.mark.parametrize(
    ("header", "pause_s"),
    [
        ("0", 0.0),
        (" 17 ", 17.0),
        ("999999999", 3600.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("1e9", None),
        ("NaN", None),
        ("soon", None),
        ("9" * 5000, None),
        ("Wed, 99 Foo 99999 07:28:00 GMT", None),
    ],
)
def test_a_pause_is_read_where_it_makes_sense(header: str, pause_s: float | None) -> None:
    assert pause_asked_for(header) == pause_s


def test_a_pause_may_be_a_date() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)

    assert pause_asked_for(until) == pytest.approx(100, abs=2)
