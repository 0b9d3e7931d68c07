"""``edgeroute doctor``: is everything as it should be, and what to do where it is not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import click

from edgeroute.cli.health import HealthCheck, checks
from edgeroute.cli.shell import Shell, as_json, foreign, note, out, pass_shell

_MARKS: Final = {
    "ok": click.style("ok  ", fg="green"),
    "note": click.style("note", fg="yellow"),
    "bad": click.style("BAD ", fg="red", bold=True),
}


@click.command()
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@pass_shell
def doctor(shell: Shell, *, machine: bool) -> int:
    """Check the installation and say what to mend; exit code 1 where something is bad."""

    async def work() -> list[HealthCheck]:
        done = []
        async for check in checks(shell.runtime):
            done.append(check)
            if not machine:
                _print(check)
        return done

    report = shell.run(work)
    bad = sum(check.state == "bad" for check in report)
    if machine:
        as_json([asdict(check) for check in report])
    else:
        note(f"{bad} to mend." if bad else "Nothing to mend.")
    return 1 if bad else 0


def _print(check: HealthCheck) -> None:
    out(_MARKS[check.state], end="  ")
    foreign(f"{check.name}: {check.text}")
    if check.fix:
        foreign(f"      -> {check.fix}")
