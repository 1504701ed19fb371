"""One whole visit through each provider's stand-in, first in its list: nobody is kept out."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from benchmarks.provider_visits import table, visits
from tests.providers.visit_report import VisitReport
from tests.providers.visits import CASES

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEARD = {
    "openai": "openai",
    "azure": "azure",
    "deepgram": "deepgram",
    "vosk": "vosk",
    "wyoming": "wyoming",
    "service": "vosk",
    "hanging": "vosk",
    "rubbish": "embedded",
}
SPOKE = {"openai": "openai", "azure": "azure", "wyoming": "wyoming", "hanging": "wyoming"}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def held(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Path, dict[str, VisitReport]]]:
    """All visits, at once: most of the time people only talk."""
    out = tmp_path_factory.mktemp("visits")
    reports = await visits(CASES, out, at_once=len(CASES))
    yield out, {each.name: each for each in reports}


@pytest.mark.parametrize("name", [case.name for case in CASES])
async def test_a_visit_ends_authorized_with_the_gate_opened_once(
    held: tuple[Path, dict[str, VisitReport]], name: str
) -> None:
    out, reports = held
    visit = reports[name]
    assert visit.right, table([visit])
    assert (out / f"{name}.png").stat().st_size > 20_000
    assert visit.turns > 0
    assert HEARD[name] in {line.heard_by for line in visit.lines}, table([visit])
    assert SPOKE.get(name, "embedded") in visit.spoken_by, table([visit])


@pytest.mark.parametrize("name", ["openai", "service"])
async def test_what_the_rules_left_open_was_asked_of_the_provider(
    held: tuple[Path, dict[str, VisitReport]], name: str
) -> None:
    assert name in {line.understood_by for line in held[1][name].lines}


async def test_no_resident_is_understood_by_a_provider(
    held: tuple[Path, dict[str, VisitReport]],
) -> None:
    lines = [line for visit in held[1].values() for line in visit.lines]
    assert {line.understood_by for line in lines if line.role == "resident"} == {"judge"}


async def test_where_the_foremost_hangs_the_caller_hears_a_filler_and_then_the_next(
    held: tuple[Path, dict[str, VisitReport]],
) -> None:
    visit = held[1]["hanging"]
    assert visit.fillers > 0
    assert {line.heard_by for line in visit.lines if line.text} == {"vosk"}


async def test_rubbish_is_neither_words_nor_facts_nor_sound(
    held: tuple[Path, dict[str, VisitReport]],
) -> None:
    visit = held[1]["rubbish"]
    assert {line.heard_by for line in visit.lines} == {"embedded"}
    assert {line.understood_by for line in visit.lines} == {"rules", "judge"}
    assert set(visit.spoken_by) == {"embedded"}
