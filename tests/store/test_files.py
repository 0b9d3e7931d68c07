"""Private files: ours alone, atomic, never through a link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from edgeroute.core.errors import StoreError
from edgeroute.store import files


def mode(path: Path) -> int:
    """Permission bits of ``path``."""
    return stat.S_IMODE(path.lstat().st_mode)


def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    """Folders are 0700 and files 0600 under any umask."""
    folder = files.private_folder(tmp_path / "a" / "b")
    files.write_private(folder / "written", b"x")
    os.close(files.open_private(folder / "opened"))
    assert mode(folder) == mode(folder.parent) == 0o700
    assert mode(folder / "written") == mode(folder / "opened") == 0o600


def test_a_shared_folder_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    """Group or other bits are named, and the hint can be pasted into a shell."""
    folder = tmp_path / "it is mine"
    folder.mkdir()
    folder.chmod(0o750)
    with pytest.raises(StoreError, match=r"chmod 700 '.*it is mine'"):
        files.private_folder(folder)


def test_a_readable_file_is_refused(tmp_path: Path) -> None:
    """A file that others may read is neither read nor overwritten."""
    path = tmp_path / "token"
    path.write_bytes(b"old")
    path.chmod(0o644)
    for act in (files.read_private, files.check_private, lambda p: files.write_private(p, b"new")):
        with pytest.raises(StoreError, match="chmod 600"):
            act(path)
    assert path.read_bytes() == b"old"


def test_a_foreign_owner_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder or file of another user is refused by name of the owner."""
    files.write_private(tmp_path / "f", b"")
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(StoreError, match=f"another user .uid {me}."):
        files.check_private(tmp_path / "f")


@pytest.mark.parametrize("dangling", [True, False])
def test_links_are_never_followed(tmp_path: Path, *, dangling: bool) -> None:
    """A link in the place of a file or folder is refused, whether or not it leads somewhere."""
    target = tmp_path / "target"
    if not dangling:
        files.write_private(target, b"precious")
    link = tmp_path / "link"
    link.symlink_to(target)
    for act in (
        files.check_private,
        files.open_private,
        files.read_private,
        files.private_folder,
        lambda p: files.write_private(p, b"new"),
    ):
        with pytest.raises(StoreError):
            act(link)
    assert not target.exists() if dangling else target.read_bytes() == b"precious"


def test_something_that_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    """A named pipe in the place of a file does not hang the program."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(StoreError, match="not a plain file"):
        files.read_private(tmp_path / "pipe")


def test_reading_back(tmp_path: Path) -> None:
    """What was written is read; a missing file is None; an oversized one is refused."""
    assert files.read_private(tmp_path / "none") is None
    files.write_private(tmp_path / "f", b"12345")
    files.write_private(tmp_path / "f", b"123")
    assert files.read_private(tmp_path / "f", limit=3) == b"123"
    with pytest.raises(StoreError, match="larger than 2"):
        files.read_private(tmp_path / "f", limit=2)


def test_a_failed_write_keeps_the_old_file_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the old content stays."""
    files.write_private(tmp_path / "f", b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="free some space"):
        files.write_private(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"old"
