"""The contract of understanding, kept by the real services; `make test-live` runs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from porteiro.calls.ports import Understanding
from tests.contract import test_understanding as contract
from tests.live.services import parts, suite, to_be_tried

globals().update(suite(contract, "opened"))


@pytest.fixture(params=to_be_tried("understanding"))
def opened(request: pytest.FixtureRequest) -> contract.Opened:
    @asynccontextmanager
    async def real() -> AsyncIterator[Understanding]:
        async with parts() as made:
            yield await made._understands(request.param)

    return real
