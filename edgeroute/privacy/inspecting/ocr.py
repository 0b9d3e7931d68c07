"""Text in pictures, read by the tesseract program of this machine where the user turned that on,
and the user's word for those that nothing here can read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Final

from edgeroute.core.pictures import allowed_as

MAX_BYTES: Final = 20 * 1024 * 1024
SECONDS: Final = 20.0


class UnreadableImage(Exception):
    """The picture cannot be read; the message is a sentence that names no content."""


class Tesseract:
    """Reads pictures with ``program``, in the ``languages`` whose data tesseract has."""

    def __init__(self, program: str, languages: str = "eng") -> None:
        self._program = program
        self._languages = languages

    @classmethod
    def find(cls, languages: str = "eng") -> Tesseract | None:
        """The tesseract on this machine, or None where there is none."""
        program = shutil.which("tesseract")
        return cls(program, languages) if program else None

    def read(self, data: bytes) -> str:
        """The text in the picture ``data``; empty where there is none.

        Raises:
            UnreadableImage: too large, not a picture, or tesseract failed or took too long.
        """
        if len(data) > MAX_BYTES:
            raise UnreadableImage("The picture is too large to be read.")
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program, the picture goes through a pipe
                [self._program, "stdin", "stdout", "-l", self._languages],
                input=data,
                capture_output=True,
                timeout=SECONDS,
                check=True,
                env={"PATH": os.environ.get("PATH", ""), "OMP_THREAD_LIMIT": "1"},
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise UnreadableImage("The picture could not be read.") from error
        return done.stdout.decode("utf-8", "replace")


class Vouched:
    """Reads pictures with ``reader``, and takes the user's word for one that cannot be read.

    What can be read is judged by its text, whatever the user has said. ``allowed`` tells what is on
    the user's allow list.
    """

    def __init__(self, reader: Tesseract | None, allowed: Callable[[str], bool]) -> None:
        self._reader = reader
        self._allowed = allowed

    def read(self, data: bytes) -> str:
        """The text in the picture ``data``; empty where there is none, or the user vouches for it.

        Raises:
            UnreadableImage: nothing here can read it, and the user has not said that it may leave.
        """
        vouched = self._allowed(allowed_as(data))
        if self._reader is None and not vouched:
            raise UnreadableImage("A picture cannot be read here.")
        try:
            return self._reader.read(data) if self._reader else ""
        except UnreadableImage:
            if vouched:
                return ""
            raise
