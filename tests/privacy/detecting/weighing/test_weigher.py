"""Windows are read once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from edgeroute.encoders.bert import Bert
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.policy import PrivacyPolicy, ScanBudget
from tests.support.model_files import require

POLICY = msgspec.structs.replace(PrivacyPolicy.load(), budget=ScanBudget(seconds=60.0))
STORY = "My uncle Ferdinand Aschauer lost his licence after the accident and drinks again. "


@pytest.fixture
def detector() -> Detector:
    """The detector as it is shipped, which has read nothing."""
    return Detector(POLICY, require("e5/e5-small-q4.bin").parent.parent)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each run of a model was given."""
    given: list[int] = []
    hidden = Bert.hidden

    def counted(self: Bert, embeddings: Any) -> Any:
        given.append(len(embeddings))
        return hidden(self, embeddings)

    monkeypatch.setattr(Bert, "hidden", counted)
    return given


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
