"""A file is used only when it is what the catalogue pins."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.local.files import checks
from edgeroute.local.files.catalogue import PinnedFile
from edgeroute.local.files.checks import DamagedFile
from tests.support.pinned import pin

CONTENT = b"weights" * 1_000


def check(folder: Path, pinned: PinnedFile, *, full: Any = False, at: Any = 1_000.0) -> int:
    """Require the file to be trusted; the number of bytes that had to be read for it."""
    read: list[int] = []
    checks.require_trusted(folder, pinned, full=full, now=lambda: at, on_bytes=read.append)
    return sum(read)


def test_hashed_once_then_noted(folder: Path, place: Callable[..., Path]) -> None:
    """The first use reads the file, the next ones trust the note, a full check reads it again."""
    place(CONTENT)
    pinned = pin(CONTENT)
    assert check(folder, pinned) == len(CONTENT)
    assert check(folder, pinned) == 0
    assert check(folder, pinned, full=True) == len(CONTENT)


def test_hashed_again_after_a_week(folder: Path, place: Callable[..., Path]) -> None:
    """A note holds for a week, and not for a clock that was set back."""
    place(CONTENT)
    pinned = pin(CONTENT)
    check(folder, pinned, at=1_000)
    assert check(folder, pinned, at=1_000 + checks.WEEK_SECONDS - 1) == 0
    assert check(folder, pinned, at=1_000 + checks.WEEK_SECONDS) == len(CONTENT)
    assert check(folder, pinned, at=500) == len(CONTENT)


def test_a_flipped_byte_is_noticed(folder: Path, place: Callable[..., Path]) -> None:
    """A changed byte is found, even where size and time are as before and only a full check can."""
    path = place(CONTENT)
    pinned = pin(CONTENT)
    check(folder, pinned)
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"W")
    with pytest.raises(DamagedFile, match="damaged or changed"):
        check(folder, pinned)
    place(CONTENT)
    check(folder, pinned)
    with path.open("r+b") as file:
        file.write(b"W")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(DamagedFile):
        check(folder, pinned, full=True)


def test_size_is_checked_first(folder: Path, place: Callable[..., Path]) -> None:
    """A truncated file is refused without being read."""
    place(CONTENT[:-1])
    with pytest.raises(DamagedFile):
        check(folder, pin(CONTENT))


def test_missing_says_how_to_fetch(folder: Path) -> None:
    """A missing file is an unknown model with a command to fetch it."""
    with pytest.raises(LocalModelError, match="models pull") as caught:
        check(folder, pin(CONTENT))
    assert caught.value.kind is ErrorKind.UNKNOWN_MODEL


def test_links_are_refused(folder: Path, place: Callable[..., Path]) -> None:
    """A link may point to another file tomorrow."""
    target = place(CONTENT, "elsewhere.bin")
    (folder / "model.gguf").symlink_to(target)
    with pytest.raises(LocalModelError, match="link"):
        check(folder, pin(CONTENT))


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_files_that_others_can_write_are_refused(
    folder: Path, place: Callable[..., Path], mode: int
) -> None:
    """What others can change is not used, and the sentence says how to mend it."""
    place(CONTENT, mode=mode)
    with pytest.raises(LocalModelError, match="chmod go-w"):
        check(folder, pin(CONTENT))


def test_folders_that_others_can_write_are_refused(
    folder: Path, place: Callable[..., Path]
) -> None:
    """A folder in which others can replace files is not used either."""
    place(CONTENT)
    folder.chmod(0o777)
    with pytest.raises(LocalModelError, match="other users"):
        check(folder, pin(CONTENT))
    folder.chmod(0o700)


def test_a_forged_note_is_not_believed(folder: Path, place: Callable[..., Path]) -> None:
    """A note that others could have written does not spare the hash."""
    path = place(CONTENT)
    pinned = pin(CONTENT)
    check(folder, pinned)
    checks.note_path(path).chmod(0o666)
    assert check(folder, pinned) == len(CONTENT)


def test_remove_leaves_nothing(folder: Path, place: Callable[..., Path]) -> None:
    """Removing deletes the file, its note and what a download left behind."""
    path = place(CONTENT)
    pinned = pin(CONTENT)
    check(folder, pinned)
    checks.part_path(path).write_bytes(b"abc")
    assert checks.remove(folder, pinned) > len(CONTENT)
    assert list(folder.iterdir()) == []
