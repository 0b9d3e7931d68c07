"""The first look passes over what tells nothing, and hardly anything else."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import msgspec
import pytest
import yaml

from edgeroute.datafile import packaged
from edgeroute.encoders.adapted import load
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.detecting.text.normalise import normalise
from edgeroute.privacy.detecting.text.windows import windows
from edgeroute.privacy.detecting.weighing.skim import Skim
from edgeroute.privacy.policy import Level, PrivacyPolicy, ScanBudget
from edgeroute.wire import json_data
from tests.support.model_files import require

POLICY = msgspec.structs.replace(PrivacyPolicy.load(), budget=ScanBudget(seconds=60.0))
VERDICT = packaged("models") / "verdict"
DULL = (
    "Split a text at blanks, count each word in a hash table, sort by the counts, print ten.",
    "Bubble sort compares neighbouring elements and swaps them until no pair is out of order.",
    "A hash table stores pairs of keys and values in buckets; a linked list holds what collides.",
    "The parser reads tokens from the lexer, builds a syntax tree, and reports errors by line.",
)
STORY = "My neighbour Ottilie Brandner told me in tears that she lost her job for drinking."


@pytest.fixture(scope="module")
def models() -> Path:
    """The folder of model files."""
    return require("e5/e5-small-q4.bin").parent.parent


def test_hardly_anything_private_is_passed_over(models: Path) -> None:
    """Of the private prompts of voices that taught it nothing 99 % are read."""
    skim = Skim(load(models))
    names = yaml.safe_load((VERDICT / "split.yaml").read_text("utf-8"))["calibration"]
    lines = [
        line
        for name in names
        for line in (VERDICT / "voices" / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    texts = [normalise(row["text"]).text for row in map(json.loads, lines) if row["private"]]
    read = [any(skim.may_tell(text[start:end]) for start, end in windows(text)) for text in texts]
    assert sum(read) >= 0.99 * len(texts) > 400


def test_most_of_a_program_is_passed_over(models: Path) -> None:
    """It tells nothing of anybody."""
    skim, text = Skim(load(models)), inspect.getsource(json_data)
    read = [skim.may_tell(text[start:end], published=True) for start, end in windows(text)]
    assert sum(read) < len(read) / 2


def test_what_is_passed_over_costs_no_model(models: Path, runs: list[int]) -> None:
    """A story about somebody among it is read all the same, and so is what stands at a number."""
    detector, skim = Detector(POLICY, models), Skim(load(models))
    detector.warm()
    dull = next(text for text in DULL if not skim.may_tell(text))
    runs.clear()
    assert not detector.scan(dull).private
    assert not runs
    assert detector.scan("\n\n".join([*[dull] * 4, STORY, *[dull] * 4])).private
    assert runs
    runs.clear()
    detector.scan(f"{dull} Ring +49 151 2345 6712.", full=True)
    assert runs


def test_strict_reads_everything(models: Path, runs: list[int]) -> None:
    """The level for those who rather have too much kept passes over nothing."""
    detector = Detector(msgspec.structs.replace(POLICY, level=Level.STRICT), models)
    detector.warm()
    runs.clear()
    assert not detector.scan(DULL[1]).private
    assert runs
