"""The catalog: names, providers of one's own, data mistakes with file and line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.core.usage import Usage
from edgeroute.datafile import packaged
from edgeroute.providers.catalog.catalog import Catalog, CustomModel, CustomProvider
from edgeroute.wire.formats import WIRES

PROVIDERS = [
    "alibaba",
    "anthropic",
    "azure",
    "deepseek",
    "fireworks",
    "gemini",
    "groq",
    "minimax",
    "mistral",
    "moonshot",
    "openai",
    "openrouter",
    "together",
    "xai",
    "zai",
]
NEW = """\
id: newcomer
name: Newcomer
base_url: https://api.newcomer.example/v1
key_variable: NEWCOMER_API_KEY
source: https://newcomer.example/pricing
as_of: 2026-11-22
models:
  - id: first
    prices: [{input: 1, output: 2}]
"""


def own_folder(tmp_path: Path, text: str, name: str = "newcomer.yaml") -> Path:
    """A user's models folder with one provider file."""
    (tmp_path / "providers").mkdir(exist_ok=True)
    (tmp_path / "providers" / name).write_text(text, "utf-8")
    return tmp_path


def test_every_provider_is_there(catalog: Catalog) -> None:
    """The packaged catalog holds the fifteen providers, each with an address and a key variable."""
    assert sorted(catalog.providers) == PROVIDERS
    for provider in catalog.providers.values():
        assert provider.base_url.startswith("https://")
        assert provider.key_variable
        assert provider.models


@pytest.mark.parametrize(
    ("name", "wire_id"),
    [
        ("openai/gpt-5.5", "gpt-5.5"),
        ("anthropic/claude-haiku-4.5", "claude-haiku-4-5"),
        ("anthropic/claude-sonnet-4.6", "claude-sonnet-4-6"),
        ("anthropic/claude-opus-4.7", "claude-opus-4-7"),
        ("deepseek/v4-flash", "deepseek-v4-flash"),
        ("deepseek/v4-pro", "deepseek-v4-pro"),
        ("moonshot/kimi-k2.6", "kimi-k2.6"),
        ("minimax/minimax-m2.7", "MiniMax-M2.7"),
        ("minimax/m2.7", "MiniMax-M2.7"),
        ("MiniMax-M2.7", "MiniMax-M2.7"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("Anthropic/Claude-Haiku-4.5", "claude-haiku-4-5"),
        ("gpt-5.5", "gpt-5.5"),
        ("openrouter/openai/gpt-5.5", "openai/gpt-5.5"),
    ],
)
def test_a_model_is_found_by_every_name_it_has(catalog: Catalog, name: str, wire_id: str) -> None:
    """Friendly ids, aliases and the provider's own ids lead to the same card."""
    card = catalog.card(name)
    assert card is not None
    assert card.wire_id == wire_id


def test_an_unknown_name_is_not_guessed(catalog: Catalog) -> None:
    """A name that nobody has, or that two providers have, stands for nothing."""
    assert catalog.card("openai/gpt-55") is None
    assert catalog.card("") is None


def test_a_gateway_serves_the_same_weights(catalog: Catalog) -> None:
    """A model is found again at a gateway, and from one gateway at another."""
    at = catalog.at("openrouter", "deepseek/v4-flash")
    assert at is not None
    assert at.id == "openrouter/deepseek/deepseek-v4-flash"
    across = catalog.at("fireworks", "openrouter/moonshotai/kimi-k2.6")
    assert across is not None
    assert across.id == "fireworks/kimi-k2.6"
    assert catalog.at("openrouter", "groq/qwen3.8-27b") is None


def test_references_between_rows_hold(catalog: Catalog) -> None:
    """Successors and equivalents name cards that exist, and wires that we speak."""
    for card in catalog.cards.values():
        assert not card.successor or card.successor in catalog.cards
        assert card.wire in WIRES
        assert card.max_output_tokens <= card.context_tokens
    for original in catalog.same_as.values():
        assert original in catalog.cards


def test_every_price_says_where_it_is_from(catalog: Catalog) -> None:
    """Each price row has a source and the day on which it was read."""
    for card in catalog.cards.values():
        assert card.prices.rows, card.id
        for row in card.prices.rows:
            assert row.source.startswith("https://"), card.id
            assert row.as_of is not None


def test_a_provider_is_added_with_yaml_alone(tmp_path: Path) -> None:
    """A new OpenAI-compatible provider needs one file and no Python."""
    catalog = Catalog.load(own_folder(tmp_path, NEW))
    card = catalog.card("newcomer/first")
    assert card is not None
    assert card.wire == "openai-chat"
    assert catalog.providers["newcomer"].base_url == "https://api.newcomer.example/v1"


def test_a_users_file_replaces_the_packaged_one(tmp_path: Path) -> None:
    """The user's provider of the same id wins as a whole."""
    text = NEW.replace("id: newcomer", "id: zai")
    catalog = Catalog.load(own_folder(tmp_path, text))
    assert catalog.providers["zai"].models == ("zai/first",)


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("as_of: 2026-11-22", "as_of: soon"), 6, "date"),
        (("name: Newcomer\n", ""), 1, "name"),
        (("source:", "sauce:"), 5, "sauce"),
        (("https://api", "http://api"), 3, "https"),
        (("https://api", "https://me:secret@api"), 3, "key"),
        (("{input: 1, output: 2}", "{input: -1, output: 2}"), 9, "negative"),
        (("{input: 1, output: 2}", "{input: 1}"), 9, "output"),
        (("    prices", "    quirks: [no_such]\n    prices"), 9, "no_such"),
        (("    prices", "    wire: openai-responses\n    prices"), 9, "base URL"),
        (("    prices", "    successor: second\n    prices"), 9, "second"),
        (("    prices", "    grade: 4\n    prices"), 9, "<= 3"),
        (("  - id: first", "  - id: first\n  - id: first"), 9, "twice"),
        (("output: 2}", "output: 2, peak: {input: 2, output: 4}}"), 9, "peak"),
    ],
)
def test_mistakes_name_file_and_line(
    tmp_path: Path, change: tuple[str, str], line: int, says: str
) -> None:
    """Whatever is wrong in a provider file is told with its file and its line."""
    folder = own_folder(tmp_path, NEW.replace(*change))
    with pytest.raises(SettingsError) as caught:
        Catalog.load(folder)
    assert caught.value.file.endswith("newcomer.yaml")
    assert caught.value.line == line
    assert says in str(caught.value)


def test_two_files_of_one_id_are_refused(tmp_path: Path) -> None:
    """Two of the user's files for one provider are a mistake, not a race."""
    own_folder(tmp_path, NEW, "a.yaml")
    with pytest.raises(SettingsError, match=r"b\.yaml:1: a\.yaml"):
        Catalog.load(own_folder(tmp_path, NEW, "b.yaml"))


def test_a_provider_from_settings() -> None:
    """`[providers.mock]` with a loopback address works, and a known model lends its limits only."""
    settings = CustomProvider(base_url="http://127.0.0.1:8000/v1", models=("m", "gpt-5.5"))
    catalog = Catalog.load(None, {"mock": settings})
    plain, known = catalog.card("mock/m"), catalog.card("mock/gpt-5.5")
    assert plain is not None
    assert known is not None
    assert plain.context_tokens == 128_000
    assert known.context_tokens == 1_050_000
    assert not known.prices.rows
    assert catalog.providers["mock"].own
    openai = catalog.card("gpt-5.5")
    assert openai is not None
    assert openai.provider == "openai"


def test_settings_say_what_a_model_can_do() -> None:
    """Abilities, windows and prices of one model; the others stay as they are assumed to be."""
    said = CustomModel(("tools", "thinking"), 32_000, 4_000, 0.5, 2)
    settings = CustomProvider(
        base_url="http://127.0.0.1:8000/v1",
        models=("m", "n"),
        cards={"mock/m": said, "new-1.5": CustomModel(("text",)), "gpt-5.5": CustomModel()},
    )
    cards = Catalog.load(None, {"mock": settings}).cards
    told, plain = cards["mock/m"], cards["mock/n"]
    assert told.abilities == {"tools", "reasoning"}
    assert (told.context_tokens, told.max_output_tokens) == (32_000, 4_000)
    cost = told.prices.cost(Usage(1_000_000, output_visible=1_000_000), datetime.now(UTC))
    assert cost.amount == Decimal("2.5")
    assert plain.abilities == {"tools", "images", "json_schema"}
    assert not plain.prices.rows
    assert cards["mock/new-1.5"].abilities == frozenset()
    assert cards["mock/gpt-5.5"].context_tokens == 1_050_000
    settings = CustomProvider(cards={"gpt-5.5": CustomModel(context_tokens=9)})
    packaged_card = Catalog.load().cards["openai/gpt-5.5"]
    changed = Catalog.load(None, {"openai": settings}).cards["openai/gpt-5.5"]
    assert changed == replace(packaged_card, context_tokens=9)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (CustomProvider(base_url="http://192.168.1.5/v1"), "plain http"),
        (CustomProvider(base_url="http://localhost.evil.example/v1"), "plain http"),
        (CustomProvider(base_url="https://k:v@host/v1"), "key"),
        (CustomProvider(base_url="https://host/v1?key=1"), "?"),
        (CustomProvider(base_url="ftp://host"), "https://"),
        (CustomProvider(), "base_url"),
        (CustomProvider(base_url="https://h/v1", headers={"Authorization": "x"}), "authorization"),
        (CustomProvider(base_url="https://h/v1", headers={"Host": "x"}), "host"),
    ],
)
def test_settings_that_would_leak_are_refused(settings: CustomProvider, says: str) -> None:
    """Plain http beyond this machine, keys in addresses and key headers are refused."""
    with pytest.raises(SettingsError) as caught:
        Catalog.load(None, {"mine": settings})
    assert says in str(caught.value)


def test_regions_and_addresses_of_ones_own() -> None:
    """A region is chosen by name; Azure is ready only once it has its resource's address."""
    catalog = Catalog.load(None, {"moonshot": CustomProvider(region="china")})
    assert catalog.providers["moonshot"].base_url == "https://api.moonshot.cn/v1"
    with pytest.raises(SettingsError, match="no region `mars`"):
        Catalog.load(None, {"moonshot": CustomProvider(region="mars")})
    assert not catalog.providers["azure"].ready
    azure = CustomProvider(base_url="https://r.openai.azure.com/openai/v1", models=("my-gpt",))
    catalog = Catalog.load(None, {"azure": azure})
    assert catalog.providers["azure"].ready
    assert catalog.card("azure/my-gpt") is not None


def test_the_data_folder_holds_only_what_the_catalog_reads() -> None:
    """Every packaged provider file is named after its provider."""
    for path in (packaged("models") / "providers").glob("*.yaml"):
        assert f"\nid: {path.stem}\n" in "\n" + path.read_text("utf-8")
