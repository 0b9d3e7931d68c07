"""``edgeroute privacy``: how well the privacy check does, and whether a second opinion helps it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgeroute.cli.named_group import NamedGroup
from edgeroute.cli.progress import CountLine
from edgeroute.cli.shell import Shell, as_json, foreign, note, out, pass_shell, table
from edgeroute.core.errors import SettingsError
from edgeroute.engine.evaluating.proportion import Proportion

if TYPE_CHECKING:
    from edgeroute.core.calibration import Calibration, CalibrationProgress


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled prompt of line ``line``."""

    line: int
    text: str
    private: bool
    source: str


@click.group(cls=NamedGroup)
def privacy() -> None:
    """Measure the privacy check."""


@privacy.command("test")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--wrong", is_flag=True, help="Also list the lines that were judged wrongly.")
@click.option("--json", "machine", is_flag=True, help="Print one JSON object.")
@pass_shell
def test(shell: Shell, file: Path, *, wrong: bool, machine: bool) -> None:
    """Print recall and over-blocking on FILE, one JSON object a line.

    Each has "text" and either "private" (true or false) or "label" ("private" or "benign");
    "source" groups the result. Nothing leaves this machine.
    """
    samples = list(read_samples(file))

    async def work() -> list[bool]:
        inspector = shell.runtime.inspector
        return [(await inspector.scan(one.text, full=False)).private for one in samples]

    judged = list(zip(samples, shell.run(work), strict=True))
    sources = sorted({one.source for one in samples})
    groups = {"all": judged}
    if len(sources) > 1:
        groups |= {name: [pair for pair in judged if pair[0].source == name] for name in sources}
    if machine:
        as_json(
            {name: _figures(pairs) for name, pairs in groups.items()} | {"wrong": _wrong(judged)}
        )
        return
    table(
        ("SOURCE", "RECALL", "OVER-BLOCKING"),
        [(name, str(recall(pairs)), str(over_blocking(pairs))) for name, pairs in groups.items()],
    )
    if wrong:
        for line in _wrong(judged):
            foreign(f"{file}:{line}")
    else:
        note(f"{len(_wrong(judged))} judged wrongly; --wrong lists their lines.")


@privacy.command("calibrate")
@click.option("--again", is_flag=True, help="Ask everything anew, also what was asked before.")
@click.option("--json", "machine", is_flag=True, help="Print one JSON object.")
@pass_shell
def calibrate(shell: Shell, *, again: bool, machine: bool) -> None:
    """Measure whether asking the local model about doubtful texts helps on this machine.

    It reads the texts that EdgeRoute ships for this and keeps the result; from its next start,
    EdgeRoute asks where it helps. Ctrl-C stops it, and the next run goes on from there. Nothing
    leaves this machine.
    """

    async def work() -> Calibration:
        with closing(CountLine()) as line:

            def tell(progress: CalibrationProgress) -> None:
                doing = "asking the local model" if progress.asked else "weighing"
                line.show(progress.done, progress.total, doing)

            return await shell.runtime.admin.calibrate(tell, again=again)

    made = shell.run(work)
    if machine:
        as_json(asdict(made))
        return
    out(f"Second opinions of {made.model} on this machine:")
    table(
        ("LANGUAGES", "TEXTS", "DOUBTFUL", "LATE", "GAINED", "LOST", "BLOCKED", "BY LUCK", "ASKED"),
        [
            (group, *map(str, (one.texts, one.asked, one.late, one.gained, one.lost, one.blocked)),
             f"{one.chance:.0%}", "from now on" if one.helps else "no")
            for group, one in made.groups.items()
        ],
        right=(1, 2, 3, 4, 5, 6, 7),
    )  # fmt: skip
    note(
        "GAINED: private texts that only the opinion holds; LOST: those that only a lower threshold"
        " holds, with as many harmless texts BLOCKED. An opinion is asked for where it gains two"
        " texts or more, answers come in time, and luck does not explain the gain."
    )


def read_samples(file: Path) -> Iterator[Sample]:
    """The labelled prompts of ``file``; those labelled neither private nor benign are left out.

    Raises:
        SettingsError: a line is not as described, with its number.
    """
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row: Any = json.loads(line)
                text = row.get("text", row.get("prompt"))
                label = row.get("private", row.get("label"))
            except (ValueError, AttributeError) as error:
                raise SettingsError("is not a JSON object.", file=str(file), line=number) from error
            if not isinstance(text, str) or label is None:
                raise SettingsError(
                    'needs "text" and "private" (true or false).', file=str(file), line=number
                )
            if label in {True, False, "private", "benign"}:
                yield Sample(number, text, label in {True, "private"}, str(row.get("source", "")))


Judged = Sequence[tuple[Sample, bool]]


def recall(judged: Judged) -> Proportion:
    """How many of the private prompts were kept here."""
    kept = [verdict for sample, verdict in judged if sample.private]
    return Proportion(sum(kept), len(kept))


def over_blocking(judged: Judged) -> Proportion:
    """How many of the harmless prompts were kept here, too."""
    kept = [verdict for sample, verdict in judged if not sample.private]
    return Proportion(sum(kept), len(kept))


def _figures(judged: Judged) -> dict[str, Any]:
    return {
        name: {"hits": share.hits, "total": share.total, "interval": share.interval}
        for name, share in (("recall", recall(judged)), ("over_blocking", over_blocking(judged)))
    }


def _wrong(judged: Judged) -> list[int]:
    return [sample.line for sample, verdict in judged if sample.private is not verdict]
