"""Old visits are deleted once an hour, each condominium's after its own time."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.calls.visit import Visit
from porteiro.errors import StorageError
from porteiro.storage.visits.retention import keep_retention

BEGAN = datetime(2026, 11, 21, tzinfo=UTC)

pytestmark = pytest.mark.virtual_time


class TurningClock:
    """A calendar that follows the loop's time."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        return BEGAN + timedelta(seconds=self.now())


class AgingStore:
    """The starts of the visits of each condominium; away where `failures` says so."""

    def __init__(self, starts: dict[int, list[datetime]], failures: int = 0) -> None:
        self.starts = starts
        self.failures = failures
        self.asked: list[float] = []

    async def add(self, visits: Sequence[Visit]) -> None:
        raise AssertionError

    async def find(self, wanted: VisitFilter, limit: int, cursor: str | None = None) -> VisitsPage:
        raise AssertionError

    async def condominiums(self) -> Sequence[int]:
        self.asked.append(asyncio.get_running_loop().time())
        if self.failures:
            self.failures -= 1
            raise StorageError("the database is away")
        return list(self.starts)

    async def forget(self, condominium_id: int, before: datetime) -> int:
        had = self.starts[condominium_id]
        self.starts[condominium_id] = [start for start in had if start >= before]
        return len(had) - len(self.starts[condominium_id])


async def pass_hours(store: AgingStore, keep: dict[int, int], hours: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(hours * 3600):
            await keep_retention(store, keep.__getitem__, TurningClock())


async def test_a_visit_goes_within_an_hour_of_its_time_and_not_before() -> None:
    start = BEGAN - timedelta(days=30) + timedelta(hours=2.5)
    store = AgingStore({15: [start]})
    await pass_hours(store, {15: 30}, 2.9)
    assert store.starts == {15: [start]}
    await pass_hours(store, {15: 30}, 1)
    assert store.starts == {15: []}


async def test_nothing_goes_where_visits_are_kept_for_ever() -> None:
    store = AgingStore({15: [datetime(1990, 1, 1, tzinfo=UTC)], 16: [BEGAN - timedelta(days=2)]})
    await pass_hours(store, {15: 0, 16: 1}, 48)
    assert store.starts == {15: [datetime(1990, 1, 1, tzinfo=UTC)], 16: []}


async def test_a_store_that_is_away_is_asked_again_an_hour_later() -> None:
    store = AgingStore({15: [BEGAN - timedelta(days=2)]}, failures=2)
    with capture_logs() as logs:
        await pass_hours(store, {15: 1}, 2.5)
    assert store.asked == pytest.approx([0, 3600, 7200])
    assert store.starts == {15: []}
    assert [line["event"] for line in logs] == [
        *["old visits not deleted"] * 2,
        "old visits deleted",
    ]


async def test_a_longer_time_set_later_is_followed() -> None:
    starts = [BEGAN - timedelta(days=2)]
    store, keep = AgingStore({15: starts}), {15: 3}
    await pass_hours(store, keep, 20)
    keep[15] = 365
    await pass_hours(store, keep, 24 * 30)
    assert store.starts == {15: starts}
