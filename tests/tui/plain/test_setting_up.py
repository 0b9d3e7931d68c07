"""What is set up in plain mode: settings, models, rules, providers, programs, own people."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from edgeroute import config
from edgeroute.clients import ClientSettings
from edgeroute.tui.plain.setting_up import PlainSetup
from tests.tui.fake_runtime import PREVIEW, FakeRuntime
from tests.tui.plain_talk import talk


def test_settings_are_told_and_changed(runtime: FakeRuntime, tmp_path: Path) -> None:
    """By words; a wrong value is an error and nothing is written."""
    file = tmp_path / "config.toml"
    file.write_text("# mine\n")
    runtime.paths = SimpleNamespace(settings=file)
    written = talk(
        runtime, "/settings tier", "/settings router.tier = free", "/settings router.tier",
        "/settings server.port = many", "/settings network.proxy = 8080", "/settings no.such = 1",
        "/settings router.policy = nobodys",
    )  # fmt: skip
    assert any(line.startswith('Setting: router.tier = "balanced", default. ') for line in written)
    assert any(line.startswith('Setting: router.tier = "free", config.toml. ') for line in written)
    assert sum(line.startswith("Error") for line in written) == 3
    assert config.load(file).network.proxy == "8080"
    assert file.read_text().startswith("# mine\n")


def test_models_are_told_fetched_used_and_removed(runtime: FakeRuntime) -> None:
    """With a line for the progress; deleting asks first."""
    runtime.models.release.set()
    written = talk(
        runtime, "/models", "/models fetch qwen3-4b", "/models use qwen3-4b", "/models use no",
        "/models remove qwen3-4b", "no", "/models remove qwen3-4b", "yes", "/models nonsense",
    )  # fmt: skip
    assert "Machine: 16 GB memory, 4 cores, no graphics card." in written
    assert any(
        line.startswith("Model: qwen2.5-coder-1.5b, in use, 1.1 GB, fits") for line in written
    )
    assert "Progress: fetching qwen3-4b, 50 % of 2.5 GB" in written
    assert runtime.saved == {"local.model": "qwen3-4b"}
    assert written.count("Model: 1.1 GB are free again.") == 1
    assert sum(line.startswith("Error") for line in written) == 2


def test_rules_are_told_tried_explained_and_switched(runtime: FakeRuntime) -> None:
    """In words; a test sends nothing; a policy that is not there is an error."""
    written = talk(
        runtime, "/rules", "/rules test Explain this", "/rules explain must-be-right",
        "/rules use default", "/rules use nobodys", "/rules nonsense",
    )  # fmt: skip
    assert any(
        line.startswith("Rule 2: must-be-right, domain is medical or legal") for line in written
    )
    assert "Note: nothing was sent." in written
    assert any("What happens when that fails" in line for line in written)
    assert runtime.engine.requests == []
    assert sum(line.startswith("Error") for line in written) >= 2


def test_providers_are_told_and_a_key_is_read_without_an_echo(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their state and where the key is; a new one is stored and tested, and shown nowhere."""
    secret = PlainSetup.__init__.__defaults__
    assert secret is not None
    monkeypatch.setattr(PlainSetup.__init__, "__defaults__", (lambda _: "sk-hidden",))
    written = talk(runtime, "/providers", "/key openai", "/key", "/providers test openai")
    assert "Provider: moonshot, Moonshot, open, key: keyring, 3 outages" in written
    assert "Provider: openai, OpenAI, ok, no key" in written
    assert runtime.providers.keys["openai"].reveal() == "sk-hidden"
    assert written.count("Provider: openai: the key works.") == 2
    assert not any("sk-hidden" in line for line in written)


def test_programs_are_told_with_their_profiles(runtime: FakeRuntime) -> None:
    """Without any it is said how to connect one."""
    assert any("edgeroute connect" in line for line in talk(runtime, "/clients"))
    connected = {"codex": ClientSettings("mask", daily_usd=5)}
    runtime.settings = msgspec.structs.replace(runtime.settings, clients=connected)
    (line,) = [line for line in talk(runtime, "/clients") if line.startswith("Program")]
    assert line.startswith("Program: codex, privacy mask · tier as for all")
    assert "at most $5 a day" in line


def test_own_people_are_kept_after_a_yes(runtime: FakeRuntime) -> None:
    """What it would have changed is said first."""
    written = talk(runtime, "/own", "/own me", "no", "/own me", "yes", "/own missing")
    assert runtime.own.kept == [PREVIEW]
    assert any("would have been held" in line for line in written)
    assert sum(line.startswith("Error") for line in written) == 2


def test_a_setting_gets_its_default_again(runtime: FakeRuntime) -> None:
    """A key with nothing after its sign of equality is taken out of the file."""
    written = talk(runtime, "/settings router.tier =", "/settings nothing.such =")
    assert 'Setting: router.tier has its default again: "balanced".' in written
    assert "Error: there is no setting nothing.such." in written
    assert runtime.saved == {"router.tier": None}
