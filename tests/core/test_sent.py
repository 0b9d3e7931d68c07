"""A request that left is named and told in words."""

from __future__ import annotations

from edgeroute.core.sent import SentRequest
from tests.support.receipts import attempt, receipt


def test_each_request_of_an_answer_has_a_name_and_a_kind() -> None:
    """By its place in the receipt; a judge's and a verifier's are told apart from the question."""
    tries = [attempt(role=role) for role in ("answer", "judge", "verify", "other")]
    found = [SentRequest(receipt(*tries), one) for one in tries]
    assert [one.id for one in found] == ["r1.1", "r1.2", "r1.3", "r1.4"]
    kinds = ["question", "judging of answers", "check of an answer", "other"]
    assert [one.kind for one in found] == kinds
