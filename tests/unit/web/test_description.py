"""schemathesis asks for everything that the description allows, and for much that it does not."""

import asyncio
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.schemas import OpenApiSchema

from porteiro.web.api import ApiOptions, create_api
from tests.unit.web.client import GUARDED, TOKEN
from tests.unit.web.parts import Archive, Extensions, parts

AnyOperation = APIOperation[Any, Any, Any, Any]
Case = schemathesis.Case[AnyOperation]


class TakesEveryCursor(Archive):
    """That a cursor is made up cannot be told from its form; here none is."""

    def position(self, cursor: str) -> int:
        return 0


def described(options: ApiOptions | None = None, *, away: bool = False) -> OpenApiSchema:
    """Return the description of an API whose event streams end at once."""
    closing = asyncio.Event()
    closing.set()
    shown = parts(extensions=Extensions(away=away), visits=TakesEveryCursor(away=away))
    headers = {"Authorization": f"Bearer {TOKEN}"} if options else {}
    api = create_api(shown, options, closing=closing)
    return schemathesis.openapi.from_asgi("/openapi.json", api, headers=headers)


THOROUGHLY = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
OPEN, TOKENED, AWAY = described(), described(GUARDED), described(away=True)


@OPEN.parametrize()
@THOROUGHLY
def test_nothing_is_found_where_no_token_is_set(case: Case) -> None:
    case.call_and_validate()


@TOKENED.parametrize()
@THOROUGHLY
def test_nothing_is_found_where_a_token_is_set(case: Case) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"})


@AWAY.exclude(path="/api/events").parametrize()
@settings(THOROUGHLY, max_examples=10)
def test_nothing_is_found_where_the_database_is_away(case: Case) -> None:
    case.call_and_validate(excluded_checks=[not_a_server_error])  # 503 is meant
