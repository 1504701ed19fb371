"""For every test: where the `CI` variable is set, a test that is skipped has failed."""

import os
from collections.abc import Generator

import pytest

_STRICT = os.environ.get("CI", "").lower() not in ("", "0", "false")


def _no_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip, which proves nothing, into a failure that says what was missing."""
    if _STRICT and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped here, and this was: {why}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _no_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _no_skip(report)
    return report
