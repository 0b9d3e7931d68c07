"""``edgeroute scan``: personal data in files or standard input, by type and place."""

from __future__ import annotations

import mimetypes
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from edgeroute.cli.getting_ready import get_ready
from edgeroute.cli.shell import (
    Shell,
    as_json,
    foreign,
    note,
    out,
    pass_shell,
    piped_content,
    tell_asking,
)
from edgeroute.core.display import safe_line
from edgeroute.core.encoding import decoded
from edgeroute.core.messages import File, Message
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import Verdict

_REFUSED: Final = 3
_TELLING: Final = frozenset({"weighing", "second opinion"})  # their context is a sentence


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE...]")
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@click.option("--show", is_flag=True, help="Print the values that were found, too.")
@click.option("--why", is_flag=True, help="Say which recogniser, pattern and word led to a find.")
@click.option("--check", is_flag=True, help="End with exit code 3 where anything was found.")
@pass_shell
def scan(
    shell: Shell, files: tuple[Path, ...], *, machine: bool, show: bool, why: bool, check: bool
) -> int:
    """Find personal data in FILEs (text, PDF, DOCX), or in what is piped in.

    Only types and places are printed, never a value, unless you ask with --show.
    """
    if not files:
        content = piped_content()
        if not content:
            raise click.UsageError("Name a file, or pipe text in.")
        sources: list[tuple[str, str | bytes]] = [("-", content)]
    else:
        sources = [(str(path), _read(path)) for path in files]

    get_ready(shell, behind=False)

    async def work() -> list[dict[str, Any]]:
        return [await _scan(shell, name, content, show=show, why=why) for name, content in sources]

    reports = shell.run(work)
    if machine:
        as_json(reports)
    else:
        for report in reports:
            _print(report)
    return _REFUSED if check and any(report["private"] for report in reports) else 0


def _read(path: Path) -> str | bytes:
    """Text where it is text, bytes where it is a document; ``-`` is what is piped in."""
    if str(path) == "-":
        return piped_content() or ""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read ({error.strerror}).") from error
    if content.startswith(b"%PDF"):
        return content
    try:
        return decoded(content)
    except ValueError:
        return content


async def _scan(
    shell: Shell, name: str, content: str | bytes, *, show: bool, why: bool
) -> dict[str, Any]:
    inspector = shell.runtime.inspector
    inspector.on_asking = tell_asking
    if isinstance(content, str):
        verdict = await inspector.scan(content, full=True)
        return _report(name, content, verdict, show=show, why=why)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    label = shell.runtime.admin.own.label(Path(name))
    attached = Message("user", (File(Path(name).name, kind, content, label),))
    verdict = await inspector.inspect(ChatRequest(messages=(attached,)), full=True)
    return _report(name, "", verdict, show=False, why=why)


def _report(name: str, text: str, verdict: Verdict, *, show: bool, why: bool) -> dict[str, Any]:
    findings = []
    for finding in sorted(verdict.findings, key=lambda one: (one.start, one.end)):
        entry: dict[str, Any] = {
            "type": finding.type,
            "start": finding.start,
            "end": finding.end,
            "score": round(finding.score, 3),
            "source": finding.source,
        }
        if why:
            entry["pattern"] = finding.pattern
            entry["context"] = finding.context
        if text:
            before = text[: finding.start]
            entry["line"] = before.count("\n") + 1
            entry["column"] = finding.start - (before.rfind("\n") + 1) + 1
        if show:
            entry["value"] = text[finding.start : finding.end]
        findings.append(entry)
    report: dict[str, Any] = {
        "file": name,
        "private": verdict.private,
        "reason": verdict.reason,
        "internal_code": verdict.internal_code,
        "findings": findings,
    }
    if why:
        report["weight"] = None if verdict.weight is None else round(verdict.weight, 3)
        report["second_opinions"] = [asdict(opinion) for opinion in verdict.opinions]
        report["told"] = [opinion.sentence for opinion in verdict.opinions]
    return report


def _print(report: dict[str, Any]) -> None:
    name = safe_line(report["file"], 4096)
    for finding in report["findings"]:
        place = f":{finding['line']}:{finding['column']}" if "line" in finding else ""
        value = f"  {finding['value']!r}" if "value" in finding else ""
        trace = _trace(finding) if "pattern" in finding else ""
        found = f"{finding['type']} ({finding['score']:.2f})"
        foreign(f"{name}{place}: {found}{trace}{value}")
    if report.get("weight") is not None:
        foreign(f"{name}: private with a probability of {report['weight']:.2f}")
    for sentence in report.get("told", ()):
        foreign(f"{name}: {sentence}")
    if not report["findings"]:
        foreign(f"{name}: {report['reason']}")
    elif report["private"]:
        note(f"{name} would stay on this machine.")
    else:
        out(f"{name}: may leave. {report['reason']}")


def _trace(finding: dict[str, Any]) -> str:
    """What led to a finding; never what was found."""
    pattern = f", pattern {finding['pattern']!r}" if finding["pattern"] else ""
    context = finding["context"]
    if context:
        weighed = finding["source"] in _TELLING
        context = f": {context}" if weighed else f", next to {context!r}"
    return f"  by {finding['source']}{pattern}{context}"
