"""A bug is told in a sentence and logged without a word of the prompt."""

from __future__ import annotations

import logging

import pytest

from edgeroute.engine.running.internal_error import broken


def test_a_bug_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """People learn the kind of the error and what to do; the log its places, and what was done."""
    try:
        raise ValueError("a word of the prompt")
    except ValueError as error:
        with caplog.at_level(logging.ERROR):
            told = broken(error, "request")
    assert told.message == "Something broke inside EdgeRoute (ValueError)."
    assert "edgeroute doctor" in told.hint
    (record,) = caplog.records
    assert record.name == "edgeroute.engine.running.internal_error"
    assert record.getMessage().startswith("request failed: ValueError at test_internal_error.py:")
    assert "prompt" not in record.getMessage()
