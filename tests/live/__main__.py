"""Tries the contracts of speech on the real services that the environment leads to."""

import sys
from pathlib import Path

import pytest

from porteiro.errors import SettingsError
from tests.live.services import PARTS, settings, to_be_tried

_HERE = Path(__file__).parent


def main(arguments: list[str]) -> int:
    """Say what is tried and what is not, and try it; `arguments` are pytest's."""
    try:
        found = settings()
    except SettingsError as error:
        print(f"test-live: {error}", file=sys.stderr)  # noqa: T201
        return 2
    for part in PARTS:
        means = "is tried" if part.is_set(found) else f"is not tried: set {part.variables}"
        print(f"{part.does:<14} {part.name:<9} {means}", flush=True)  # noqa: T201
    files = [
        str(_HERE / f"live_{does}.py")
        for does in ("hearing", "speaking", "understanding")
        if to_be_tried(does)
    ]
    if not files:
        print("test-live: nothing was tried, for want of the variables above", file=sys.stderr)  # noqa: T201
        return 1
    # A long traceback shows what functions were called with, keys among it.
    return pytest.main([*files, "--tb=short", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
