"""What is held stays held, whatever harmless words stand around it.

The prompts are of voices that only report: nothing was fitted to them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import msgspec
import pytest

from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.policy import PrivacyPolicy, ScanBudget
from tests.bench.privacy_voices import rows
from tests.support.model_files import require

PROMPTS: Final = 60
LEAST: Final = 0.95
LONG: Final = (
    "The history of the bicycle begins with a running machine without pedals. In the decades after "
    "it came cranks on the front wheel, then very large front wheels, and at last the chain that "
    "drives the rear one. Tyres filled with air made the ride soft, gears made hills easy, and "
    "light frames made long tours a pleasure. Today most cities plan lanes for bicycles, and many "
    "people ride to work in every weather."
)
WRAPPERS: Final[dict[str, Callable[[str], str]]] = {
    "question before": lambda text: f"What is meant here?\n{text}",
    "question after": lambda text: f"{text}\nWhat should be said first?",
    "story": lambda text: f"Listen to this.\n{text}\nThat was all.",
    "politeness": lambda text: (
        f"Good evening, could you kindly help? {text} Many thanks in advance."
    ),
    "typo": lambda text: f"plaese loook at thsi: {text}",
    "small letters": str.lower,
    "quote": lambda text: f"\u00ab{text}\u00bb",
    "list": lambda text: "\n".join(f"* {line}" for line in text.split("\n")),
    "JSON field": lambda text: json.dumps({"note": text}, ensure_ascii=False),
    "code comment": lambda text: "\n".join(f"// {line}" for line in text.split("\n")),
    "translation": lambda text: f"Translate into Portuguese:\n{text}",
    "long text around": lambda text: f"{LONG}\n\n{text}\n\n{LONG}",
}


@pytest.fixture(scope="module")
def detector() -> Detector:
    """The detector as it is shipped."""
    folder = require("e5/e5-small-q4.bin").parent.parent
    wide = msgspec.structs.replace(PrivacyPolicy.load(), budget=ScanBudget(seconds=60.0))
    return Detector(wide, folder)


@pytest.fixture(scope="module")
def held(detector: Detector) -> list[str]:
    """Private prompts that are held as they stand."""
    private = [
        row["text"] for row in rows("calibration") if row["private"] and len(row["text"]) < 400
    ]
    return [text for text in private[::4] if detector.scan(text).private][:PROMPTS]


@pytest.mark.timeout(300)
def test_harmless_words_around_a_private_prompt_let_nothing_go(
    detector: Detector, held: list[str]
) -> None:
    """At least 95 of 100 wrapped prompts stay here; those that leave are named."""
    left = [
        f"{name}: {text[:80]}"
        for text in held
        for name, wrap in WRAPPERS.items()
        if not detector.scan(wrap(text)).private
    ]
    assert len(left) <= (1 - LEAST) * len(held) * len(WRAPPERS), "\n".join(left)


async def test_a_private_message_is_held_beside_a_harmless_one(
    detector: Detector, held: list[str]
) -> None:
    """A second message, before or after, changes nothing."""
    inspector = Inspector(detector, lambda: "v1")
    for text in held[:10]:
        for pair in ((text, "Thank you!"), ("Hello", text)):
            assert (await inspector.inspect(ChatRequest(tuple(map(user, pair))))).private
    await inspector.close()
