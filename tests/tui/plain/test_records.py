"""What is on record in plain mode: what left, word for word, and as a document."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.fake_runtime import FakeRuntime, spend
from tests.tui.plain_talk import talk


def test_what_left_is_listed_and_read(runtime: FakeRuntime) -> None:
    """To whom, how much, what it cost, and the very text; what stayed is not there."""
    written = talk(runtime, "/left", "Explain this", "mail anna@example.com", "/left", "/left 1")
    assert "Left: nothing." in written
    (row,) = [line for line in written if line.startswith("Left 1: ")]
    assert "to api.anthropic.com, 912 B, $0.0041, question" in row
    assert "Left as user: Explain this" in written
    assert any(line.startswith("SHA-256: ") for line in written)
    assert "Error: no such number. /left numbers what left." in talk(runtime, "/left", "/left 7")


def test_what_left_is_written_as_a_document(runtime: FakeRuntime, tmp_path: Path) -> None:
    """In the form that the name asks for, for its owner alone."""
    file = tmp_path / "left.html"
    written = talk(runtime, "Explain this", f"/left {file}")
    assert f"Written: {file}" in written
    assert file.read_text().startswith("<!doctype html>")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("unknown", "said"), [(0, "$0.0000"), (1, "cost unknown"), (2, "cost unknown")]
)
def test_what_is_unknown_is_never_free(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch, unknown: int, said: str
) -> None:
    """A sum of nothing that lacks something is unknown."""
    from dataclasses import replace
    from decimal import Decimal

    row = replace(spend("m", 1, 9, Decimal(0), None), unknown=unknown)
    monkeypatch.setattr(runtime.ledger, "rows", lambda by: [row])
    (line,) = [line for line in talk(runtime, "/cost") if line.startswith("Model")]
    assert line.endswith("free" if not unknown else said)
