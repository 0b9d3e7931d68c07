"""Pictures as bytes: what kind they are, and how they become files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from edgeroute.core.messages import Image
from edgeroute.core.private_file import make_private_folder

SUFFIXES: Final = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/svg+xml": ".svg",
}


def media_type_of(data: bytes) -> str:
    """The kind of picture that ``data`` is, by its first bytes; empty for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    start = data[:512].lstrip().lower()
    return "image/svg+xml" if start.startswith((b"<svg", b"<?xml")) and b"<svg" in start else ""


def allowed_as(data: bytes) -> str:
    """How the picture ``data``, to the byte, stands on the user's allow list."""
    return f"picture {hashlib.sha256(data).hexdigest()}"


def save(images: Iterable[Image], folder: Path, stem: str) -> list[Path]:
    """Write the bytes of ``images`` to new files ``stem-1.png`` and so on; only the owner reads
    them or enters a folder made for them. An image that is just an address is left out: nothing
    is fetched.

    Raises:
        OSError: the folder cannot be made or written. A file that is there is never replaced.
    """
    make_private_folder(folder)
    paths: list[Path] = []
    for number, image in enumerate((image for image in images if image.data), 1):
        path = folder / f"{stem}-{number}{SUFFIXES.get(image.media_type, '.bin')}"
        path.touch(0o600, exist_ok=False)
        path.write_bytes(image.data)
        paths.append(path)
    return paths
