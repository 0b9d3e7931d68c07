"""``edgeroute rules``: the routing policy."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from edgeroute.cli import complete
from edgeroute.cli.named_group import NamedGroup
from edgeroute.cli.shell import Shell, as_json, foreign, note, pass_shell, table
from edgeroute.core.errors import SettingsError


@click.group(cls=NamedGroup)
def rules() -> None:
    """List, check, explain and test routing rules."""


@rules.command("list")
@click.option("--json", "machine", is_flag=True, help="Print one JSON object.")
@pass_shell
def list_rules(shell: Shell, *, machine: bool) -> None:
    """List the policies and the rules of the one in force."""
    policies = shell.runtime.admin.policies
    policy, names = policies.current, policies.names()
    if machine:
        as_json(
            {
                "policy": policy.name,
                "file": policy.file,
                "policies": list(names),
                "rules": [
                    {
                        "id": rule.id,
                        "condition": rule.condition.text if rule.condition else None,
                        "model": rule.model,
                        "strategy": rule.strategy,
                        "why": rule.sentence,
                        "line": rule.line,
                    }
                    for rule in policy.rules
                ],
            }
        )
        return
    note(f"Policy {policy.name} of: {', '.join(names)}")
    table(
        ("RULE", "WHEN", "MODEL"),
        [
            (rule.id, rule.condition.text if rule.condition else "otherwise", rule.model)
            for rule in policy.rules
        ],
    )


@rules.command("check")
@click.argument(
    "policies",
    nargs=-1,
    metavar="[FILE or POLICY...]",
    shell_complete=complete.policies,
)
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@pass_shell
def check(shell: Shell, policies: tuple[str, ...], *, machine: bool) -> int:
    """Check policies (default: all); exit code 1 with file:line for each mistake."""
    known = shell.runtime.admin.policies
    mistakes = 0
    report: list[dict[str, object]] = []
    for name in policies or known.names():
        try:
            findings = known.check(name)
        except SettingsError as error:
            for one in (error, *error.more):
                mistakes += 1
                report.append(_entry(one.file or name, one.line, "error", "invalid", str(one)))
            continue
        mistakes += sum(finding.level == "error" for finding in findings)
        report += [_entry(f.file, f.line, f.level, f.code, str(f)) for f in findings]
        if not findings and not machine:
            note(f"{name} is right.")
    if machine:
        as_json(report)
    else:
        for entry in report:
            foreign(f"{entry['message']}{' (warning)' if entry['level'] == 'warning' else ''}")
        if not shell.runtime.providers.ready():
            note("No provider has a key, so that the local model answers whatever the rules say.")
    return 1 if mistakes else 0


def _entry(file: str, line: int, level: str, code: str, message: str) -> dict[str, object]:
    return {"file": file, "line": line, "level": level, "code": code, "message": message}


@rules.command("explain")
@click.argument("rule", shell_complete=complete.rules)
@click.option(
    "--policy",
    default="",
    help="Of this policy (default: the one in force).",
    shell_complete=complete.policies,
)
@pass_shell
def explain(shell: Shell, rule: str, policy: str) -> None:
    """Explain RULE, or a code that `rules check` has printed."""
    name = policy or shell.runtime.settings.router.policy
    foreign(shell.runtime.admin.policies.explain(name, rule), end="")


@rules.command("test")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--policy",
    default="",
    help="Test this policy instead of the one in FILE.",
    shell_complete=complete.policies,
)
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@pass_shell
def test(shell: Shell, file: Path, policy: str, *, machine: bool) -> int:
    """Test a policy against the expectations in FILE; exit code 1 where one fails."""
    results = shell.runtime.admin.policies.test(file, policy)
    if machine:
        as_json([asdict(result) for result in results])
    else:
        for result in results:
            verdict = "passed" if result.passed else f"FAILED: expected {result.expected}"
            foreign(f"{result.name}: {verdict}{'' if result.passed else f', got {result.got}'}")
        note(f"{sum(r.passed for r in results)} of {len(results)} passed.")
    return 0 if all(result.passed for result in results) else 1


@rules.command("reload")
@pass_shell
def reload(shell: Shell) -> None:
    """Check every policy file; running programs heed the routing policy from the next request."""
    shell.runtime.check()
    note(f"All policy files are right; {shell.runtime.admin.policies.current.name} is in force.")


@rules.command("suggest")
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@pass_shell
def suggest(shell: Shell, *, machine: bool) -> None:
    """Say which rules your own record speaks against, and what the change would have cost and
    harmed. Nothing is changed.
    """
    policies = shell.runtime.admin.policies
    found = shell.runtime.admin.advisor.suggestions(policies.current, policies.tiers)
    if machine:
        as_json(
            [
                {
                    "rule": s.rule,
                    "model": s.model,
                    "instead": s.instead,
                    "why": s.sentence,
                    "replay": asdict(s.replay),
                }
                for s in found
            ]
        )
        return
    for one in found:
        foreign(f"{one.rule}: {one.instead} instead of {one.model}. {one.sentence}")
        foreign(f"  {one.replay.sentence}")
    if not found:
        note("Nothing to suggest: too few answers are remembered, or the rules do well.")
