"""Private files and folders: ours alone whatever the umask."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edgeroute.core.private_file import close_folder, make_private_folder


def mode(path: Path) -> int:
    """Permission bits of ``path``."""
    return stat.S_IMODE(path.lstat().st_mode)


def test_a_new_folder_is_private_with_all_that_was_missing_above(
    tmp_path: Path, umask: int
) -> None:
    """Every folder made on the way is 0700 under any umask; one that is there keeps its mode."""
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path / "a" / "b" / "c")
    made = [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"]
    assert [mode(folder) for folder in made] == [0o700] * 3
    assert mode(tmp_path) == 0o755


def test_something_else_in_its_place_is_an_error(tmp_path: Path) -> None:
    """A file or a link that leads nowhere is never taken for the folder, nor is one above it."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for folder in ("file", "link", "file/below", "link/below"):
        with pytest.raises(OSError, match=r"file|link"):
            make_private_folder(tmp_path / folder)
    assert not (tmp_path / "nowhere").exists()


def test_only_a_folder_of_this_user_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what a link leads to nor another user's folder is changed; nothing is no trouble."""
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    folder.chmod(0o755)
    link.symlink_to(folder)
    close_folder(tmp_path / "nothing")
    close_folder(link)
    me = os.geteuid()
    with monkeypatch.context() as other:
        other.setattr(os, "geteuid", lambda: me + 1)
        close_folder(folder)
    assert mode(folder) == 0o755
    close_folder(folder)
    assert mode(folder) == 0o700
