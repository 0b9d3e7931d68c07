"""``edgeroute scan``: personal data in files or standard input, by type and place."""

from __future__ import annotations

import asyncio
import mimetypes
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

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
)
from edgeroute.cli.staged import StagedFile, staged_files
from edgeroute.core.display import safe_line
from edgeroute.core.encoding import decoded
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.messages import File, Message
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import Verdict, outermost

_FOUND: Final = 1
_ERROR: Final = 2
_PIPED: Final = Path("-")
_COMMIT_ANYWAY: Final = (
    "A wrong find is taken back with `edgeroute config allow`; `git commit --no-verify` commits all"
    " the same."
)
_TELLING: Final = frozenset({"weighing", "second opinion"})  # their context is a sentence


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE...]")
@click.option("--json", "machine", is_flag=True, help="Print one JSON array.")
@click.option("--show", is_flag=True, help="Print the values that were found, too.")
@click.option("--why", is_flag=True, help="Say which recogniser, pattern and word led to a find.")
@click.option(
    "--check",
    is_flag=True,
    help="For scripts: exit code 0 where nothing was found, 1 where something was, 2 on an error.",
)
@click.option(
    "--staged",
    is_flag=True,
    help="Scan what git is about to commit, and report its new lines; implies --check.",
)
@click.option(
    "--files-from",
    "listed",
    type=click.File("rb"),
    help="Scan the files that this file names, one a line (`-`: standard input).",
)
@pass_shell
def scan(
    shell: Shell,
    files: tuple[Path, ...],
    *,
    machine: bool,
    show: bool,
    why: bool,
    check: bool,
    staged: bool,
    listed: IO[bytes] | None,
) -> int:
    """Find personal data in FILEs (text, PDF, DOCX), or in what is piped in.

    Only types and places are printed, never a value, unless you ask with --show.
    """
    if listed is not None:
        files = (*files, *_listed(listed.read()))
    elif not files and not staged:
        files = (_PIPED,)
    reporting = _Reporting(shell, show=show, why=why)

    get_ready(shell, behind=False)

    async def work() -> list[dict[str, Any]]:
        if staged:
            return [await reporting.staged(one) for one in staged_files(files)]
        return [await reporting.file(path) for path in files]

    try:
        reports = shell.run(work)
    except EdgeRouteError as error:
        if not (check or staged):
            raise
        raise click.UsageError(str(error)) from error
    if machine:
        as_json(reports)
    else:
        for report in reports:
            _print(report, quiet=staged)
    unread = any(report["failed"] for report in reports)  # what could not be checked is no result
    code = _code(reports) if check or staged else int(unread)
    if staged and code == _FOUND and not machine:
        note(_COMMIT_ANYWAY)
    return code


def _code(reports: Sequence[dict[str, Any]]) -> int:
    """The exit code for scripts: an error outweighs a find."""
    if any(report["failed"] for report in reports):
        return _ERROR
    return _FOUND if any(report["private"] for report in reports) else 0


def _listed(names: bytes) -> list[Path]:
    """The files that a list names, one a line, or parted by zero bytes."""
    parted = names.split(b"\0") if b"\0" in names else names.splitlines()
    return [Path(os.fsdecode(name)) for name in parted if name]


def _read(path: Path, folder: Path) -> str | bytes:
    """Text where it is text, bytes where it is a document; ``-`` is what is piped in."""
    if path == _PIPED:
        piped = piped_content()
        if not piped:
            raise click.UsageError("Name a file, or pipe text in.")
        return piped
    try:
        content = (folder / path).read_bytes()
    except IsADirectoryError:
        raise click.UsageError(
            f"{path} is a folder. `git ls-files {path} | edgeroute scan --files-from -` scans what"
            " lies in it."
        ) from None
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read ({error.strerror}).") from error
    return _text_or_bytes(content)


def _text_or_bytes(content: bytes) -> str | bytes:
    if content.startswith(b"%PDF"):
        return content
    try:
        return decoded(content)
    except ValueError:
        return content


class _Reporting:
    """Reports of files; with ``show`` values stand in them, with ``why`` what led to a find."""

    def __init__(self, shell: Shell, *, show: bool, why: bool) -> None:
        self._shell, self._show, self._why = shell, show, why

    async def file(self, path: Path) -> dict[str, Any]:
        """The report of a file, or of what is piped in."""
        content = await asyncio.to_thread(_read, path, self._shell.folder)
        return await self._report(str(path), content)

    async def staged(self, file: StagedFile) -> dict[str, Any]:
        """The report of a staged file: what its new lines hold. What cannot be read is no find."""
        content = _text_or_bytes(file.content)
        report = await self._report(file.name, content)
        if isinstance(content, str):
            report["findings"] = [
                one
                for one in report["findings"]
                if file.added(
                    one["line"], one["line"] + content.count("\n", one["start"], one["end"])
                )
            ]
        report["private"] = report["private"] and bool(report["findings"])
        return report

    async def _report(self, name: str, content: str | bytes) -> dict[str, Any]:
        inspector = self._shell.runtime.inspector
        self._shell.tell_asking()
        if isinstance(content, str):
            verdict = await inspector.scan(content, full=True)
            return _report(name, content, verdict, show=self._show, why=self._why)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        label = self._shell.runtime.admin.own.label(self._shell.folder / name)
        attached = Message("user", (File(Path(name).name, kind, content, label),))
        verdict = await inspector.inspect(ChatRequest(messages=(attached,)), full=True)
        return _report(name, "", verdict, show=False, why=self._why)


def _report(name: str, text: str, verdict: Verdict, *, show: bool, why: bool) -> dict[str, Any]:
    findings = []
    listed = verdict.findings if why else outermost(verdict.findings)
    for finding in sorted(listed, key=lambda one: (one.start, one.end)):
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
        "failed": verdict.failed,
        "reason": verdict.reason,
        "internal_code": verdict.internal_code,
        "findings": findings,
    }
    if why:
        report["weight"] = None if verdict.weight is None else round(verdict.weight, 3)
        report["second_opinions"] = [asdict(opinion) for opinion in verdict.opinions]
        report["told"] = [opinion.sentence for opinion in verdict.opinions]
    return report


def _print(report: dict[str, Any], *, quiet: bool = False) -> None:
    """Print one report; ``quiet`` says nothing of a file in which nothing was found."""
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
        if quiet and not report["failed"]:
            return
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
