"""A decision as `explain` shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeroute.core.model_card import Place
from edgeroute.core.plan import Candidate, Plan, Skipped
from edgeroute.core.signals import Signal, Signals
from edgeroute.core.verdict import CLEAR, Finding, PrivacyMode, Verdict
from edgeroute.engine.deciding.explanation import Explanation

FOUND = Verdict(
    private=True,
    reason="Found a number.",
    findings=(Finding("US_SSN", 3, 14, 0.9, "pattern", "messages[0]"),),
    complete=False,
    internal_code=True,
)
PLAN = Plan(
    "all",
    "A test.",
    (
        Candidate("mock/m", Place.CLOUD, "The choice."),
        Candidate("local/m", Place.LOCAL, "The last resort.", "last_resort"),
    ),
    strategy="cascade",
    skipped=(Skipped("other/m", "There is no key for other."),),
    verify="other/n",
    notes=("A note.",),
)
OPEN = Explanation(
    PrivacyMode.AUTO,
    CLEAR,
    latched=False,
    latch_reason="",
    signals=Signals("chat", "low", 12, origins=(("task", Signal("classifier", 0.75)),)),
    plan=PLAN,
)
LATCHED = {"latched": True, "latch_reason": "It held a name."}
MASKED = {"verdict": FOUND, "mode": PrivacyMode.MASK, "masked": {"US_SSN": 1}}


@pytest.mark.parametrize(
    ("change", "stays", "reason"),
    [
        ({}, False, CLEAR.reason),
        ({"verdict": FOUND}, True, FOUND.reason),
        (LATCHED, True, "It held a name."),
        (LATCHED | MASKED, True, "It held a name."),
        ({"mode": PrivacyMode.PRIVATE}, True, "This conversation is set to stay on this machine."),
        ({"mode": PrivacyMode.PRIVATE, "verdict": FOUND}, True, FOUND.reason),
        (MASKED, False, "Personal data is replaced by placeholders before anything leaves."),
        (MASKED | {"masked": {}}, True, FOUND.reason),
    ],
)
def test_it_says_whether_a_prompt_stays_and_why(
    change: dict[str, object], *, stays: bool, reason: str
) -> None:
    """A latch comes before a mask, a finding before the mode."""
    told = replace(OPEN, **change)  # type: ignore[arg-type]
    assert (told.stays, told.reason) == (stays, reason)
    shown = told.as_json()["privacy"]
    assert (shown["private"], shown["reason"]) == (stays, reason)


def test_programs_get_the_documented_object() -> None:
    """Privacy, signals with their origins, rule, candidates, and what was passed over."""
    told = replace(OPEN, **MASKED, **LATCHED).as_json()  # type: ignore[arg-type]
    assert told["privacy"] == {
        "mode": "mask",
        "private": True,
        "reason": "It held a name.",
        "latched": True,
        "complete": False,
        "internal_code": True,
        "types": {"US_SSN": 1},
        "masked": {"US_SSN": 1},
        "findings": [
            {"type": "US_SSN", "start": 3, "end": 14, "score": 0.9, "source": "pattern",
             "where": "messages[0]"},
        ],
    }  # fmt: skip
    signals = told["signals"]
    assert (signals["task"], signals["input_tokens"]) == ("chat", 12)
    assert signals["origins"] == {"task": {"origin": "classifier", "confidence": 0.75}}
    told.pop("privacy")
    told.pop("signals")
    assert told == {
        "rule": "all",
        "why": "A test.",
        "strategy": "cascade",
        "verify": "other/n",
        "candidates": [
            {"model": "mock/m", "reason": "The choice.", "place": "cloud"},
            {"model": "local/m", "reason": "The last resort.", "place": "local"},
        ],
        "skipped": [{"model": "other/m", "reason": "There is no key for other."}],
        "notes": ["A note."],
    }


def test_a_prompt_that_nothing_forced_to_stay_would_go_nowhere_else() -> None:
    """Nothing is masked and no other model is named unless that was decided."""
    assert (OPEN.otherwise, OPEN.masked) == ("", {})
