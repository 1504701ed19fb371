"""Where recorded material for tests and benchmarks lies."""

import os
from pathlib import Path

_TESTS = Path(__file__).resolve().parent


def fixtures(kind: str) -> Path:
    """Return the folder of fixtures of one kind (`speech`, `freeswitch`).

    A larger collection is preferred where there is one: the folder that
    `PORTEIRO_FIXTURES` names, then `shared/fixtures` beside the repository. Otherwise it
    is what the repository brings itself, `tests/data`.
    """
    roots = [_TESTS.parents[1] / "shared" / "fixtures", _TESTS / "data"]
    if named := os.environ.get("PORTEIRO_FIXTURES"):
        roots.insert(0, Path(named))
    for root in roots:
        if (root / kind).is_dir():
            return root / kind
    message = f"no fixtures of kind {kind!r}: set PORTEIRO_FIXTURES to the folder that holds them"
    raise FileNotFoundError(message)
