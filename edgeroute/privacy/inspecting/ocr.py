"""Text in pictures, read by the tesseract program of this machine where the user turned that on."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Final

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
