"""What is known of a model."""

from __future__ import annotations

from edgeroute.core.model_card import ModelCard


def test_an_origin_names_provider_and_family() -> None:
    """Without a family a model is its own."""
    assert ModelCard("acme/one", "acme", "one-2026", family="acme-1").origin == "acme/acme-1"
    assert ModelCard("acme/one", "acme", "one-2026").origin == "acme/one-2026"
