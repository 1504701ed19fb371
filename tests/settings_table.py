"""A setting as the documentation shows it, made from the model itself."""

from pathlib import Path

from pydantic_core import PydanticUndefined

from porteiro.settings.reading import VARIABLES


def row(name: str) -> str:
    """Return the line of docs/settings.md for one variable."""
    field = VARIABLES[name]
    extra = field.json_schema_extra
    allowed = str(extra["allowed"]) if isinstance(extra, dict) else ""
    return f"| `{name}` | {_shown(field.default)} | {allowed} | {field.description} |"


def _shown(default: object) -> str:
    """Return a default as one would write it in `.env`; unset where there is none."""
    if default in (None, "") or default is PydanticUndefined:
        return "unset"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, float):
        return f"`{default:g}`"
    if isinstance(default, Path):
        return f"`./{default}`"
    return f"`{str(default).replace(',', ', ')}`"
