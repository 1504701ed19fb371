"""How `pytest -n` shares the tests out: by file, or one by one where each starts a server."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

SERVER_EACH: Final = frozenset(
    f"tests/{file}.py"
    for file in (
        "integration/freeswitch/test_full_call",
        "integration/freeswitch/test_restart",
        "integration/live/test_outages",
        "integration/test_bad_files",
        "integration/test_bad_machine",
        "integration/test_capacity",
        "integration/test_deploy",
        "integration/test_external_mind",
        "integration/test_live_suite",
        "integration/test_restart",
        "integration/test_workers",
        "pbx/test_restart",
        "pbx/test_visits",
    )
)
"""Files whose tests share no server but the session's, and take long."""

_LONGEST_FIRST: Final = ("integration", "pbx", "faults", "contract")
_CHECKS: Final = "tests/unit/test_architecture.py"  # as long as any, on a fresh clone


class SharingOut(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands out files, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        """Keep the order: the scheduler's own begins with the files of most tests."""
        config.option.loadscopereorder = False
        super().__init__(config, log)
        self._broker = frozenset(_with_broker(config.rootpath))

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file in SERVER_EACH:
            return nodeid
        return "broker" if file in self._broker else file


def _with_broker(root: Path) -> Iterator[str]:
    """Find the files that need the session's RabbitMQ: one process does them, it starts slowly."""
    for file in (root / "tests").rglob("test_*.py"):
        if "one_rabbitmq" in file.read_text(encoding="utf-8"):
            yield file.relative_to(root).as_posix()


def rank(item: pytest.Item) -> int:
    """Return how early a test is to begin: what takes longest must not be begun last."""
    file = item.nodeid.partition("::")[0]
    folder = PurePosixPath(file).parts[1]
    if file == _CHECKS:
        return 0
    return _LONGEST_FIRST.index(folder) if folder in _LONGEST_FIRST else len(_LONGEST_FIRST)
