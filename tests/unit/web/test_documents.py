import ast
import re
from pathlib import Path

from porteiro.calls import journal
from porteiro.web.api import create_api
from tests.unit.web.parts import parts

DOCUMENT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_document_lists_exactly_the_requests_there_are() -> None:
    shown = set(re.findall(r"^\| `([A-Z]+ /\S*)` \|", DOCUMENT, re.MULTILINE))
    described = create_api(parts()).openapi()["paths"]
    assert shown == {
        f"{method.upper()} {path}" for path, methods in described.items() for method in methods
    }


def test_the_document_lists_exactly_the_events_there_are() -> None:
    tree = ast.parse(Path(journal.__file__).read_text(encoding="utf-8"))
    noted = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "_note"
        and isinstance(node.args[0], ast.Constant)
    }
    events = DOCUMENT.partition("| event |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", events, re.MULTILINE)) == noted
