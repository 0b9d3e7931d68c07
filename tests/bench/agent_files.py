# ruff: noqa: T201 - it prints its tables
"""How often a coding agent's ordinary reading is held, and whether what must be held is.

    python -m tests.bench.agent_files [--cache DIR] [--half develop|report] [--names off] [--show]

Popular packages, pinned in data/packages.yaml, are fetched with the pip and npm of this machine.
Of each, a fixed sample of its files is read as tool results; so are logs, blames, searches and
numbered views of a git repository that is made of them with invented people. A session is twelve
files, a log, a manifest and a test run. The same repositories with planted customers, keys, tickets
and dumps must be held; so must be private pieces that another hand wrote out, and not their
harmless look-alikes (data/pieces.jsonl). The first half of the list (every other package) is what
the rules were developed on; figures to report come from the other one, which nobody reads.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from edgeroute.core.messages import Message, Text, ToolResult
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import Finding
from edgeroute.privacy.detecting.detector import DetectionFailed, Detector
from edgeroute.privacy.inspecting.passages import contents
from edgeroute.privacy.policy import Level, PrivacyPolicy, ScanBudget
from models.verdict.plants import between, pieces
from tests.bench.intervals import wilson
from tests.bench.planted_data import planted, shown
from tests.bench.published_packages import archive, packages, texts
from tests.bench.repositories import Repository

SEED: Final = 20
FILES: Final = 12  # of a package, and of a session
PIECES: Final = Path(__file__).parent / "data" / "pieces.jsonl"
SOURCES: Final = (".py", ".js", ".ts", ".md", ".rst")
DOCUMENTS: Final = {
    "licence": ("license", "licence", "copying", "notice"),
    "readme": ("readme",),
    "changelog": ("change", "history", "news", "release"),
    "people": ("author", "contributors", "maintainers", "codeowners"),
    "contributing": ("contributing", "code_of_conduct", "security"),
    "manifest": ("package", "pyproject", "setup", "pkg-info", "pipfile", "tox", "requirements"),
}


@dataclass(slots=True)
class Reading:
    """What a detector says of tool results, and what caused it."""

    detector: Detector
    show: bool
    held: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    causes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def holds(self, kind: str, text: str, where: str, *, wanted: bool = False) -> bool:
        """Whether a tool's result of ``kind`` is held; ``wanted`` says that it should be."""
        request = ChatRequest((Message("tool", (ToolResult("c1", (Text(text),), "read_file"),)),))
        found = contents(request)
        held = bool(found.closed)
        for passage in found.passages:
            try:
                scan = self.detector.scan(passage.text, full=True, origin=passage.origin)
            except DetectionFailed as error:
                held = True
                self.causes[kind][f"failed: {error}"] += 1
                continue
            held = held or scan.private
            for cause in {f"{one.type} by {one.source}" for one in scan.findings}:
                self.causes[kind][cause] += 1
            if self.show and not wanted:
                _show(kind, where, passage.text, scan.findings)
        if self.show and wanted and not held:
            print(f"MISSED {kind} {where}\n{text}")
        self.read[kind] += 1
        self.held[kind] += held
        return held

    def table(self, title: str) -> None:
        """Print the share held of every kind, and of all."""
        print(f"\n{title:34}{'held':>6}{'of':>6}{'%':>8}   95 % interval     causes")
        for kind in sorted(self.read):
            causes = ", ".join(
                f"{name} {count}" for name, count in self.causes[kind].most_common(5)
            )
            print(_row(kind, self.held[kind], self.read[kind]), causes)
        print(_row("all", sum(self.held.values()), sum(self.read.values())))


def main() -> None:
    """Read the arguments, print the tables."""
    parser = argparse.ArgumentParser(description="Measure what a coding agent's reading costs.")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/edgeroute/packages")
    parser.add_argument("--half", choices=["develop", "report"], default="report")
    parser.add_argument("--level", choices=[level.value for level in Level], default="balanced")
    parser.add_argument("--names", choices=["rampart", "off"], default="rampart")
    parser.add_argument("--most", type=int, default=1000, help="at most this many packages")
    parser.add_argument("--show", action="store_true", help="print the places")
    arguments = parser.parse_args()
    cache = (
        Path.home() / ".cache" if (xdg := os.environ.get("XDG_CACHE_HOME")) is None else Path(xdg)
    )
    models = Path(os.environ.get("EDGEROUTE_MODELS", cache / "edgeroute/models"))
    policy = msgspec.structs.replace(
        PrivacyPolicy.load(),
        budget=ScanBudget(seconds=60.0),
        level=Level(arguments.level),
        names=arguments.names,
    )
    detector = Detector(policy, models)
    files, outputs, plants, put = (Reading(detector, arguments.show) for _ in range(4))
    sources: list[str] = []
    sessions = [0, 0]
    chosen = packages()[0 if arguments.half == "develop" else 1 :: 2][: arguments.most]
    for package in chosen:
        path = archive(package, arguments.cache)
        if path is None:
            print(f"not to be had: {package.name} {package.version}", file=sys.stderr)
            continue
        chance = random.Random(f"{SEED} {package.name}")
        every = texts(path)
        sources += [text for name, text in sorted(every.items()) if name.endswith(SOURCES)]
        sessions[0] += _repository(package.name, every, chance, (files, outputs, plants))
        sessions[1] += 1
    files.table("files")
    outputs.table("tool outputs")
    print("\n" + _row("sessions", *sessions))
    plants.table("planted")
    chance = random.Random(SEED)
    for piece in pieces(PIECES):
        told = "private" if piece.private else "harmless"
        around = chance.choice(sources).splitlines()
        for kind, text in (("alone", piece.text), ("in code", between(around, piece.text, chance))):
            put.holds(f"{told}, {kind}", text, piece.kind, wanted=piece.private)
    put.table("pieces of another hand")


def _repository(
    name: str,
    every: dict[str, str],
    chance: random.Random,
    readings: tuple[Reading, Reading, Reading],
) -> bool:
    """Read one repository; whether a session in it is held."""
    files, outputs, plants = readings
    drawn, documents = sampled(every, chance)
    session = [
        files.holds(_kind(path), every[path], f"{name}: {path}") for path in [*drawn, *documents]
    ]
    manifest = [files_held for path, files_held in zip([*drawn, *documents], session, strict=True)
                if path in documents and _kind(path) == "manifest"]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(
            Path(folder), {path: every[path] for path in [*drawn, *documents]}, chance
        )
        few = chance.sample(drawn, min(4, len(drawn)))
        logs = [outputs.holds(kind, text, name) for kind, text in repository.logs()]
        rest = (*repository.blames(few), *repository.greps(few), *repository.views(few))
        for kind, text in rest:
            outputs.holds(kind, text, name)
        tested = outputs.holds("test run", repository.test_run(), name)
    for kind, plant in planted(chance):
        around = every[chance.choice(drawn)].splitlines()[:40]
        how, text = shown("\n".join([*around, plant, *around[:3]]), "src/data.txt", chance)
        plants.holds(kind, text, f"{name}: {how}", wanted=True)
    return any(session[: len(drawn)]) or chance.choice(logs) or any(manifest[:1]) or tested


def sampled(every: dict[str, str], chance: random.Random) -> tuple[list[str], list[str]]:
    """Some files of any kind, and the documents at the top."""
    documents = [
        path for path in every if "/" not in path and _kind(path) not in {"source", "test"}
    ]
    others = [path for path in every if path not in documents]
    drawn = chance.sample(others, min(FILES, len(others)))
    return drawn or documents, documents if drawn else []


def _kind(path: str) -> str:
    place = PurePosixPath(path.lower())
    for kind, starts in DOCUMENTS.items():
        if place.name.startswith(starts) and "test" not in path:
            return kind
    return "test" if "test" in path.lower() or "spec" in path.lower() else "source"


def _show(kind: str, where: str, text: str, findings: Sequence[Finding]) -> None:
    for one in findings:
        start = text.rfind("\n", 0, one.start) + 1
        line = text[max(start, one.start - 90) : one.end + 50].replace("\n", "\\n")
        print(f"HELD {kind} | {where} | {one.type} {one.source} {one.score:.2f} | "
              f"{text[one.start : one.end]!r} | {line}")  # fmt: skip


def _row(kind: str, held: int, count: int) -> str:
    low, high = wilson(held, count) if count else (0.0, 0.0)
    return (
        f"{kind:34}{held:6}{count:6}{100 * held / max(count, 1):8.2f}   {low:6.2f} to {high:6.2f}  "
    )


if __name__ == "__main__":
    main()
