from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PROJECT = Path(__file__).parents[2]

TESTS = {
    "test": "import pytest\n\ndef test_it() -> None:\n    pytest.skip('no PBX here')\n",
    "module": "import pytest\npytest.skip('no PBX here', allow_module_level=True)\n",
    "mark": "import pytest\n\n@pytest.mark.skip('no PBX here')\ndef test_it() -> None: ...\n",
}


def run(pytester: pytest.Pytester, test: str) -> pytest.RunResult:
    pytester.makeconftest((PROJECT / "conftest.py").read_text())
    pytester.makepyfile(test_it=test)
    return pytester.runpytest_inprocess("--import-mode=importlib", "-p", "no:asyncio")


@pytest.mark.parametrize("kind", TESTS)
def test_a_skipped_test_has_failed_where_everything_must_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("CI", "true")
    done = run(pytester, TESTS[kind])
    assert done.ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    done.stdout.fnmatch_lines("*nothing may be skipped here, and this was: *no PBX here*")


def test_elsewhere_a_skipped_test_is_a_skipped_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "")
    run(pytester, TESTS["test"]).assert_outcomes(skipped=1)


def test_an_expected_failure_is_no_skip(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    expected = "import pytest\n\n@pytest.mark.xfail\ndef test_it() -> None:\n    assert False\n"
    run(pytester, expected).assert_outcomes(xfailed=1)
