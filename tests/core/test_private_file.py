"""Private files and folders: ours alone whatever the umask."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from edgeroute.core.private_file import (
    close_folder,
    make_private_folder,
    sync_folder,
    write_private,
)


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
    folder.chmod(0o500)
    close_folder(folder)
    assert mode(folder) == 0o500, "where others have no access nothing is changed"


def test_a_file_is_whole_and_private(tmp_path: Path, umask: int) -> None:
    """A new or replaced file is 0600 under any umask, and nothing is left beside it."""
    path = tmp_path / "new" / "f"
    write_private(path, b"old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    """What a link in the file's place leads to is not touched."""
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_private(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(
    ("where", "step"), [(os, "fchmod"), (os, "fsync"), (Path, "replace")], ids=str
)
def test_a_failed_write_leaves_the_old_file_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: object, step: str
) -> None:
    """A full disk at any step keeps the old content and leaves nothing behind."""
    write_private(tmp_path / "f", b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(where, step, fail)
    with pytest.raises(OSError, match="No space left"):
        write_private(tmp_path / "f", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_bytes() == b"old"


@pytest.mark.parametrize(("number", "fails"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_file_system_that_cannot_sync_folders_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, *, fails: bool
) -> None:
    """Some network file systems know no such call; a real failure is told."""

    def fail(_: int) -> None:
        raise OSError(number, "failed")

    monkeypatch.setattr(os, "fsync", fail)
    if fails:
        with pytest.raises(OSError, match="failed"):
            sync_folder(tmp_path)
    else:
        sync_folder(tmp_path)
