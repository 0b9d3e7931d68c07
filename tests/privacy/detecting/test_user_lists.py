"""The user's own word on single values."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.errors import SettingsError, StoreError
from edgeroute.privacy.detecting.user_lists import FILE, Kind, Lists, WithLists, normalised
from edgeroute.privacy.policy import PrivacyPolicy
from tests.support.detectors import PLANT, PlantDetector

KEY = b"k" * 32


def test_an_allowed_value_is_kept_as_a_keyed_hash(tmp_path: Path) -> None:
    """The file of allowed values does not hold them; another key knows none of them."""
    lists = Lists(tmp_path, KEY)
    lists.allow("Jane  Roe")
    assert lists.allows("jane roe")
    assert "jane" not in (tmp_path / FILE).read_text("utf-8").casefold()
    assert Lists(tmp_path, KEY).allows("Jane Roe")
    assert not Lists(tmp_path, b"x" * 32).allows("Jane Roe")


@given(value=st.text(), other=st.text())
def test_only_the_same_value_is_allowed(value: str, other: str) -> None:
    """No value is allowed because it resembles or contains another one."""
    lists = Lists(Path("/nonexistent"), KEY)
    lists._allowed = frozenset({lists._hash(value)})
    assert lists.allows(other) is (normalised(other) == normalised(value))


def test_a_value_can_be_taken_back(tmp_path: Path) -> None:
    """Disallowing makes a value count again."""
    lists = Lists(tmp_path, KEY)
    lists.allow(PLANT)
    assert lists.disallow(PLANT)
    assert not lists.disallow(PLANT)
    assert not Lists(tmp_path, KEY).allows(PLANT)


@pytest.mark.parametrize("value", ["", "  ", "\u200b"])
def test_nothing_cannot_be_allowed(value: str, tmp_path: Path) -> None:
    """An empty value is not a value."""
    with pytest.raises(ValueError, match="nothing"):
        Lists(tmp_path, KEY).allow(value)


@pytest.mark.parametrize(
    ("kind", "term", "text", "found"),
    [
        ("project", "Project Falcon", "about project  FALCON today", "project  FALCON"),
        ("name", "Ann", "Announce it", ""),
        ("name", "Ann", "Tell Ann.", "Ann"),
        ("name", "J\u00fcrgen", "f\u00fcr j\u00dcrgen", "j\u00dcrgen"),
        ("project", "Falcon", "F\u200balcon", "F\u200balcon"),
        ("pattern", r"ACME-\d{4}", "see ACME-1234!", "ACME-1234"),
    ],
)
def test_what_is_always_private_is_found(
    kind: Kind, term: str, text: str, found: str, tmp_path: Path
) -> None:
    """Names and projects are found as whole words in any case, patterns as they are."""
    lists = Lists(tmp_path, KEY)
    lists.keep_private(kind, term)
    places = [text[finding.start : finding.end] for finding in lists.find(text)]
    assert places == ([found] if found else [])
    assert lists.forget_private(term)
    assert not lists.forget_private(term)
    assert list(lists.find(text)) == []


@pytest.mark.parametrize("term", ["", "  ", "...", "x" * 300])
@pytest.mark.parametrize("kind", ["name", "project", "pattern"])
def test_a_useless_entry_is_refused(kind: Kind, term: str, tmp_path: Path) -> None:
    """What finds nothing or cannot be searched for is an error, and changes nothing."""
    lists = Lists(tmp_path, KEY)
    with pytest.raises(SettingsError):
        lists.keep_private(kind, term)
    assert lists.private == ()


@pytest.mark.parametrize("pattern", ["(a", "a*", "|x", r"\d{0,3}"])
def test_a_broken_or_boundless_pattern_is_refused(pattern: str, tmp_path: Path) -> None:
    """A pattern that does not compile or matches empty text is an error."""
    with pytest.raises(SettingsError):
        Lists(tmp_path, KEY).keep_private("pattern", pattern)


def test_a_greedy_pattern_is_stopped(tmp_path: Path) -> None:
    """A pattern that would run for ever raises instead."""
    lists = Lists(tmp_path, KEY)
    lists.keep_private("pattern", r"(a|aa)+b(?<=never)")
    with pytest.raises(TimeoutError):
        list(lists.find("a" * 5000))


def test_every_change_changes_the_version(tmp_path: Path) -> None:
    """A cached verdict never outlives a change of the lists, by this process or another one."""
    mine, other = Lists(tmp_path, KEY), Lists(tmp_path, KEY)
    seen = [mine.version]
    mine.allow("Jane Roe")
    seen.append(mine.version)
    assert other.version == seen[-1]
    assert other.allows("Jane Roe")
    other.keep_private("name", "Jane Roe")
    seen.append(mine.version)
    assert mine.private == other.private
    mine.disallow("Jane Roe")
    seen.append(mine.version)
    (tmp_path / FILE).unlink()
    assert mine.version == seen[0]
    assert len(set(seen)) == len(seen)


def test_the_file_is_whole_and_the_users_alone(tmp_path: Path) -> None:
    """The file is made 0600 whatever the umask, and nothing is left beside it."""
    previous = os.umask(0)
    try:
        Lists(tmp_path / "new", KEY).allow("x")
    finally:
        os.umask(previous)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == [FILE]


@pytest.mark.parametrize(
    "text",
    ["allowed: 3", "- x", "{", "private: [{kind: other, text: x}]", "more: 1"],
)
def test_a_broken_file_is_an_error(text: str, tmp_path: Path) -> None:
    """A file that cannot be read is never taken for an empty one, at start or later."""
    lists = Lists(tmp_path, KEY)
    (tmp_path / FILE).write_text(text, "utf-8")
    with pytest.raises(SettingsError):
        Lists(tmp_path, KEY)
    with pytest.raises(SettingsError):
        _ = lists.version
    with pytest.raises(SettingsError):
        lists.allow("x")


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Where the folder is a file, the change fails with a sentence."""
    (tmp_path / "folder").write_text("", "utf-8")
    with pytest.raises(StoreError):
        Lists(tmp_path / "folder", KEY).allow("x")


def test_a_listed_word_makes_a_text_private(tmp_path: Path) -> None:
    """With the lists around it a detector finds more, never less."""
    lists = Lists(tmp_path, KEY)
    lists.keep_private("project", "Falcon")
    detector = WithLists(PlantDetector(), lists, PrivacyPolicy.load())
    assert detector.scan("About Falcon").private
    assert [f.type for f in detector.scan(f"Falcon {PLANT}", full=True).findings] == [
        "ALWAYS_PRIVATE",
        "US_SSN",
    ]
    assert detector.scan(PLANT).private
    assert not detector.scan("Nothing").private
