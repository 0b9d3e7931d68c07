"""Windows are read once."""

from __future__ import annotations

import msgspec
import pytest

from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.policy import PrivacyPolicy, ScanBudget
from tests.support.model_files import require

POLICY = msgspec.structs.replace(PrivacyPolicy.load(), budget=ScanBudget(seconds=60.0))
EVERYDAY = (
    "I want to paint my kitchen. Which colour makes a small room look larger, seen from the door?",
    "Explain to me how a heat pump works, as if I were twelve, and why it still works in winter.",
    "My favourite soup is made of leeks. Suggest three others that I can cook in half an hour.",
    "Write a poem about the sea at night, in the manner of the romantics, with four stanzas.",
    "I would like to learn to play the guitar. What should I practise in my first month?",
    "How do I convert a list of words to upper case in my spreadsheet, without a macro?",
    "What is the difference between weather and climate? I have to give a talk about it.",
    "Plan a week in Lisbon for me: museums, food, and one day at the beach.",
    "I mixed up affect and effect again. Give me a rule that I can remember, and examples.",
    "Which chess opening would you teach a beginner, and what are its main ideas?",
)
STORY = "My uncle Ferdinand Aschauer lost his licence after the accident and drinks again. "


@pytest.fixture
def detector() -> Detector:
    """The detector as it is shipped, which has read nothing."""
    return Detector(POLICY, require("e5/e5-small-q4.bin").parent.parent)


def test_a_text_that_comes_again_is_not_read_again(detector: Detector, runs: list[int]) -> None:
    """The same windows cost no run of a model, and weigh the same."""
    first = detector.scan(STORY * 20, full=True)
    read = len(runs)
    assert detector.scan(STORY * 20, full=True) == first
    assert len(runs) == read > 0


def test_what_a_text_says_many_times_is_read_once(detector: Detector, runs: list[int]) -> None:
    """A paragraph that is repeated costs what it costs once."""
    detector.scan(f"{STORY}\n\n" * 3, full=True)
    few = len(runs)
    runs.clear()
    detector.scan(f"{STORY}\n\n" * 60, full=True)
    assert len(runs) < 3 * few + 8
