"""Files that go with a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.messages import File, Image
from edgeroute.tui.chat.asking import attachments


def test_text_is_a_file_and_a_picture_an_image(tmp_path: Path) -> None:
    """The type follows the name; unknown ones are plain bytes."""
    for name in ("a.txt", "a.png", "a.unknown-kind"):
        (tmp_path / name).write_bytes(b"x")
    assert attachments.read_attachment(tmp_path / "a.txt") == File("a.txt", "text/plain", b"x")
    assert attachments.read_attachment(tmp_path / "a.png") == Image("image/png", b"x")
    unknown = attachments.read_attachment(tmp_path / "a.unknown-kind")
    assert isinstance(unknown, File)
    assert unknown.media_type == "application/octet-stream"


def test_what_cannot_be_attached_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders, missing and huge files are refused with a sentence."""
    monkeypatch.setattr(attachments, "MAX_BYTES", 3)
    (tmp_path / "big").write_bytes(b"xxxx")
    for name, sentence in (("", "is no file"), ("none", "is no file"), ("big", "larger than")):
        with pytest.raises(ValueError, match=sentence):
            attachments.read_attachment(tmp_path / name)
