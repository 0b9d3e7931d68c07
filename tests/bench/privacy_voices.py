# ruff: noqa: T201 - it prints its tables
"""The verdict on voices that nothing was fitted to, beside stock Presidio and the names model.

Voices are files of models/verdict/voices, each written by a hand of its own; split.yaml beside them
says which of them only report.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from edgeroute.privacy.detecting.detector import DetectionFailed, Detector
from edgeroute.privacy.detecting.names.rampart import Rampart
from edgeroute.privacy.policy import Level, PrivacyPolicy
from tests.bench.intervals import wilson

FOLDER: Final = Path(__file__).parents[2] / "models" / "verdict"
SCRIPTS: Final = frozenset({"ar", "hi", "ja", "ko", "ru", "zh"})

Row = dict[str, Any]
Judge = Callable[[str], bool]


def rows(part: str) -> list[Row]:
    """The rows of all voices of one part of the split."""
    names = yaml.safe_load((FOLDER / "split.yaml").read_text("utf-8"))[part]
    return [
        json.loads(line)
        for name in names
        for line in (FOLDER / "voices" / f"{name}.jsonl").read_text("utf-8").splitlines()
        if line.strip()
    ]


def report(
    policy: PrivacyPolicy, models: Path, stock: Judge, given: Sequence[Row], *, misses: bool
) -> None:
    """Print how much of each tier and group of languages is held, by each judge."""
    names = Rampart(models / "rampart")
    judges: dict[str, Judge] = {
        level.value: _held(Detector(msgspec.structs.replace(policy, level=level), models))
        for level in (Level.BALANCED, Level.STRICT)
    }
    judges["presidio"] = stock
    judges["rampart any"] = lambda text: bool(names.read([text], 0.5)[0])
    table: dict[str, list[dict[str, bool]]] = defaultdict(list)
    for row in given:
        held = {name: judge(row["text"]) for name, judge in judges.items()}
        for group in _groups(row):
            table[group].append(held)
        if misses and held["balanced"] != row["private"]:
            print(f"{'missed' if row['private'] else 'held'} {row['id']} {row['tier']}")
    print(f"{'held, in %':44}{'of':>5}" + "".join(f"{name:>22}" for name in judges))
    for group in sorted(table):
        shown = "".join(f"{_share([one[name] for one in table[group]]):>22}" for name in judges)
        print(f"{group:44}{len(table[group]):5}{shown}")


def _groups(row: Row) -> list[str]:
    """The lines of the table that a row counts in."""
    language = row["lang"]
    where = "English" if language == "en" else "scripts" if language in SCRIPTS else "Latin"
    if not row["private"]:
        tiers = [f"{where}, harmless", f"{where}, harmless: {row['tier']}"]
    elif row["tier"] == "own":
        tiers = [f"{where}, own story without a name"]
    else:
        tiers = [f"{where}, private", f"{where}, private: {row['tier']}"]
    if where == "scripts":
        tiers.append(f"{where}, {'private' if row['private'] else 'harmless'} {language}")
    return tiers


def _share(held: Sequence[bool]) -> str:
    low, high = wilson(sum(held), len(held))
    return f"{100 * sum(held) / len(held):.1f} [{low:.0f}, {high:.0f}]"


def _held(detector: Detector) -> Judge:
    def judge(text: str) -> bool:
        try:
            return detector.scan(text).private
        except DetectionFailed:
            return True

    return judge
