"""Two workers over a database: the API tells of them as if they were one process."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import pytest
import pytest_asyncio

from porteiro.phones.audiosocket import dial
from porteiro.web.extension_answers import Status
from tests.integration.live.site import CONDOMINIUM, LiveSite, free_pair, live
from tests.integration.neighbours import AUTHORIZES, DENIES, key_in, neighbours, over
from tests.integration.server import Json, eventually
from tests.integration.workers import kill, visitor
from tests.postgres import PostgresServer, postgres

__all__ = ["postgres"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBERS = ("2018510", "2018511", "2018512")
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)

Figures = dict[tuple[str, str], float]


@dataclass
class House:
    """A server of two workers, and the ports of its three extensions by id."""

    site: LiveSite
    ports: dict[int, tuple[int, int]]

    async def workers(self) -> list[Json]:
        """Return how each worker stands."""
        return list((await self.site.status())["workers"])

    async def ports_of_each(self) -> list[int]:
        """Return the AI port of one extension of either worker."""
        return [self.ports[one["extensions"][0]][0] for one in await self.workers()]

    async def figures(self) -> Figures:
        """Return every figure of Prometheus' page."""
        page = (await self.site.server.api.get("/metrics")).text
        return {(name, labels): float(value) for name, labels, value in SAMPLE.findall(page)}

    async def visit(self, port: int, apartment: str) -> None:
        """Come for somebody, by keys, to the end."""
        call_id = str(uuid4())
        async with dial("127.0.0.1", port, call_id) as phone:
            await key_in(phone, apartment)
            await over(phone)
        await self.site.server.left_with(limit_s=20)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """One condominium of two apartments, on three extensions."""
    folder = tmp_path_factory.mktemp("workers")
    async with neighbours() as building:
        more = {**building.settings, "PORTEIRO_WORKERS": "2", "AUDIO_MODE": "audiosocket"}
        async with live(folder, postgres, more) as site:
            apartments = ", ".join(
                f"({CONDOMINIUM}, '{number}', '{{Renata}}', '{{{rings}}}')"
                for number, rings in (("501", AUTHORIZES), ("502", DENIES))
            )
            site.sql(
                "INSERT INTO porteiro_apartment (condominium_id, apartment_number, residents,"
                f" voip_numbers) VALUES {apartments}"
            )
            pairs = [free_pair() for _ in NUMBERS]
            ids = [site.add(number, *pair) for number, pair in zip(NUMBERS, pairs, strict=True)]
            made = House(site, dict(zip(ids, pairs, strict=True)))
            async with asyncio.timeout(15):
                while (await site.status())["total_extensions"] != len(ids):  # noqa: ASYNC110  another process's
                    await asyncio.sleep(0.05)
            yield made


async def test_the_status_is_that_of_one_process_with_the_workers_beside_it(house: House) -> None:
    first, second = await house.ports_of_each()
    async with visitor(first), visitor(second), visitor(second):
        status = await house.site.status()
        told = set(Status.model_fields) - {"speech"}  # where only the embedded one is chosen
        assert set(status) == told
        assert (status["total_extensions"], status["source"], status["calls"]) == (3, "database", 3)
        by_id = {one["id"]: one for one in status["extensions"]}
        served = {i: (one["porta_ia"], one["porta_retorno"]) for i, one in by_id.items()}
        assert served == house.ports
        assert {one["ramal_ia"] for one in by_id.values()} == set(NUMBERS)
        assert {one["status"] for one in by_id.values()} == {"ativo"}
        assert {one["condominio_id"] for one in by_id.values()} == {CONDOMINIUM}
        calls = {one["porta_ia"]: one["calls"] for one in by_id.values() if one["calls"]}
        assert calls == {first: 1, second: 2}
        assert status["capacity"]["calls"] == 3
        assert [one["calls"] for one in status["workers"]] == [1, 2]
        homes = [one["extensions"] for one in status["workers"]]
        assert sorted(i for home in homes for i in home) == sorted(house.ports)
        assert [len(home) for home in homes] == [2, 1]
    await house.site.server.left_with()


async def test_counters_and_histograms_are_those_of_both(house: House) -> None:
    before = await house.figures()
    first, second = await house.ports_of_each()
    wanted = ((first, "501"), (second, "501"), (second, "502"))
    await asyncio.gather(*(house.visit(port, apartment) for port, apartment in wanted))
    after = await house.figures()

    def more(name: str, label: str = "") -> float:
        return sum(
            value - before.get(key, 0.0)
            for key, value in after.items()
            if key[0] == name and label in key[1]
        )

    assert more("porteiro_calls_started_total") == 3
    assert more("porteiro_calls_ended_total") == 3
    assert more("porteiro_calls_ended_total", 'decision="authorized"') == 2
    assert more("porteiro_calls_ended_total", 'decision="denied"') == 1
    assert more("porteiro_ring_attempts_total") == 3
    assert more("porteiro_gate_orders_total") == 3  # a denial is announced as well
    assert after["porteiro_changes_uncounted_total", ""] == 0
    assert after["porteiro_calls_in_progress", ""] == 0
    assert after["porteiro_extensions", 'state="ativo"'] == 3
    assert after["porteiro_database_listening", ""] == 1


async def test_every_process_has_a_whole_histogram_and_gauges_are_added_up(house: House) -> None:
    first, second = await house.ports_of_each()
    async with visitor(first), visitor(second):
        figures = await house.figures()
    await house.site.server.left_with()
    for worker in ("parent", "0", "1"):
        label = f'worker="{worker}"'
        buckets = [
            value
            for (name, labels), value in figures.items()
            if name == "porteiro_event_loop_lag_seconds_bucket" and labels.endswith(label)
        ]
        assert len(buckets) == 10
        assert buckets == sorted(buckets)
        assert buckets[-1] == figures["porteiro_event_loop_lag_seconds_count", label] > 0
    assert figures["porteiro_calls_in_progress", ""] == 2
    assert [figures["porteiro_worker_calls", f'worker="{n}"'] for n in range(2)] == [1, 1]
    status = await house.site.status()
    assert figures["porteiro_calls_limit", ""] == status["capacity"]["limit"]
    assert figures["porteiro_speech_jobs", 'provider="embedded",state="busy"'] == 0


async def test_a_worker_that_hangs_keeps_no_page_waiting(house: House) -> None:
    first, _ = await house.ports_of_each()
    hung = (await house.workers())[1]["pid"]
    async with visitor(first) as (_, call_id):
        for page in ("/api/status", "/metrics", "/api/calls", "/readyz"):
            kill(hung, signal.SIGSTOP)
            try:
                answer = await house.site.server.api.get(page)
            finally:
                kill(hung, signal.SIGCONT)
            assert answer.status_code == 200, page
            assert call_id in answer.text or page != "/api/calls"
        # It was there all the time: no page came only because the worker was taken for dead.
        assert [(one["pid"], one["restarts"]) for one in await house.workers()][1] == (hung, 0)
    await house.site.server.left_with()


async def test_a_row_that_changes_reaches_the_worker_it_lives_in(house: House) -> None:
    moved, other = list(house.ports)[:2]
    port, return_port = free_pair()
    homes = [one["extensions"] for one in await house.workers()]
    house.site.sql(
        f"UPDATE extension_ia SET extension_ia_number_port = '{port}',"
        f" extension_ia_return_port = '{return_port}' WHERE extension_ia_id = {moved}"
    )
    house.ports[moved] = port, return_port
    async with asyncio.timeout(15):
        while (await house.site.extension(moved) or {})["porta_ia"] != port:  # noqa: ASYNC110  another process's
            await asyncio.sleep(0.05)
    assert [one["extensions"] for one in await house.workers()] == homes
    both = (port, house.ports[other][0])
    await asyncio.gather(*(house.visit(each, "502") for each in both))


async def test_visits_that_wait_for_the_database_are_counted_of_all_workers(house: House) -> None:
    ports = await house.ports_of_each()
    house.site.postgres.freeze()
    try:
        await asyncio.gather(*(house.visit(port, "501") for port in ports))
        figures = await house.figures()
        assert figures["porteiro_visits_waiting", ""] == 2
        assert (await house.site.status())["total_extensions"] == 3
    finally:
        house.site.postgres.thaw()
    visits = "SELECT count(*) FROM porteiro_visit WHERE apartment = '501'"
    await eventually(partial(_none_waits, house, visits), 30)


def _none_waits(house: House, visits: str) -> bool:
    (row,) = house.site.sql(visits)
    return row[0] == 4
