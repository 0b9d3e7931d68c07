"""Names of models that programs ship, read and mapped to what there is."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.errors import SettingsError
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.providers.catalog.families import Families, nearest
from tests.support.routing import card

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FAMILIES = Families.load()
CATALOG = Catalog.load()


@pytest.mark.parametrize(
    ("typed", "vendor", "grade", "version"),
    [
        ("claude-opus-4-8", "anthropic", 3, 408),
        ("claude-3-5-sonnet-20241022", "anthropic", 2, 305),
        ("claude-sonnet-4@20250514", "anthropic", 2, 400),
        ("Claude-Haiku-4-6[1M]", "anthropic", 1, 406),
        ("claude-opus-latest", "anthropic", 3, None), ("claude-2.1", "anthropic", 2, 201),
        ("gpt-4o", "openai", 2, 400), ("gpt-4o-mini-2024-07-18", "openai", 1, 400),
        ("gpt-5.2-codex", "openai", 3, 502), ("gpt-5.1-codex-mini", "openai", 1, 501),
        ("o3-pro-2025-06-10", "openai", 2, 300), ("gpt-3.5-turbo-16k-0613", "openai", 2, 305),
        ("gemini-2.5-pro-preview-05-06", "gemini", 3, 205),
        ("gemini-flash-lite-latest", "gemini", 1, None),
        ("gemini-2.0-flash-001", "gemini", 2, 200), ("deepseek-chat", "deepseek", 1, None),
        ("grok-code-fast-1", "xai", 1, 100),
    ],
)  # fmt: skip
def test_a_name_says_vendor_grade_and_version(
    typed: str, vendor: str, grade: int, version: int | None
) -> None:
    """Days, revisions, windows, `latest` and `preview` say nothing."""
    read = FAMILIES.read(f" {typed} ")
    assert read is not None
    assert (read.vendor, read.grade, read.version) == (vendor, grade, version)


@pytest.mark.parametrize(
    "typed",
    [
        "", "claude", "gpt", "openai/gpt-4o", "gpt-4o:latest", "claude-opus-4-8/x", "gpt-oss-120b",
        "gpt-image-1", "gemini-2.5-flash-image", "text-embedding-3-small", "llama3.2:latest",
        "qwen3-coder-plus", "deepseek-r1", "gpt-5 codex", "claude-opüs-4", "local", "auto",
        "gpt-4-" + "0" * 1_000_000,
    ],
)  # fmt: skip
def test_whatever_else_is_no_familys_name(typed: str) -> None:
    """A path, a tag, an unknown word and what answers with no words are left alone."""
    assert FAMILIES.read(typed) is None


@given(st.text(max_size=60) | st.from_regex(re.compile(r"(gpt|claude|gemini)[-.0-9a-z\[\]]{0,40}")))
def test_any_text_can_be_read(typed: str) -> None:
    """Hostile names raise nothing."""
    read = FAMILIES.read(typed)
    assert read is None or 1 <= read.grade <= 3


@pytest.mark.parametrize(
    ("typed", "ready", "id_"),
    [
        ("claude-opus-4-8", {"anthropic", "openrouter"}, "anthropic/claude-opus-4.7"),
        ("claude-opus-4-8", {"openrouter"}, "openrouter/anthropic/claude-opus-4.7"),
        ("claude-opus-4-8", {"openai", "deepseek"}, None),
        ("claude-opus-latest", {"anthropic"}, "anthropic/claude-opus-5.5"),
        ("gpt-5.4", {"openai"}, "openai/gpt-5.5"),
        ("gpt-4o-mini", {"openai"}, "openai/gpt-5.6-luna"),
        ("gemini-2.5-pro", {"gemini"}, "gemini/gemini-4-argon"),
    ],
)
def test_the_nearest_is_of_the_vendor_and_the_grade(
    typed: str, ready: set[str], id_: str | None
) -> None:
    """Never another vendor's, and none without a key; a gateway's copy counts as the vendor's."""
    read = FAMILIES.read(typed)
    assert read is not None
    found = nearest(read, CATALOG.cards.values(), CATALOG.same_as, ready, NOW)
    assert (found.id if found else None) == id_


def test_the_order_of_what_counts() -> None:
    """Grade, then the vendor's own API, then version, then price; what is shut down or draws is
    left out.
    """
    read = FAMILIES.read("claude-opus-4-8")
    assert read is not None
    kept = [
        card("anthropic/claude-opus-5", 2, 3),
        card("anthropic/claude-opus-5-dear", 9, 3),
        card("gate/claude-opus-4.8", 1, 3),
        card("anthropic/claude-sonnet-4.8", 1, 2),
    ]
    out = [
        card("anthropic/claude-opus-4.8", 1, 3, shutdown=date(2026, 1, 1)),
        card("anthropic/claude-opus-4.8-image", 1, 3, abilities=frozenset({"image_output"})),
    ]
    same = {"gate/claude-opus-4.8": "anthropic/claude-opus-4.8"}
    order = []
    while kept:
        best = nearest(read, [*kept, *out], same, {"anthropic", "gate"}, NOW)
        assert best is not None
        order.append(best.id)
        kept.remove(best)
    assert order == [
        "anthropic/claude-opus-5",
        "anthropic/claude-opus-5-dear",
        "gate/claude-opus-4.8",
        "anthropic/claude-sonnet-4.8",
    ]


def test_every_vendor_is_a_provider() -> None:
    """A family of nobody could never be asked."""
    assert {one.vendor for one in FAMILIES.families} <= set(CATALOG.providers)


def test_a_users_own_file_is_checked(tmp_path: Path) -> None:
    """A mistake is told with file and line."""
    path = tmp_path / "families.yaml"
    path.write_text(
        "families:\n  - vendor: openai\n    heads: [gpt]\n    marks: {pro: 4}\n    grade: 2\n"
    )
    with pytest.raises(SettingsError, match=r"families\.yaml:4"):
        Families.load(tmp_path)
