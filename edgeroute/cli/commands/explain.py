"""``edgeroute explain``: where a prompt would go, and why. Nothing is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from edgeroute.cli import complete
from edgeroute.cli.getting_ready import get_ready
from edgeroute.cli.prompt import build_request, prompt_options, read_prompt
from edgeroute.cli.shell import Shell, as_json, dim, foreign, pass_shell
from edgeroute.cli.words import found
from edgeroute.core.names import unknown
from edgeroute.core.reasons import NO_KEY_YET, understood
from edgeroute.core.receipt import asked_by

if TYPE_CHECKING:
    from edgeroute.core.request import ClientProfile
    from edgeroute.engine.deciding.explanation import Explanation

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
    get_ready(shell, behind=False)
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
        f"Because   {explanation.reasons.because or plan.first.reason}",
        f"Privacy   {place} ({privacy.mode.value}): {privacy.reason}",
    ]
    if privacy.verdict.types:
        lines.append(f"Found     {found(privacy.verdict.types)}")
    lines += [f"Asked     {opinion.sentence}" for opinion in privacy.verdict.opinions]
    reasons = explanation.reasons
    lines.append(f"Taken for {reasons.understood or understood(signals)}")
    if reasons.cost:
        lines.append(f"Costs     {reasons.cost}")
    lines.append(f"Rule      {plan.rule or 'none'}")
    asker = asked_by(explanation.client, signals.agent, signals.role)
    if asker:
        lines.append(f"Asked by  {asker}")
    others = [one.model for one in plan.candidates[len(taking_part) :]]
    if others:
        lines.append(f"Then      {', then '.join(others)}")
    told = (reasons.because, *reasons.others)
    if reasons.because == NO_KEY_YET:
        lines.append("`edgeroute keys set PROVIDER` adds a key.")
    lines += [dim(text) for text in (*reasons.others, *(n for n in plan.notes if n not in told))]
    return "\n".join(lines)
