"""A pytest plugin that writes down which tests run which lines, and how long each takes.

The line map is written as JSON to the file that ``EDGEROUTE_LINES`` names; of the files whose
pattern is in ``EDGEROUTE_FILES``. What tests start in other processes is not seen.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import coverage
import pytest

_PASSED: dict[str, float] = {}
_COVERAGE = coverage.Coverage(
    data_file=None,
    include=os.environ.get("EDGEROUTE_FILES", "").split(os.pathsep),
    config_file=False,
)


def pytest_sessionstart() -> None:
    """Begin."""
    _COVERAGE.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Note one test's lines."""
    _COVERAGE.switch_context(item.nodeid)
    began = time.monotonic()
    result = yield
    if item.nodeid in _PASSED:
        _PASSED[item.nodeid] = round(time.monotonic() - began, 3)
    _COVERAGE.switch_context("")
    return result


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Only tests that pass can fail."""
    if report.when == "call" and report.passed:
        _PASSED[report.nodeid] = 0.0


def pytest_sessionfinish() -> None:
    """Write it down."""
    _COVERAGE.stop()
    data = _COVERAGE.get_data()
    lines = {
        file: {
            str(line): sorted(set(tests) & _PASSED.keys())
            for line, tests in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    told = json.dumps({"seconds": _PASSED, "lines": lines})
    Path(os.environ["EDGEROUTE_LINES"]).write_text(told, "utf-8")
