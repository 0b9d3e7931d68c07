"""A file of this machine as a part of a message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeroute.core import attached_file
from edgeroute.core.attached_file import read_attachment, typed_path
from edgeroute.core.messages import File, Image


def test_text_is_a_file_and_a_picture_an_image(tmp_path: Path) -> None:
    """The type follows the name; unknown ones are plain bytes, and the folder's label stays."""
    for name in ("a.txt", "a.png", "a.unknown-kind"):
        (tmp_path / name).write_bytes(b"x")
    assert read_attachment(tmp_path / "a.txt") == File("a.txt", "text/plain", b"x")
    private = read_attachment(tmp_path / "a.png", "private")
    assert private == Image("image/png", b"x", folder="private")
    unknown = read_attachment(tmp_path / "a.unknown-kind", "code")
    assert isinstance(unknown, File)
    assert (unknown.media_type, unknown.folder) == ("application/octet-stream", "code")


def test_what_cannot_be_attached_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders, missing and huge files are refused with a sentence."""
    monkeypatch.setattr(attached_file, "MAX_BYTES", 3)
    (tmp_path / "big").write_bytes(b"xxxx")
    os.mkfifo(tmp_path / "pipe")
    for name, sentence in (
        ("", "is a folder"),
        ("none", "There is no file"),
        ("big", "larger than"),
        ("pipe", "can be piped in"),
    ):
        with pytest.raises(ValueError, match=sentence):
            read_attachment(tmp_path / name)


@pytest.mark.parametrize("form", ["{}", "'{}'", '"{}"', "file://{}"])
def test_what_a_terminal_pastes_for_a_file_is_that_file(tmp_path: Path, form: str) -> None:
    """Whether it is quoted, escaped or a URL; a name that has quotes in it is itself."""
    file = tmp_path / "it is a letter.txt"
    file.write_text("x")
    assert typed_path(form.format(file)) == file
    assert typed_path(str(file).replace(" ", "\\ ")) == file
    assert typed_path(f"file://{file}".replace(" ", "%20")) == file
    quoted = tmp_path / "'quoted'"
    quoted.write_text("x")
    assert typed_path(str(quoted)) == quoted
    assert typed_path("it's") == Path("it's")
    with pytest.raises(ValueError, match="no such user"):
        typed_path("~nobody-at-all/x")
