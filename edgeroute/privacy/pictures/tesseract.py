"""Text in pictures, read by the tesseract program of this machine."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final, NamedTuple

from edgeroute.privacy.pictures.frames import NotReadable

if TYPE_CHECKING:
    from PIL.Image import Image

SECONDS: Final = 20.0
_LARGE: Final = 1_600  # pixels: small pictures are doubled, since small letters are misread
_SURE: Final = 60.0  # of 100
_LEAST: Final = 3  # letters and digits of a word
_MANY: Final = 10  # words
_TURNS: Final = (90, 180, 270)
_WHOLE_PAGE, _SPARSE = "3", "11"  # how tesseract looks for text


class TextReading(NamedTuple):
    """Lines of text, and how many words are sure and how many are not."""

    text: str
    sure: int
    unsure: int

    @property
    def certain(self) -> bool:
        """Whether there is no writing in it that is mostly guessed."""
        return self.unsure < _MANY or self.unsure <= self.sure


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

    def read(self, picture: Image) -> TextReading:
        """The text in ``picture``, whichever way up it is; empty where there is none.

        Raises:
            NotReadable: tesseract failed or took too long.
        """
        if max(picture.size) <= _LARGE:
            picture = picture.resize((picture.width * 2, picture.height * 2))
        small = picture.copy()
        small.thumbnail((_LARGE, _LARGE))
        page = self._look(picture, _WHOLE_PAGE)
        readings = [page, self._look(picture, _SPARSE)]
        readings += [
            self._look(picture.rotate(turn, expand=True), _WHOLE_PAGE)
            for turn in _TURNS
            if self._look(small.rotate(turn, expand=True), _WHOLE_PAGE).sure > page.sure
        ]
        text = "\n".join(reading.text for reading in readings if reading.text.strip())
        return max(readings, key=lambda reading: reading.sure)._replace(text=text)

    def _look(self, picture: Image, how: str) -> TextReading:
        given = io.BytesIO()
        picture.save(given, "PPM")
        command = [self._program, "stdin", "stdout", "-l", self._languages, "--psm", how, "tsv"]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program, the picture goes through a pipe
                command,
                input=given.getvalue(),
                capture_output=True,
                timeout=SECONDS,
                check=True,
                env={"PATH": os.environ.get("PATH", ""), "OMP_THREAD_LIMIT": "1"},
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise NotReadable("A picture could not be read.") from error
        return _reading(done.stdout.decode("utf-8", "replace"))


def _reading(table: str) -> TextReading:
    """What tesseract's ``table`` says: a row a word, with its page, block, paragraph and line."""
    lines: dict[tuple[str, ...], list[str]] = {}
    sure = unsure = 0
    for row in table.splitlines()[1:]:
        cells = row.split("\t", 11)
        if len(cells) < 12 or cells[0] != "5":
            continue
        word = cells[11].strip()
        certain = float(cells[10]) >= _SURE
        long = sum(sign.isalnum() for sign in word) >= _LEAST
        if long:
            sure, unsure = sure + certain, unsure + (not certain)
        if long or certain:  # the rest is what leaves and cracks look like
            lines.setdefault(tuple(cells[1:5]), []).append(word)
    return TextReading("\n".join(" ".join(words) for words in lines.values()), sure, unsure)
