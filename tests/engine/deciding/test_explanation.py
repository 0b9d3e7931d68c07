"""A decision as `explain` shows it."""

from __future__ import annotations

from edgeroute.core.model_card import Place
from edgeroute.core.plan import Candidate, Plan, Skipped
from edgeroute.core.signals import Signal, Signals
from edgeroute.core.verdict import Finding, LocalOpinion, PrivacyMode, Verdict
from edgeroute.engine.deciding.explanation import Explanation
from edgeroute.engine.deciding.privacy_decision import PrivacyDecision

FOUND = Verdict(
    private=True,
    reason="Found a number.",
    findings=(Finding("US_SSN", 3, 14, 0.9, "pattern", "messages[0]"),),
    complete=False,
    internal_code=True,
    weight=0.8,
    opinions=(LocalOpinion("local/m", 0.9, holds=True),),
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
TOLD = Explanation(
    PrivacyDecision(
        PrivacyMode.MASK,
        FOUND,
        latched=True,
        latch_reason="It held a name.",
        masked={"US_SSN": 1},
    ),
    Signals("chat", "low", 12, origins=(("task", Signal("classifier", 0.75)),)),
    PLAN,
)


def test_programs_get_the_documented_object() -> None:
    """Privacy, signals with their origins, rule, candidates, and what was passed over."""
    told = TOLD.as_json()
    assert told["privacy"] == {
        "mode": "mask",
        "private": True,
        "reason": "Found a number.",
        "latched": True,
        "complete": False,
        "internal_code": True,
        "types": {"US_SSN": 1},
        "masked": {"US_SSN": 1},
        "findings": [
            {"type": "US_SSN", "start": 3, "end": 14, "score": 0.9, "source": "pattern",
             "where": "messages[0]", "pattern": "", "context": ""},
        ],
        "weight": 0.8,
        "second_opinions": [{"model": "local/m", "probability": 0.9, "holds": True}],
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
        "reasons": {"because": "", "understood": "", "cost": "", "others": ()},
        "client": "",
    }


def test_a_prompt_that_nothing_forced_to_stay_would_go_nowhere_else() -> None:
    """Nothing is masked and no other model is named unless that was decided."""
    told = Explanation(PrivacyDecision(PrivacyMode.AUTO, FOUND), Signals(), PLAN)
    assert (told.otherwise, told.privacy.masked) == ("", None)
    assert (told.privacy.latched, told.privacy.latch_reason) == (False, "")
