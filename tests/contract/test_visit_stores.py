"""What every store of visits must do, whichever database it is."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from porteiro.calls.archive import VisitFilter
from porteiro.calls.visit import Line, Visit
from porteiro.dialogue.terms import Decision, Role
from porteiro.storage.migrations import upgrade
from porteiro.storage.postgres.database import Database, DatabaseOptions
from porteiro.storage.visits.postgres import PostgresVisits
from porteiro.storage.visits.retention import forget_expired
from porteiro.storage.visits.sqlite import SqliteVisits
from porteiro.storage.visits.store import FORGET_BATCH, UnfitVisitError, VisitStore
from tests.postgres import PostgresServer, postgres
from tests.visit_records import STARTED, visit

__all__ = ["postgres"]

EVERY = VisitFilter()


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VisitStore]:
    if request.param == "sqlite":
        async with SqliteVisits(tmp_path / "visits.sqlite3") as visits:
            yield visits
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        template: str = request.getfixturevalue("migrated")
        async with Database(options(server, server.new_database(template)["DB_NAME"])) as database:
            yield PostgresVisits(database)


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer) -> str:
    """A database with Porteiro's tables and nothing in them, to be copied."""
    name = postgres.new_database()["DB_NAME"]
    upgrade(options(postgres, name).url)
    return name


def options(server: PostgresServer, name: str) -> DatabaseOptions:
    return DatabaseOptions("127.0.0.1", server.port, name, server.user, server.password)


async def all_of(store: VisitStore, wanted: VisitFilter = EVERY, limit: int = 3) -> list[Visit]:
    """Turn every page."""
    found: list[Visit] = []
    cursor = None
    while True:
        page = await store.find(wanted, limit, cursor)
        assert len(page.visits) <= limit
        found += page.visits
        cursor = page.next_cursor
        if cursor is None:
            return found


def numbers(visits: list[Visit]) -> list[int]:
    return [int(each.call_id[-12:], 16) for each in visits]


async def test_nothing_is_found_where_nothing_is(store: VisitStore) -> None:
    page = await store.find(EVERY, 10)
    assert (list(page.visits), page.next_cursor) == ([], None)
    assert list(await store.condominiums()) == []
    await store.add([])


async def test_a_visit_comes_back_exactly(store: VisitStore) -> None:
    await store.add([visit(1), bare := Visit("id", "1000", 0, STARTED)])
    assert await all_of(store) == [visit(1), bare]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("half \ud83d of a face", "half \ufffd of a face"),
        ("\\u0000 is what I said", "\\u0000 is what I said"),
        ("😀 \u2028 \x7f \x1b ' \" ; drop table porteiro_visit; --",) * 2,
    ],
    ids=["nul", "surrogate", "escaped-nul", "odd"],
)
async def test_what_no_database_takes_is_replaced_and_the_rest_is_not(
    store: VisitStore, said: str, kept: str
) -> None:
    words = [Line(1.0, Role.VISITOR, "visitor", said)]
    await store.add([visit(1, apartment=said, visitor=said, transcript=words)])
    (found,) = await all_of(store, VisitFilter(apartment=said))
    assert (found.apartment, found.visitor, found.transcript[0].text) == (kept, kept, kept)


async def test_adding_a_visit_again_changes_nothing(store: VisitStore) -> None:
    await store.add([visit(1), visit(1, visitor="another")])
    await store.add([visit(2), visit(1, visitor="a third")])
    assert await all_of(store) == [visit(2), visit(1)]


async def test_one_call_id_may_start_twice(store: VisitStore) -> None:
    again = visit(1, started=STARTED + timedelta(days=1))
    await store.add([visit(1), again])
    assert await all_of(store) == [again, visit(1)]


async def test_the_newest_come_first_also_within_one_moment(store: VisitStore) -> None:
    await store.add([visit(n, started=STARTED) for n in (4, 2, 5, 1, 3)] + [visit(9), visit(7)])
    for limit in (1, 2, 7, 8):
        assert numbers(await all_of(store, limit=limit)) == [9, 7, 5, 4, 3, 2, 1]


async def test_pages_stay_right_while_visits_are_added(store: VisitStore) -> None:
    await store.add([visit(n) for n in range(10, 20)])
    first = await store.find(EVERY, 4)
    await store.add([visit(n) for n in (30, 5, 12)])
    second = await store.find(EVERY, 4, first.next_cursor)
    third = await store.find(EVERY, 4, second.next_cursor)
    turned = [*first.visits, *second.visits, *third.visits]
    assert numbers(turned) == [19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 5]
    assert third.next_cursor is None


async def test_moments_are_compared_whatever_their_zone(store: VisitStore) -> None:
    brazil = timezone(timedelta(hours=-3))
    early = visit(1, started=datetime(2026, 11, 21, 7, 29, 59, tzinfo=brazil))
    unzoned = visit(2, started=datetime(2026, 11, 21, 10, 29, 58))  # noqa: DTZ001  as UTC
    await store.add([visit(3), early, unzoned])
    assert numbers(await all_of(store)) == [3, 1, 2]
    since = VisitFilter(since=early.started)
    assert numbers(await all_of(store, since)) == [3, 1]
    assert numbers(await all_of(store, VisitFilter(until=early.started))) == [2]


async def test_microseconds_count(store: VisitStore) -> None:
    near = [visit(n, started=STARTED + timedelta(microseconds=n)) for n in (0, 1, 10, 100_000)]
    await store.add(near)
    assert numbers(await all_of(store)) == [100_000, 10, 1, 0]
    after = VisitFilter(since=STARTED + timedelta(microseconds=10))
    assert numbers(await all_of(store, after)) == [100_000, 10]


async def test_every_filter_alone_and_together(store: VisitStore) -> None:
    condominiums, apartments = (15, 16), ("501", "502")
    decisions = (Decision.AUTHORIZED, Decision.DENIED)
    kept = [
        visit(number, condominium_id=condominium, apartment=apartment, decision=decision)
        for number, (condominium, apartment, decision) in enumerate(
            itertools.product(condominiums, apartments, decisions)
        )
    ]
    await store.add(kept)
    since, until = visit(1).started, visit(6).started
    for chosen in itertools.product((None, 15), (None, "502"), (None, Decision.DENIED)):
        for begin, end in itertools.product((None, since), (None, until)):
            wanted = VisitFilter(*chosen, begin, end)
            expected = [each for each in reversed(kept) if fits(each, wanted)]
            assert await all_of(store, wanted, limit=2) == expected, wanted


def fits(one: Visit, wanted: VisitFilter) -> bool:
    return (
        wanted.condominium_id in (None, one.condominium_id)
        and wanted.apartment in (None, one.apartment)
        and wanted.decision in (None, one.decision)
        and (wanted.since is None or one.started >= wanted.since)
        and (wanted.until is None or one.started < wanted.until)
    )


async def test_an_apartment_is_found_however_it_is_written(store: VisitStore) -> None:
    await store.add([visit(1, apartment="Bloco Ápice  12"), visit(2, apartment="12")])
    for written in ("bloco apice 12", " BLOCO ÁPICE 12 ", "Bloco Ápice\t12"):
        assert numbers(await all_of(store, VisitFilter(apartment=written))) == [1]
    assert await all_of(store, VisitFilter(apartment="bloco")) == []
    assert await all_of(store, VisitFilter(apartment="%")) == []


async def test_an_apartment_longer_than_any_is_kept_and_found(store: VisitStore) -> None:
    # Letters at random: PostgreSQL would squeeze repeated ones into its index.
    long = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(20_000))
    await store.add([visit(1, apartment=long)])
    (found,) = await all_of(store, VisitFilter(apartment=long))
    assert found.apartment == long


@pytest.mark.parametrize("number", [2**63, 2**70, -(2**70)])
async def test_a_batch_with_what_no_database_takes_is_refused_whole(
    store: VisitStore, number: int
) -> None:
    with pytest.raises(UnfitVisitError, match="refuse") as refusal:
        await store.add([visit(1), visit(2, condominium_id=number), visit(3)])
    assert not refusal.value.retryable
    assert "João" not in str(refusal.value)
    assert await all_of(store) == []


@pytest.mark.parametrize(
    "wanted",
    [
        VisitFilter(condominium_id=2**70),
        VisitFilter(condominium_id=-(2**63)),
        VisitFilter(apartment="\x00"),
        VisitFilter(apartment="' or 1=1 --"),
        VisitFilter(since=datetime.max.replace(tzinfo=timezone(-timedelta(hours=14)))),
        VisitFilter(until=datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))),
        VisitFilter(since=datetime(9999, 1, 1), until=datetime(1, 1, 1)),  # noqa: DTZ001
    ],
)
async def test_a_question_beyond_reason_finds_nothing(
    store: VisitStore, wanted: VisitFilter
) -> None:
    await store.add([visit(1)])
    assert await all_of(store, wanted) == []


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "não", "!!!!", "bnVsbA", "W10", "WzEsMl0", "../../etc/passwd", "A" * 10_000],
)
async def test_a_cursor_that_is_none_is_said_to_be(store: VisitStore, cursor: str) -> None:
    with pytest.raises(ValueError, match="pass next_cursor on as it came"):
        await store.find(EVERY, 10, cursor)


async def test_a_cursor_can_stand_in_a_url_and_outlives_its_visit(store: VisitStore) -> None:
    await store.add([visit(n, condominium_id=n) for n in (1, 2, 3)])
    page = await store.find(EVERY, 2)
    assert page.next_cursor is not None
    assert page.next_cursor.replace("-", "").replace("_", "").isalnum()
    await store.forget(2, STARTED + timedelta(days=1))
    assert numbers(list((await store.find(EVERY, 2, page.next_cursor)).visits)) == [1]


async def test_only_old_visits_of_that_condominium_are_forgotten(store: VisitStore) -> None:
    await store.add([visit(n, condominium_id=15 + n % 2) for n in range(6)])
    assert sorted(await store.condominiums()) == [15, 16]
    assert await store.forget(15, visit(4).started) == 2
    assert await store.forget(15, visit(4).started) == 0
    assert numbers(await all_of(store)) == [5, 4, 3, 1]


async def test_each_condominium_keeps_visits_for_as_long_as_it_wants(store: VisitStore) -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    ages = (0, 29, 31, 400)
    await store.add(
        [
            visit(1000 * condominium + age, condominium_id=condominium, started=now - days(age))
            for condominium in (0, 15, 16)
            for age in ages
        ]
    )
    keep = {0: 30, 15: 0, 16: 365}
    assert await forget_expired(store, keep.__getitem__, now) == 3
    left = sorted(numbers(await all_of(store)))
    assert left == [0, 29, 15_000, 15_029, 15_031, 15_400, 16_000, 16_029, 16_031]
    assert await forget_expired(store, keep.__getitem__, now) == 0


async def test_more_than_a_batch_is_forgotten(store: VisitStore) -> None:
    old = [visit(n, started=STARTED) for n in range(FORGET_BATCH * 2 + 7)]
    await store.add([*old, visit(9999)])
    assert await store.forget(15, visit(1).started) == FORGET_BATCH
    assert await forget_expired(store, lambda _: 1, STARTED + days(1.00005)) == FORGET_BATCH + 7
    assert numbers(await all_of(store)) == [9999]


async def test_adding_and_reading_at_once_come_out_right(store: VisitStore) -> None:
    async def add(first: int) -> None:
        for n in range(first, first + 20):
            await store.add([visit(n), visit(n + 1)])  # each is there twice

    await asyncio.gather(*(add(first) for first in range(0, 100, 20)), all_of(store), all_of(store))
    assert numbers(await all_of(store, limit=40)) == list(range(100, -1, -1))


def days(number: float) -> timedelta:
    return timedelta(days=number)
