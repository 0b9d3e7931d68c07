"""Roles, ladders and tiers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.routing.policy.tiers import Tiers

GOOD = """\
roles:
  small: {models: [a/b]}
ladders:
  by_size: [{below: 100, role: small}, {role: small}]
tiers:
  free: {first: local, why: free}
  balanced: {first: rule, why: as ruled}
  premium: {first: best, role: small, why: best}
"""


def test_the_shipped_tiers_load() -> None:
    """The packaged file holds the tiers of the settings and the seed's ladder."""
    tiers = Tiers.load()
    assert [below for below, _ in tiers.ladders["by_size"]] == [4_000, 32_000, 200_000, None]
    assert tiers.tier("free").first == "local"
    assert tiers.gateway == "openrouter"


def test_names_stand_for_models() -> None:
    """A role stands for its models, a ladder for a role by size, a model for itself."""
    tiers = Tiers.load()
    assert tiers.models("by_size", 3_999) == tiers.roles["small"].models
    assert tiers.models("by_size", 4_000) == tiers.roles["middle"].models
    assert tiers.models("by_size", 10**6) == tiers.roles["long"].models
    assert tiers.models("openai/gpt-5.5", 1) == ("openai/gpt-5.5",)
    assert tiers.knows("small")
    assert not tiers.knows("openai/gpt-5.5")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("role: small}, {role", "role: big}, {role", "unknown role `big`"),
        (", {role: small}]", "]", "last step"),
        ("role: small, why: best", "why: best", "known `role`"),
        ("  free: {first: local, why: free}\n", "", "`free` is missing"),
        ("models: [a/b]", "modles: [a/b]", "modles"),
    ],
)
def test_mistakes_are_refused(tmp_path: Path, old: Any, new: Any, said: str) -> None:
    """A role that does not exist, an open ladder or a missing tier is an error."""
    (tmp_path / "tiers.yaml").write_text(GOOD.replace(old, new), "utf-8")
    with pytest.raises(SettingsError, match=said):
        Tiers.load(tmp_path)
