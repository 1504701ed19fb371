"""The contract of voices, kept by the real services; `make test-live` runs it."""

from collections.abc import AsyncIterator

import pytest

from porteiro.calls.ports import Voices
from tests.contract import test_voices as contract
from tests.live.services import parts, suite, to_be_tried

globals().update(suite(contract, "voices"))


@pytest.fixture(params=to_be_tried("speaking"))
async def voices(request: pytest.FixtureRequest) -> AsyncIterator[Voices]:
    async with parts() as made:
        yield await made._speaks(request.param)


@pytest.fixture
def unlikeness() -> float:
    """A voice that says a phrase anew for every rate says it no two times alike."""
    return 0.4
