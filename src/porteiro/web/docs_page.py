"""The API's own documentation as one plain page, made from its OpenAPI description.

It loads nothing from anywhere, so that it works on a server without the internet.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1f24; background: #fff }}
code {{ font: 0.9em ui-monospace, monospace }}
section {{ border-top: 1px solid #d0d7de; padding: 0.5rem 0 }}
h2 {{ font-size: 1rem }} h2 b {{ color: #0a58ca }}
table {{ border-collapse: collapse }} td {{ padding: 0 1rem 0 0; vertical-align: top }}
@media (prefers-color-scheme: dark) {{ body {{ color: #e6edf3; background: #0d1117 }}
  section {{ border-color: #30363d }} h2 b {{ color: #79b8ff }} }}
</style>
<h1>{title}</h1>
<p>{about}</p>
<p>For programs: <a href="/openapi.json"><code>/openapi.json</code></a></p>
{sections}
</html>
"""


def docs_page(openapi: Mapping[str, Any]) -> str:
    """Return the page for an OpenAPI description."""
    info = openapi["info"]
    sections = [
        _section(method, path, operation)
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    ]
    return _PAGE.format(
        title=escape(f"{info['title']} {info['version']}"),
        about=escape(info.get("description", "")),
        sections="\n".join(sections),
    )


def _section(method: str, path: str, operation: Mapping[str, Any]) -> str:
    answers = "".join(
        f"<tr><td><code>{escape(status)}</code><td>{escape(answer['description'])}"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<section><h2><b>{escape(method.upper())}</b> <code>{escape(path)}</code></h2>"
        f"<p>{escape(operation.get('description', ''))}</p><table>{answers}</table></section>"
    )
