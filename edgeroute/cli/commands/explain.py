"""``edgeroute explain``: where a prompt would go, and why. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from edgeroute.cli import complete
from edgeroute.cli.prompt import build_request, prompt_options, read_prompt
from edgeroute.cli.shell import Shell, as_json, dim, foreign, pass_shell
from edgeroute.cli.words import found
from edgeroute.core.names import unknown
from edgeroute.core.receipt import asked_by

if TYPE_CHECKING:
    from edgeroute.core.plan import Skipped
    from edgeroute.core.request import ClientProfile
    from edgeroute.engine.deciding.explanation import Explanation

_NAMED: Final = 4
_JOINED: Final = {"single": "", "cascade": ", else ", "ensemble": " + "}


@click.command()
@prompt_options
@click.option("--json", "machine", is_flag=True, help="Print one JSON object.")
@click.option("--full", is_flag=True, help="Name every finding, not just the first.")
@click.option(
    "--client",
    default="",
    help="As if this connected client asked; see `connect`.",
    shell_complete=complete.clients,
)
@pass_shell
def explain(
    shell: Shell,
    words: tuple[str, ...],
    *,
    files: tuple[Path, ...],
    machine: bool,
    full: bool,
    client: str,
    **options: Any,
) -> None:
    """Say where a prompt would go, and why.

    Sends nothing, and loads no model but one that is to give a second opinion.
    """
    request = build_request(shell, read_prompt(shell, words, files), **options)
    if client:
        request = replace(request, client=_profile(shell, client), front_door="http")
    found_out = shell.run(lambda: shell.runtime.engine.explain(request, full=full or machine))
    if machine:
        as_json(found_out.as_json())
    else:
        foreign(_text(found_out))


def _profile(shell: Shell, client: str) -> ClientProfile:
    if client not in shell.runtime.settings.clients:
        listed = "`edgeroute connect` lists what is connected."
        raise unknown("connected program", client, list(shell.runtime.settings.clients), listed)
    return shell.runtime.client(client)


def _text(explanation: Explanation) -> str:
    """The explanation for people."""
    plan, signals, privacy = explanation.plan, explanation.signals, explanation.privacy
    masked = "may leave masked" if privacy.masked else "may leave"
    place = "stays here" if privacy.stays else masked
    taking_part = [one.model for one in plan.taking_part]
    lines = [
        f"Goes to   {_JOINED[plan.strategy].join(taking_part)}",
        f"Because   {plan.first.reason}",
        f"Privacy   {place} ({privacy.mode.value}): {privacy.reason}",
    ]
    if privacy.verdict.types:
        lines.append(f"Found     {found(privacy.verdict.types)}")
    lines += [f"Asked     {opinion.sentence}" for opinion in privacy.verdict.opinions]
    what = [signals.task or "task unknown", f"{signals.complexity} complexity"]
    what += [signals.domain] if signals.domain else []
    what += ["internal code"] if signals.internal_code else ["code"] if signals.has_code else []
    lines += [
        f"Task      {', '.join(what)}, about {signals.input_tokens:,} tokens",
        f"Rule      {plan.rule}: {plan.why}",
    ]
    asker = asked_by(explanation.client, signals.agent, signals.role)
    if asker:
        lines.append(f"Asked by  {asker}")
    others = [one.model for one in plan.candidates[len(taking_part) :]]
    if others:
        lines.append(f"Then      {', then '.join(others)}")
    lines += [dim(text) for text in (*_passed_over(plan.skipped), *plan.notes)]
    return "\n".join(lines)


def _passed_over(skipped: Sequence[Skipped]) -> Iterator[str]:
    """A line for each reason, with the models that it kept out."""
    by_reason: dict[str, list[str]] = {}
    for one in skipped:
        by_reason.setdefault(one.reason, []).append(one.model)
    for reason, models in by_reason.items():
        named, more = models[:_NAMED], len(models) - _NAMED
        rest = f" and {more} more" if more > 0 else ""
        yield f"Not {', '.join(named)}{rest}: {reason}"
