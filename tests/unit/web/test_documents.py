import ast
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from prometheus_client.parser import text_string_to_metric_families

from porteiro.calls import journal
from porteiro.web.api import create_api
from porteiro.web.metrics import Metrics
from porteiro.workers import cut_off
from tests.unit.web.parts import parts

DOCUMENT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_document_lists_exactly_the_requests_there_are() -> None:
    shown = set(re.findall(r"^\| `([A-Z]+ /\S*)` \|", DOCUMENT, re.MULTILINE))
    described = create_api(parts()).openapi()["paths"]
    assert shown == {
        f"{method.upper()} {path}" for path, methods in described.items() for method in methods
    }


def _told(module: ModuleType, function: str) -> set[object]:
    """Return the words with which a module calls a function of its own."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    return {
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == function
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }


def test_the_document_lists_exactly_the_events_there_are() -> None:
    noted = _told(journal, "_note") | _told(cut_off, "_publish")
    events = DOCUMENT.partition("| event |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", events, re.MULTILINE)) == noted


async def test_the_document_lists_exactly_the_figures_there_are() -> None:
    shown = replace(parts(), database_listening=lambda: True, freeswitch_legs=lambda: {"whole": 1})
    page = (await Metrics(shown).page()).decode()
    figures = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(page)
        if not family.name.endswith("_created")
    }
    told = set(re.findall(r"^\| `(porteiro_\w+)(?:\{[\w,]+\})?` \|", DOCUMENT, re.MULTILINE))
    assert told == {name for name in figures if name.startswith("porteiro_")}
    assert any(name.startswith("process_") for name in figures)
