"""The example policy, privacy rules and provider load, and do what they say."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeroute.cli.group import cli
from edgeroute.privacy.policy import EntityAction, Level, PrivacyPolicy
from edgeroute.providers.catalog.catalog import Catalog

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_policy_passes_its_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`edgeroute rules check` finds no mistake in it."""
    monkeypatch.setenv("EDGEROUTE_HOME", str(tmp_path))
    done = CliRunner().invoke(cli, ["rules", "check", str(EXAMPLES / "policy.yaml")])
    assert done.exit_code == 0, done.output
    assert " error" not in done.output


def test_the_privacy_rules_change_what_they_name(tmp_path: Path) -> None:
    """The level, two entities and the lists are changed; the rest is as packaged."""
    shutil.copy(EXAMPLES / "privacy.yaml", tmp_path)
    packaged, changed = PrivacyPolicy.load(), PrivacyPolicy.load(tmp_path)
    assert changed.level is Level.STRICT
    assert changed.action("IP_ADDRESS") is EntityAction.ALLOW
    assert changed.action("MEDICAL_RECORD") is EntityAction.LOCAL
    assert changed.private_origin("tool:open_casefile")
    assert packaged.private_origin("tool:contact_form")
    assert not changed.private_origin("tool:contact_form")
    assert changed.internal_code.except_ == ("www.acme.example",)
    assert set(packaged.entities) == set(changed.entities)


def test_the_provider_is_known_with_its_prices(tmp_path: Path) -> None:
    """A file in the user's folder is a provider: its models have cards and prices."""
    (tmp_path / "providers").mkdir()
    shutil.copy(EXAMPLES / "provider.yaml", tmp_path / "providers" / "acme.yaml")
    catalog = Catalog.load(tmp_path)
    assert catalog.providers["acme"].name == "Acme Models"
    card = catalog.cards["acme/acme-large"]
    assert card.context_tokens == 200_000
    assert card.prices.rows[0].rate.cache_read == Decimal("0.25")
