"""How one variable is declared."""

from typing import Any

from pydantic import Field


def var(name: str, default: Any, allowed: str, meaning: str, **limits: Any) -> Any:  # noqa: ANN401  as pydantic's Field
    """Declare one variable: its name, default, what it may be, and what it means."""
    limits |= {"default_factory": default} if callable(default) else {"default": default}
    return Field(
        validation_alias=name,
        description=meaning,
        json_schema_extra={"allowed": allowed},
        **limits,
    )
