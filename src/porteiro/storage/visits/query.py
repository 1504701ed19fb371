"""The one question that is asked of visits, in the SQL that every store understands."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.errors import StorageError
from porteiro.storage.visits.codec import Place, apartment_key, decode, storable_id, utc

Value = str | int | datetime
_MARKS = {"named": ":{}", "pyformat": "%({})s"}


_AT_ONCE = 20


def select(
    wanted: VisitFilter,
    limit: int,
    place: Place | None,
    style: Literal["named", "pyformat"],
) -> tuple[str, dict[str, Value]]:
    """Return the query for a page of visits and one more, and its parameters.

    `style` is how the driver marks parameters, in the words of its `paramstyle`.
    """
    values: dict[str, Value] = {"rows": limit + 1}
    tests: list[str] = []
    mark = _MARKS[style]

    def where(test: str, **used: Value) -> None:
        tests.append(test.format(**{name: mark.format(name) for name in used}))
        values.update(used)

    if wanted.condominium_id is not None:
        # No condominium has an id that the column cannot hold.
        number = wanted.condominium_id
        where("condominium_id = {condominium}", condominium=number if storable_id(number) else -1)
    if wanted.apartment is not None:
        where("apartment = {apartment}", apartment=apartment_key(wanted.apartment))
    if wanted.decision is not None:
        where("decision = {decision}", decision=wanted.decision.value)
    if wanted.since is not None:
        where("started >= {since}", since=utc(wanted.since))
    if wanted.until is not None:
        where("started < {until}", until=utc(wanted.until))
    if place is not None:
        where("(started, call_id) < ({after}, {id})", after=place.started, id=place.call_id)
    condition = f" where {' and '.join(tests)}" if tests else ""
    # Only fixed words are put together here; every value is a parameter.
    text = (
        "select cast(visit as text) as visit from porteiro_visit{}"
        " order by started desc, call_id desc limit {}"
    )
    return text.format(condition, mark.format("rows")), values


async def page(rows: Sequence[str], limit: int) -> VisitsPage:
    """Return a page of the visits that the query found, as JSON; others get turns meanwhile.

    Raises `StorageError` when one of them makes no sense.
    """
    shown = []
    try:
        for place, row in enumerate(rows[:limit], 1):
            shown.append(decode(row))
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)
    except ValueError as error:
        raise StorageError(
            f"a visit in the database makes no sense ({error}): undo what changed it there"
        ) from error
    more = len(rows) > limit and len(shown) > 0
    return VisitsPage(shown, Place.of(shown[-1]).cursor() if more else None)
