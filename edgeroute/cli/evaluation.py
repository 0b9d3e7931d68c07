"""``edgeroute eval``: your own prompts through several policies, side by side."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from edgeroute.cli.shell import Shell, as_json, note, pass_shell, table
from edgeroute.cli.words import money, seconds
from edgeroute.core.errors import SettingsError
from edgeroute.core.events import Answered, Failed
from edgeroute.core.messages import system, user
from edgeroute.core.request import ChatRequest

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime

_CHECKS = ("contains", "matches", "equals", "json")


@dataclass(frozen=True, slots=True)
class Item:
    """A prompt and what its answer must be: each of ``checks`` maps a kind to what is wanted."""

    line: int
    prompt: str
    system: str = ""
    task: str = ""
    checks: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one prompt under one policy; ``passed`` is None without checks."""

    line: int
    model: str
    passed: bool | None
    cost: Decimal | None
    milliseconds: int
    error: str = ""


@click.command("eval")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--policy", "-p", "policies", multiple=True, help="May be given several times.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before prompts are sent.")
@click.option("--json", "machine", is_flag=True, help="Print one JSON object.")
@pass_shell
def evaluate(
    shell: Shell, file: Path, policies: tuple[str, ...], *, yes: bool, machine: bool
) -> None:
    """Run the prompts of FILE through each policy; compare quality, cost and time.

    FILE has one JSON object a line: "prompt", and optionally "system", "task", and checks of the
    answer: "contains" (a text or several), "matches" (a regular expression), "equals", or
    "json": true. Prompts that hold personal data stay here, as always.
    """
    items = read_items(file)
    names = policies or (shell.runtime.settings.router.policy,)
    if not yes:
        through = ", ".join(names)
        click.confirm(
            f"Send {len(items)} prompts through {through}? This may cost money.",
            abort=True,
            err=True,
        )

    async def work() -> dict[str, list[Outcome]]:
        return {name: await _run(_with_policy(shell.runtime, name), name, items) for name in names}

    results = shell.run(work)
    if machine:
        as_json({name: {**_summary(rows), "outcomes": [_plain(row) for row in rows]}
                 for name, rows in results.items()})  # fmt: skip
        return
    table(
        ("POLICY", "PASSED", "ANSWERED", "COST", "MEDIAN TIME", "MODELS"),
        [(name, *_cells(rows)) for name, rows in results.items()],
        right=(1, 2, 3, 4),
    )


def read_items(file: Path) -> list[Item]:
    """The prompts of ``file``.

    Raises:
        SettingsError: a line is not as described, with its number.
    """
    items = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
            checks = {name: row[name] for name in _CHECKS if name in row}
            item = Item(number, row["prompt"], row.get("system", ""), row.get("task", ""), checks)
            if "matches" in checks:
                re.compile(checks["matches"])
        except (ValueError, KeyError, TypeError, AttributeError, re.error) as error:
            raise SettingsError(
                f"is not as described ({type(error).__name__}: {error}).",
                file=str(file),
                line=number,
                hint='Each line is an object with "prompt".',
            ) from error
        items.append(item)
    if not items:
        raise SettingsError("holds no prompt.", file=str(file))
    return items


def passes(answer: str, checks: dict[str, Any]) -> bool | None:
    """Whether ``answer`` is as wanted; None where nothing is."""
    if not checks:
        return None
    text = answer.strip()
    if "contains" in checks:
        wanted = checks["contains"]
        if not all(str(w).casefold() in text.casefold() for w in
                   (wanted if isinstance(wanted, list) else [wanted])):  # fmt: skip
            return False
    if "matches" in checks and re.search(checks["matches"], text) is None:
        return False
    if "equals" in checks and text != str(checks["equals"]).strip():
        return False
    return not checks.get("json") or _is_json(text)


def _is_json(text: str) -> bool:
    try:
        json.loads(re.sub(r"^```(?:json)?\s*|\s*```$", "", text))
    except ValueError:
        return False
    return True


def _with_policy(runtime: Runtime, name: str) -> Runtime:
    """A runtime with the same settings but for the policy."""
    import msgspec

    router = msgspec.structs.replace(runtime.settings.router, policy=name)
    settings = msgspec.structs.replace(runtime.settings, router=router)
    return type(runtime)(runtime.paths, settings, runtime.clock)


async def _run(runtime: Runtime, name: str, items: Sequence[Item]) -> list[Outcome]:
    try:
        outcomes = []
        for number, item in enumerate(items, 1):
            note(f"{name}: {number} of {len(items)}")
            outcomes.append(await _answer(runtime, item))
        return outcomes
    finally:
        await runtime.close()


async def _answer(runtime: Runtime, item: Item) -> Outcome:
    first = (system(item.system),) if item.system else ()
    request = ChatRequest((*first, user(item.prompt)), task=item.task, store=False)
    terminal: Answered | Failed | None = None
    async with aclosing(runtime.engine.stream(request)) as events:
        async for event in events:
            if isinstance(event, Answered | Failed):
                terminal = event
    assert terminal is not None
    receipt = terminal.receipt
    if isinstance(terminal, Failed):
        passed, error = False if item.checks else None, terminal.error.message
    else:
        passed, error = passes(terminal.answer.text, item.checks), ""
    return Outcome(
        item.line, receipt.model, passed, receipt.cost.amount, receipt.duration_ms, error
    )


def _summary(rows: Sequence[Outcome]) -> dict[str, Any]:
    checked = [row.passed for row in rows if row.passed is not None]
    known = [row.cost for row in rows if row.cost is not None]
    models: dict[str, int] = {}
    for row in rows:
        models[row.model] = models.get(row.model, 0) + 1
    return {
        "prompts": len(rows),
        "answered": sum(not row.error for row in rows),
        "checked": len(checked),
        "passed": sum(checked),
        "cost": str(sum(known, Decimal(0))),
        "unknown_costs": len(rows) - len(known),
        "median_ms": median(row.milliseconds for row in rows),
        "models": dict(sorted(models.items(), key=lambda pair: -pair[1])),
    }


def _cells(rows: Sequence[Outcome]) -> tuple[str, ...]:
    found = _summary(rows)
    unknown = f" + {found['unknown_costs']} unknown" if found["unknown_costs"] else ""
    return (
        f"{found['passed']} of {found['checked']}" if found["checked"] else "-",
        f"{found['answered']} of {found['prompts']}",
        money(Decimal(found["cost"])) + unknown,
        seconds(round(found["median_ms"])),
        ", ".join(f"{model or 'none'} x{count}" for model, count in found["models"].items()),
    )


def _plain(row: Outcome) -> dict[str, Any]:
    return {
        "line": row.line,
        "model": row.model,
        "passed": row.passed,
        "cost": None if row.cost is None else str(row.cost),
        "milliseconds": row.milliseconds,
        "error": row.error,
    }
