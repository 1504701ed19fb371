"""What whoever watches the process sees: that it lives, whether it is ready, its figures."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from porteiro.calls.admission import AdmissionLimits, Capacity, Refusal
from porteiro.calls.board import CallView, Change, JsonValue
from porteiro.web.api import create_api
from porteiro.web.metrics import Metrics
from tests.unit.web.board import CALL_ID, STARTED, Board
from tests.unit.web.client import GUARDED, TOKEN, client
from tests.unit.web.parts import REFUSED, SERVED, Extensions, parts

Samples = dict[tuple[str, tuple[str, ...]], float]
LAG_COUNT = ("porteiro_event_loop_lag_seconds_count", ())


def samples(page: bytes) -> Samples:
    """Return each figure under its name and the values of its labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


@asynccontextmanager
async def counting(board: Board) -> AsyncIterator[Metrics]:
    metrics = Metrics(parts(board))
    following = asyncio.create_task(metrics.follow_calls())
    await asyncio.sleep(0)
    yield metrics
    following.cancel()
    await asyncio.wait([following])


async def taken() -> None:
    """Let what was published be taken in."""
    for _ in range(3):
        await asyncio.sleep(0)


def happened(kind: str, **data: JsonValue) -> Change:
    return Change(STARTED, CALL_ID, kind, data)


async def test_a_process_that_serves_is_ready_and_says_how_each_part_is() -> None:
    shown = replace(
        parts(extensions=Extensions([SERVED])),
        visits_waiting=lambda: 0,
        database_listening=lambda: True,
    )
    async with client(shown) as api:
        answer = await api.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success",
        "parts": {"extensions": "serving", "database": "listening", "visits": "written"},
    }


async def test_a_process_with_its_database_away_is_still_ready_for_calls() -> None:
    shown = replace(
        parts(extensions=Extensions([SERVED, REFUSED])),
        visits_waiting=lambda: 3,
        database_listening=lambda: False,
    )
    async with client(shown) as api:
        answer = await api.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["parts"] == {
        "extensions": "partly",
        "database": "away",
        "visits": "waiting",
    }


@pytest.mark.parametrize("views", [(), (REFUSED,)])
async def test_a_process_that_serves_no_extension_is_not_ready(views: tuple[()]) -> None:
    async with client(parts(extensions=Extensions(views))) as api:
        answer = await api.get("/readyz")
        alive = await api.get("/healthz")
    assert (answer.status_code, alive.status_code) == (503, 200)
    assert answer.json()["status"] == "error"
    assert answer.json()["message"]
    assert answer.json()["parts"] == {
        "extensions": "none",
        "database": "unused",
        "visits": "written",
    }


async def test_a_process_that_is_stopping_lives_and_says_why_it_is_not_ready() -> None:
    shown = replace(parts(), capacity=lambda: Capacity(refusing=Refusal.DRAINING))
    async with client(shown) as api:
        answer = await api.get("/readyz")
        alive = await api.get("/healthz")
    assert (answer.status_code, alive.status_code) == (503, 200)
    assert "stopping" in answer.json()["message"]


@pytest.mark.parametrize("reason", [Refusal.CALLS, Refusal.LAG])
async def test_a_process_without_room_is_ready_for_it_answers(reason: Refusal) -> None:
    async with client(replace(parts(), capacity=lambda: Capacity(refusing=reason))) as api:
        assert (await api.get("/readyz")).status_code == 200


async def test_the_figures_tell_how_much_room_there_is_and_of_lines_refused() -> None:
    room = Capacity(
        limits=AdmissionLimits(calls=12),
        lag_s=0.25,
        refusing=Refusal.LAG,
        refused={Refusal.LAG: 7},
    )
    async with client(replace(parts(), capacity=lambda: room)) as api:
        figures = samples((await api.get("/metrics")).content)
    assert figures["porteiro_calls_limit", ()] == 12
    assert figures["porteiro_admission_lag_seconds", ()] == 0.25
    assert figures["porteiro_refusing", ("lag",)] == 1
    assert figures["porteiro_refusing", ("calls",)] == 0
    assert figures["porteiro_calls_refused_total", ("lag",)] == 7
    assert figures["porteiro_calls_refused_total", ("extension",)] == 0


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_stranger_learns_nothing_of_the_building(path: str) -> None:
    async with client(parts()) as api:
        text = (await api.get(path)).text
    assert not any(told in text for told in ("2018519", "8101", "501", "Renata", CALL_ID))


async def test_the_figures_show_the_parts_as_they_are_now() -> None:
    shown = replace(
        parts(),
        visits_waiting=lambda: 7,
        database_listening=lambda: False,
        freeswitch_legs=lambda: {"whole": 3, "waiting": 1},
        speech_queues=lambda: [("whisper", 2, 5)],
    )
    async with client(shown) as api:
        answer = await api.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    figures = samples(answer.content)
    assert figures["porteiro_calls_in_progress", ()] == 1
    assert figures["porteiro_extensions", ("ativo",)] == 2
    assert figures["porteiro_extensions", ("erro",)] == 1
    assert figures["porteiro_visits_waiting", ()] == 7
    assert figures["porteiro_database_listening", ()] == 0
    assert figures["porteiro_freeswitch_legs", ("whole",)] == 3
    assert figures["porteiro_speech_jobs", ("whisper", "busy")] == 2
    assert figures["porteiro_speech_jobs", ("whisper", "waiting")] == 5
    assert figures["porteiro_freeswitch_legs", ("waiting",)] == 1
    assert figures["process_resident_memory_bytes", ()] > 0


async def test_where_no_database_is_set_none_is_said_to_be_away() -> None:
    async with client(parts()) as api:
        assert b"porteiro_database_listening" not in (await api.get("/metrics")).content


async def test_what_happens_to_calls_is_counted() -> None:
    board = Board()
    async with counting(board) as metrics:
        for change in (
            happened("started", extension="1000", condominium_id=15),
            happened("ring_ended", attempt=1, result="no_answer", reason=""),
            happened("gate", result="opened", reason=""),
            happened("trouble", part="dialer", reason="a long story"),
            happened("ended", decision="authorized", end="decided", seconds=31.0),
            happened("ended", decision="authorized", end="decided", seconds=29.0),
            happened("key", role="resident", key="1"),
            happened("interrupted", role="visitor", key="greeting", played_s=1.2, length_s=None),
            happened(
                *("turn",),
                silence_ms=250.0,
                transcription_ms=20.0,
                understanding_ms=1.0,
                first_frame_ms=9.0,
            ),
        ):
            board.stream.publish(change)
        await taken()
        figures = samples(await metrics.page())
    assert figures["porteiro_calls_started_total", ()] == 1
    assert figures["porteiro_calls_ended_total", ("authorized", "decided")] == 2
    assert figures["porteiro_ring_attempts_total", ("no_answer",)] == 1
    assert figures["porteiro_gate_orders_total", ("opened",)] == 1
    assert figures["porteiro_call_troubles_total", ("dialer",)] == 1
    assert figures["porteiro_answer_seconds_count", ()] == 1
    assert figures["porteiro_answer_seconds_sum", ()] == pytest.approx(0.03)
    assert figures["porteiro_interruptions_total", ("visitor",)] == 1
    parts_s = {"endpointing": 0.25, "transcription": 0.02, "understanding": 0.001}
    for part, seconds in (parts_s | {"first_sound": 0.009}).items():
        assert figures["porteiro_turn_part_seconds_count", (part,)] == 1
        assert figures["porteiro_turn_part_seconds_sum", (part,)] == pytest.approx(seconds)
    assert "a long story" not in (await metrics.page()).decode()


async def test_changes_that_came_too_fast_are_told() -> None:
    board = Board(queue=2)
    async with counting(board) as metrics:
        for _ in range(10):
            board.stream.publish(happened("started"))
        await taken()
        figures = samples(await metrics.page())
    assert figures["porteiro_calls_started_total", ()] == 2
    assert figures["porteiro_changes_uncounted_total", ()] == 8


async def test_a_step_that_holds_the_loop_shows_as_lag() -> None:
    metrics = Metrics(parts())
    watching = asyncio.create_task(metrics.watch_loop())

    async def measured(times: int) -> Samples:
        while samples(await metrics.page())[LAG_COUNT] < times:  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.01)
        return samples(await metrics.page())

    await measured(1)
    held = 0.3
    time.sleep(held)  # noqa: ASYNC251  that is the point
    figures = await measured(2)
    assert figures["porteiro_event_loop_lag_seconds_sum", ()] >= held - 0.1
    watching.cancel()
    await asyncio.wait([watching])


async def test_requests_are_counted_by_route_and_status_and_strangers_invent_none() -> None:
    shown = parts()
    metrics = Metrics(shown)
    transport = httpx.ASGITransport(create_api(shown, GUARDED, metrics), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://porteiro") as api:
        await api.get("/api/calls")
        await api.get("/healthz")
        api.headers["Authorization"] = f"Bearer {TOKEN}"
        for path in ("/api/calls", f"/api/calls/{CALL_ID}", "/api/calls/none", "/a", "/b"):
            await api.get(path)
        await api.request("INVENTED", "/api/calls")
    figures = samples(await metrics.page())
    counted = {
        labels: count
        for (name, labels), count in figures.items()
        if name == "porteiro_http_requests_total"
    }
    assert counted == {
        ("GET", "none", "401"): 1,
        ("GET", "/healthz", "200"): 1,
        ("GET", "/api/calls", "200"): 1,
        ("GET", "/api/calls/{call_id}", "200"): 1,
        ("GET", "/api/calls/{call_id}", "404"): 1,
        ("GET", "none", "404"): 2,
        ("other", "/api/calls", "405"): 1,
    }


async def test_what_breaks_is_counted_as_500() -> None:
    class Broken(Board):
        def find(self, call_id: str) -> CallView | None:
            raise RuntimeError

    async with client(parts(Broken())) as api:
        await api.get(f"/api/calls/{CALL_ID}")
        figures = samples((await api.get("/metrics")).content)
    assert figures["porteiro_http_requests_total", ("GET", "/api/calls/{call_id}", "500")] == 1


async def test_two_apis_of_one_process_do_not_share_their_figures() -> None:
    assert await Metrics(parts()).page()
    assert await Metrics(parts(Board(), Extensions())).page()
