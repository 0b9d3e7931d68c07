"""``edgeroute eval``: your own prompts through several policies, side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edgeroute.cli import complete
from edgeroute.cli import shell as terminal
from edgeroute.cli.progress import CountLine
from edgeroute.cli.shell import Shell, note, pass_shell, table
from edgeroute.core.display import safe_line
from edgeroute.core.errors import NothingAnswered
from edgeroute.core.words import comparison_words, money, seconds
from edgeroute.engine.deciding.model_names import LOCAL, canonical, names_here
from edgeroute.engine.evaluating import comparison
from edgeroute.engine.evaluating.evaluation import EvaluationItem, Trial, read_items, run

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime

# With fewer prompts an interval is too wide to say anything.
_FEWEST_FOR_INTERVAL: Final = 5
_STOPPED: Final = 1


@dataclass(slots=True)
class _EvaluationRun:
    """What has been found out so far, by policy; ``stopped`` by the user."""

    results: dict[str, list[Trial]]
    stopped: bool = field(default=False)


@click.command("eval")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--policy",
    "-p",
    "policies",
    multiple=True,
    help="May be given several times.",
    shell_complete=complete.policies,
)
@click.option(
    "--judge",
    default="",
    metavar="MODEL",
    help="Rates answers without checks.",
    shell_complete=complete.models,
)
@click.option("--limit", "-n", default=0, type=click.IntRange(0), help="Only the first so many.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before prompts are sent.")
@click.option("--json", "machine", is_flag=True, help="Print one JSON object.")
@pass_shell
def evaluate(
    shell: Shell,
    file: Path,
    policies: tuple[str, ...],
    *,
    judge: str,
    limit: int,
    yes: bool,
    machine: bool,
) -> int:
    """Run the prompts of FILE through each policy; compare quality, cost and time.

    FILE has one JSON object a line: "prompt", and optionally "system", "task", and checks of the
    answer: "contains" (a text or several), "matches" (a regular expression), "equals", or
    "json": true. Answers without checks are rated by the judge, `local` or provider/model, which
    is not told who wrote them. Prompts that hold personal data stay here, and are judged here.

    No conversation is kept, and routing learns nothing from it. ctrl+c shows what is done so far.
    """
    items = read_items(file)[: limit or None]
    names = tuple(dict.fromkeys(policies)) or (shell.runtime.settings.router.policy,)
    runtimes = {name: shell.runtime.with_policy(name) for name in names}
    judge = _known_judge(shell.runtime, judge) if judge else ""
    unchecked = sum(not item.checks for item in items)
    if not yes:
        _confirm(len(items), names, unchecked if judge else 0, judge)
    evaluation = _EvaluationRun({name: [] for name in names})
    shell.run(lambda: _walk(runtimes, items, judge, evaluation))
    done = {name: trials for name, trials in evaluation.results.items() if trials}
    if machine:
        found = comparison.as_json(done)
        terminal.as_json(
            {"judge": judge, "prompts": len(items), "stopped": evaluation.stopped} | found
        )
    elif done:
        _report(done)
        if unchecked and not judge:
            note(f"{unchecked} prompts have no checks; `--judge local` rates their answers.")
    if evaluation.stopped:
        note(f"Stopped after {sum(map(len, done.values()))} answers; the rest was not sent.")
        return _STOPPED
    answered = any(not trial.error for trials in done.values() for trial in trials)
    return 0 if answered else NothingAnswered.exit_code


def _confirm(count: int, names: Sequence[str], judged: int, judge: str) -> None:
    judging = f", and up to {judged * len(names)} answers to {judge}" if judged else ""
    through = " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
    click.confirm(
        f"Send {count} prompts through {through}{judging}? This may cost money.",
        abort=True,
        err=True,
    )


def _known_judge(runtime: Runtime, name: str) -> str:
    """The id of the model that is to judge.

    Raises:
        UnknownModel: there is none.
        BadParameter: it is not one model, or it cannot be asked.
    """
    name = canonical(name, runtime.catalog, names_here(runtime.local))
    if name.partition("/")[0] == LOCAL:
        return name
    card = runtime.catalog.card(name)
    if card is None:
        raise click.BadParameter("Use `local` or provider/model.", param_hint="--judge")
    if card.provider not in runtime.providers.ready():
        raise click.BadParameter(
            f"There is no key for {card.provider}. Run `edgeroute keys set {card.provider}`, or use"
            " `--judge local`.",
            param_hint="--judge",
        )
    return card.id


async def _walk(
    runtimes: Mapping[str, Runtime],
    items: Sequence[EvaluationItem],
    judge: str,
    evaluation: _EvaluationRun,
) -> None:
    """Each prompt through every policy before the next, so that stopping leaves fair pairs."""
    async with AsyncExitStack() as ends:
        for runtime in runtimes.values():
            ends.push_async_callback(runtime.close)
        progress = ends.enter_context(closing(CountLine(len(items) * len(runtimes))))
        try:
            for item in items:
                for name, runtime in runtimes.items():
                    progress.step(f"line {item.line} through {name}")
                    evaluation.results[name].append(await run(runtime.engine, item, judge))
        except asyncio.CancelledError:
            evaluation.stopped = True


def _report(results: Mapping[str, Sequence[Trial]]) -> None:
    table(
        ("POLICY", "QUALITY", "ANSWERED", "COST", "A PROMPT", "MEDIAN", "P95", "MODELS"),
        [(name, *_cells(comparison.summary(trials))) for name, trials in results.items()],
        right=(2, 3, 4, 5, 6),
    )
    compared = comparison.pairs(results)
    if compared is not None and compared.better + compared.equal + compared.worse:
        terminal.foreign(_compared(compared))
    for name, trials in results.items():
        found = comparison.summary(trials)
        if found.compared is not None:
            terminal.foreign(f"{name}: {comparison_words(found.compared)}")
        if found.judges or found.unjudged:
            terminal.foreign(f"{name}: {_judging(found)}")
        _troubles(name, trials)


def _cells(found: comparison.Summary) -> tuple[str, ...]:
    return (
        _quality(found),
        f"{found.answered} of {found.prompts}",
        _cost(found.cost, found.unknown_costs),
        money(found.cost_each),
        seconds(found.median_ms),
        seconds(found.p95_ms),
        ", ".join(f"{model or 'none'} x{count}" for model, count in found.models.items()),
    )


def _quality(found: comparison.Summary) -> str:
    """The mean with its interval: counts where all is checked, a score out of 1 otherwise."""
    share = found.quality
    if not share.total:
        return "-"
    mean = (
        f"{share.hits:.0f} of {share.total}"
        if not found.by_judge
        else f"{share.value:.2f} on {share.total}"
    )
    if share.total < _FEWEST_FOR_INTERVAL:
        return mean
    low, high = share.interval
    return f"{mean} ({low:.2f} to {high:.2f})"


def _compared(pairs: comparison.PairedComparison) -> str:
    text = (
        f"{pairs.policy} against {pairs.against}: better on {pairs.better}, equal on {pairs.equal},"
        f" worse on {pairs.worse}"
    )
    if pairs.better == pairs.worse:
        return f"{text}."
    sure = "hardly chance" if pairs.chance < 0.05 else "may be chance"
    return f"{text} ({sure}, p = {pairs.chance:.2g})."


def _cost(known: Decimal, unknown: int) -> str:
    if not unknown:
        return money(known)
    return f"{money(known)} + {unknown} unknown" if known else "unknown"


def _judging(found: comparison.Summary) -> str:
    """Who judged one policy's answers, for how much, and what to think of it."""
    judges = ", ".join(f"{model} x{count}" for model, count in found.judges.items()) or "nobody"
    text = f"judged by {judges} for {_cost(found.judge_cost, found.unknown_judge_costs)}"
    text += f"; {found.unjudged} could not be judged" if found.unjudged else ""
    text += f"; {found.own} by the model that wrote it, which it tends to like" if found.own else ""
    return f"{text}."


def _troubles(name: str, trials: Sequence[Trial]) -> None:
    """Say what failed, once for each reason, with the lines and what to do next."""
    reasons: dict[str, list[int]] = {}
    for trial in trials:
        if trial.error:
            reasons.setdefault(f"{trial.error} {trial.hint}".strip(), []).append(trial.line)
        elif trial.opinion is not None and trial.opinion.trouble:
            reasons.setdefault(f"not judged. {trial.opinion.trouble}", []).append(trial.line)
    for reason, lines in reasons.items():
        where = f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
        note(safe_line(f"{name}, {where}: {reason}", 600))
