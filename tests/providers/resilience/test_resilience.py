"""The numbers of rules/resilience.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.providers.resilience.resilience import Resilience, load_resilience


def test_the_packaged_file_says_what_the_code_assumes() -> None:
    """The shipped numbers and the defaults in the code are the same."""
    assert load_resilience() == Resilience()


def test_a_users_file_wins(tmp_path: Path) -> None:
    """What the user leaves out keeps its default."""
    (tmp_path / "resilience.yaml").write_text("breaker: {open: 15}\n")
    numbers = load_resilience(tmp_path)
    assert numbers.breaker.open == 15
    assert numbers.breaker.failures == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("breaker: {failures: 0}", 1),
        ("retry:\n  pause_from: 2\n  pause_to: 1", 3),
        ("retry:\n  per_model: 9", 2),
        ("patience:\n  gap: fast", 2),
        ("breaker:\n  failure: 3", 2),
    ],
)
def test_mistakes_name_the_line(tmp_path: Path, text: str, line: int) -> None:
    """Numbers that make no sense are told with their line."""
    (tmp_path / "resilience.yaml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_resilience(tmp_path)
    assert caught.value.line == line


def test_patience_depends_on_the_model_and_the_prompt() -> None:
    """Long prompts and silent thinkers are given longer; this machine all the time there is."""
    numbers = Resilience()
    plain = ModelCard("a/m", "a", "m")
    silent = ModelCard("a/s", "a", "s", abilities=frozenset({"silent_reasoning"}))
    local = ModelCard("local/q", "local", "q", place=Place.LOCAL)
    assert numbers.patience_for(plain, 0).first_token == 12
    assert numbers.patience_for(plain, 100_000).first_token == 22
    assert numbers.patience_for(silent, 0).first_token == 120
    assert numbers.patience_for(local, 0).first_token == 900
