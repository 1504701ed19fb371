"""What the tests on a real PBX share: one Asterisk a run, a manager connection a test."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.pbx.asterisk import Asterisk, NoAsteriskError, running_asterisk
from tests.pbx.manager import Manager, manager_of
from tests.pbx.porteiro_process import PorteiroProcess, running_porteiro


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """A real Asterisk; without one the tests are skipped, but fail where CI is set."""
    try:
        with running_asterisk(tmp_path_factory.mktemp("asterisk")) as running:
            yield running
    except NoAsteriskError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture
async def manager(asterisk: Asterisk) -> AsyncIterator[Manager]:
    """A connection of the test's own that sees every event."""
    async with manager_of(asterisk) as connected:
        yield connected


@pytest.fixture(scope="session")
def porteiro(
    asterisk: Asterisk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PorteiroProcess]:
    """The real server, on free ports; one for all visits that leave it alive."""
    with running_porteiro(tmp_path_factory.mktemp("porteiro"), asterisk) as running:
        yield running
