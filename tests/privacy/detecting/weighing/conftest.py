"""What the tests of weighing share."""

from __future__ import annotations

from typing import Any

import pytest

from edgeroute.encoders.bert import Bert


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
