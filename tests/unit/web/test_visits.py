"""The log of visits over the API."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.dialogue.terms import Decision
from porteiro.errors import StorageError
from porteiro.web.waiting import within
from tests.unit.web.client import client, is_error
from tests.unit.web.parts import AWAY, Archive, many_visits, parts


async def test_a_visit_is_told_as_it_is_recorded() -> None:
    async with client(parts()) as api:
        body = (await api.get("/api/visits")).json()
    assert (body["status"], body["next_cursor"]) == ("success", None)
    (visit,) = body["visits"]
    assert visit["resident"] == "Renata Oliveira"
    assert visit["transcripts"]["resident"] == [
        {"at_s": 20.0, "speaker": "resident", "text": "tecla 1", "heard_s": None}
    ]
    assert (visit["decision"], visit["gate"], visit["end"]) == ("authorized", "opened", "")
    assert visit["states"] == [
        {"at_s": 0.0, "state": "greeting"},
        {"at_s": 4.0, "state": "ringing"},
    ]


async def test_the_whole_log_is_read_page_by_page() -> None:
    read: list[str] = []
    async with client(parts(visits=Archive(many_visits(120)))) as api:
        query: dict[str, str | int] = {"limit": 50}
        while True:
            page = (await api.get("/api/visits", params=query)).json()
            read += [visit["apartment"] for visit in page["visits"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
    assert read == [str(number) for number in range(120)]


async def test_fifty_are_told_at_a_time_unless_asked_otherwise() -> None:
    async with client(parts(visits=Archive(many_visits(60)))) as api:
        page = (await api.get("/api/visits")).json()
    assert len(page["visits"]) == 50


async def test_filters_reach_the_archive() -> None:
    archive = Archive()
    query = {
        "condominium_id": "15",
        "apartment": "501",
        "decision": "denied",
        "since": "2026-11-20T00:00:00-03:00",
        "until": "2026-11-21T00:00:00Z",
    }
    async with client(parts(visits=archive)) as api:
        answer = await api.get("/api/visits", params=query)
    assert answer.status_code == 200
    assert archive.asked == [
        VisitFilter(
            *(15, "501", Decision.DENIED),
            datetime(2026, 11, 20, tzinfo=timezone(timedelta(hours=-3))),
            datetime(2026, 11, 21, tzinfo=UTC),
        )
    ]


async def test_a_plus_that_came_as_a_blank_is_read_as_a_plus() -> None:
    archive = Archive()
    async with client(parts(visits=archive)) as api:
        answer = await api.get("/api/visits?since=2026-11-20T00:00:00+01:00")
    assert answer.status_code == 200
    (asked,) = archive.asked
    assert asked.since == datetime(2026, 11, 19, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("condominium_id=-1", "condominium_id"),
        ("condominium_id=99999999999", "condominium_id"),
        ("decision=maybe", "decision"),
        ("since=yesterday", "since"),
        ("since=0", "since"),
        ("since=2026-11-20T00:00:00", "since"),
        ("until=2026-11-20", "until"),
        ("until=2026-02-30T00:00:00Z", "until"),
        ("apartment=%00", "apartment"),
        (f"apartment={'5' * 65}", "apartment"),
        ("cursor=nonsense", "cursor"),
        (f"cursor={'1' * 501}", "cursor"),
        ("appartment=501", "appartment"),
    ],
)
async def test_a_question_that_makes_no_sense_is_400_and_says_why(query: str, said: str) -> None:
    archive = Archive()
    async with client(parts(visits=archive)) as api:
        answer = await api.get(f"/api/visits?{query}")
    assert answer.status_code == 400
    assert is_error(answer)
    assert answer.json()["message"].startswith(said)


async def test_a_log_that_is_away_is_503_and_says_why() -> None:
    async with client(parts(visits=Archive(away=True))) as api:
        answer = await api.get("/api/visits")
    assert answer.status_code == 503
    assert is_error(answer)
    assert answer.json()["message"] == AWAY


async def test_what_breaks_in_the_log_is_not_blamed_on_a_cursor_that_was_not_sent() -> None:
    class Broken(Archive):
        def position(self, cursor: str) -> int:
            raise ValueError

    async with client(parts(visits=Broken())) as api:
        assert (await api.get("/api/visits")).status_code == 500
        assert (await api.get("/api/visits", params={"cursor": "1"})).status_code == 400


async def test_a_log_that_hangs_holds_nobody_for_ever() -> None:
    with pytest.raises(StorageError, match=r"the log of visits did not answer within 0.01 s"):
        await within("the log of visits", asyncio.Event().wait(), 0.01)


async def test_no_more_than_two_pages_are_made_at_a_time() -> None:
    class Slow(Archive):
        now = most = 0

        async def find(
            self, wanted: VisitFilter, limit: int, cursor: str | None = None
        ) -> VisitsPage:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0)
            self.now -= 1
            return await super().find(wanted, limit, cursor)

    archive = Slow(many_visits(3))
    async with client(parts(visits=archive)) as api:
        answers = await asyncio.gather(*(api.get("/api/visits") for _ in range(10)))
    assert all(answer.status_code == 200 for answer in answers)
    assert archive.most == 2
