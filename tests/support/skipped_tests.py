"""The closing lines of a test run say what was not run, and why."""

from __future__ import annotations

from collections import Counter
from typing import Any

_PREFIX = "Skipped: "


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how many tests were skipped for which reason, the commonest first."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    reasons = Counter(report.longrepr[2].removeprefix(_PREFIX) for report in skipped)
    terminalreporter.section(f"{len(skipped)} not run")
    for reason, count in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        terminalreporter.line(f"{count:>5}  {reason}")
