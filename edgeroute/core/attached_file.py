"""A file of this machine as a part of a message, as every front door attaches it."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Final

from edgeroute.core.messages import File, FolderLabel, Image

MAX_BYTES: Final = 20 * 1024 * 1024
_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def read_attachment(path: Path, folder: FolderLabel = "") -> File | Image:
    """The file at ``path`` as a part of a message; ``folder`` is how the user labelled its folder.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, or larger than 20 MiB.
    """
    if not path.is_file():
        raise ValueError(f"{path} is no file.")
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path} is larger than 20 MiB; attach a smaller part of it.")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    data = path.read_bytes()
    if kind in _IMAGES:
        return Image(kind, data, folder=folder)
    return File(path.name, kind, data, folder)
