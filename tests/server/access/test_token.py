"""The endpoint's token."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeroute.core.errors import EdgeRouteError
from edgeroute.server.access.token import read_or_make, rotate, token_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a token is to be."""
    return token_path(tmp_path / "state")


def test_a_token_is_made_once(path: Path) -> None:
    """32 random bytes, in a file of the user's own that is kept."""
    old = os.umask(0)
    try:
        token = read_or_make(path)
    finally:
        os.umask(old)
    assert len(token.reveal()) >= 43
    assert read_or_make(path) == token
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_tokens_differ_and_can_be_changed(path: Path, tmp_path: Path) -> None:
    """Every installation has its own, and a new one takes the old one's place."""
    first = read_or_make(path)
    second = rotate(path)
    assert first != second
    assert read_or_make(path) == second
    assert read_or_make(token_path(tmp_path / "other")) not in (first, second)


def test_a_token_that_others_can_read_is_refused(path: Path) -> None:
    """A token that was open to others is no secret any more."""
    read_or_make(path)
    path.chmod(0o640)
    with pytest.raises(EdgeRouteError, match="can be read by other users"):
        read_or_make(path)


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    """A link could make the endpoint trust a token that somebody else wrote."""
    token = rotate(token_path(tmp_path / "elsewhere"))
    path.parent.mkdir()
    path.symlink_to(token_path(tmp_path / "elsewhere"))
    with pytest.raises(EdgeRouteError, match="cannot be read") as caught:
        read_or_make(path)
    assert token.reveal() not in str(caught.value)


@pytest.mark.parametrize("content", ["", "short", "x" * 60])
def test_a_file_without_a_token_is_refused(path: Path, content: str) -> None:
    """An empty or foreign file never becomes an empty token."""
    path.parent.mkdir()
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(EdgeRouteError, match="holds no token"):
        read_or_make(path)


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    """What is no file is no token."""
    path.mkdir(parents=True)
    with pytest.raises(EdgeRouteError):
        read_or_make(path)


def test_a_token_that_cannot_be_written_is_told(path: Path) -> None:
    """A full or closed folder gives a sentence, not a traceback."""
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_text("a file where the folder should be")
    with pytest.raises(EdgeRouteError, match="cannot be"):
        read_or_make(path)
