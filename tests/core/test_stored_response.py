"""Stored responses as nouns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from edgeroute.core.stored_response import StoredResponse


@pytest.mark.parametrize(
    ("output", "items"), [([{"id": "m"}], [{"id": "m"}]), ("x", []), (None, [])]
)
def test_the_output_is_a_list_whatever_was_kept(output: Any, items: list[Any]) -> None:
    """A body of another shape has no items."""
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    kept = StoredResponse("r", "", moment, "c", 2, "", [], {"output": output})
    assert kept.output == items
