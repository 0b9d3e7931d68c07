"""What git is about to commit, and the exit codes that a hook reads."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from edgeroute.cli.staged import staged_files
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import Verdict
from tests.cli.conftest import Home
from tests.cli.test_prompts import SSN, FindsSsn


class ReadsNoPicture(FindsSsn):
    """Holds what it cannot read, as the real one does."""

    async def inspect(self, request: ChatRequest, *, full: bool = False) -> Verdict:
        """A picture that nobody can read."""
        return Verdict(private=True, reason="A picture cannot be read, so it stays here.")


def git(*arguments: str) -> None:
    """Run git here, as nobody in particular."""
    who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def home(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A quick check, and a repository with one committed line that holds a number."""
    home.inspector = FindsSsn()
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    repository = tmp_path / "a repository"
    repository.mkdir()
    monkeypatch.chdir(repository)
    git("init", "-q")
    Path("old.txt").write_text(f"first\nnumber {SSN}\n")
    git("add", "-A")
    git("commit", "-qm", "first")
    return home


def test_only_new_lines_are_reported(home: Home) -> None:
    """An old line that holds something keeps nobody from committing; a new one does."""
    assert home.run("scan", "--staged").exit_code == 0
    Path("old.txt").write_text(f"first\nnumber {SSN}\nthird\n")
    git("add", "-A")
    clean = home.run("scan", "--staged")
    assert (clean.exit_code, clean.output) == (0, "")
    Path("old.txt").write_text(f"changed {SSN}\nnumber\nthird\n")
    git("add", "-A")
    found = home.run("scan", "--staged")
    assert found.exit_code == 1
    assert "old.txt:1:9: US_SSN" in found.stdout
    assert "--no-verify" in found.stderr


def test_what_is_staged_counts_not_the_folder(home: Home) -> None:
    """A number that was taken out of the file but not out of the index is found, by any name."""
    name = "ö [x] *.txt"
    Path(name).write_text(f"{SSN}\n")
    git("add", "-A")
    Path(name).write_text("nothing\n")
    assert home.run("scan", "--staged").exit_code == 1
    assert home.run("scan", "--staged", "old.txt").exit_code == 0
    git("add", "-A")
    assert home.run("scan", "--staged").exit_code == 0


def test_a_picture_that_cannot_be_read_stops_no_commit(home: Home) -> None:
    """It is no text and nothing was found in it; named as a file it is still held."""
    home.inspector = ReadsNoPicture()
    Path("logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\0")
    git("add", "-A")
    assert home.run("scan", "--staged").exit_code == 0
    assert home.run("scan", "--check", "logo.png").exit_code == 1


def test_an_error_is_not_a_find(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No repository, no git, no such file, no settings: 2, where 1 would say that it was found."""
    assert home.run("scan", "--check", "missing.txt").exit_code == 2
    home.configure("[router\n")
    assert home.run("scan", "--check", "old.txt").exit_code == 2
    home.configure("")
    monkeypatch.chdir(tmp_path)
    outside = home.run("scan", "--staged")
    assert (outside.exit_code, "not a git repository" in outside.stderr) == (2, True)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EdgeRouteError, match="git is not installed"):
        list(staged_files())


def test_files_come_from_a_list(home: Home, tmp_path: Path) -> None:
    """One a line or parted by zero bytes, from a file or a pipe."""
    Path("new.txt").write_text("nothing\n")
    assert (
        home.run("scan", "--check", "--files-from", "-", stdin="old.txt\nnew.txt\n").exit_code == 1
    )
    assert home.run("scan", "--check", "--files-from", "-", stdin=b"new.txt\0").exit_code == 0
    listed = tmp_path / "list"
    listed.write_text("old.txt\n")
    assert "old.txt:2:8" in home.run("scan", "--files-from", str(listed)).stdout
