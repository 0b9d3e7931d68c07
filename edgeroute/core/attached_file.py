"""A file of this machine as a part of a message, as every front door attaches it."""

from __future__ import annotations

import mimetypes
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from edgeroute.core.messages import File, FolderLabel, Image

MAX_BYTES: Final = 20 * 1024 * 1024
_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def typed_path(name: str) -> Path:
    """The file that a person means by ``name``: ``~`` is their home, and what a terminal pastes for
    a file that is dropped on it (in quotes, with backslashes, as a URL) is read as it is meant.

    Raises:
        ValueError: ``~`` names nobody of this machine.
    """
    try:
        path = Path(name).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{name}: there is no such user here.") from error
    if path.exists():
        return path
    with suppress(ValueError):  # a quote that is not closed
        words = shlex.split(name)
        path = Path(words[0]) if len(words) == 1 and words[0] != name else path
    said = str(path)
    return Path(unquote(said[5:])) if said.startswith("file:/") else path


def read_attachment(path: Path, folder: FolderLabel = "") -> File | Image:
    """The file at ``path`` as a part of a message; ``folder`` is how the user labelled its folder.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, or larger than 20 MiB.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder; attach the files in it one by one.")
    if not path.exists():
        raise ValueError(f"There is no file {path}.")
    if not path.is_file():
        raise ValueError(f"{path} is no file; what a program writes can be piped in.")
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path} is larger than 20 MiB; attach a smaller part of it.")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    data = path.read_bytes()
    if kind in _IMAGES:
        return Image(kind, data, folder=folder)
    return File(path.name, kind, data, folder)
