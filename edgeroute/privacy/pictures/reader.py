"""Whether a picture may leave, and the text in it that is judged like any other."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgeroute.core.pictures import allowed_as
from edgeroute.encoders.bert import EncoderMissing
from edgeroute.encoders.faces import FILE, NAME, FaceModel
from edgeroute.privacy.pictures.documents import document
from edgeroute.privacy.pictures.frames import NotReadable, frames, words_beside
from edgeroute.privacy.pictures.tesseract import Tesseract

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES: Final = 20 * 1024 * 1024
_FACE: Final = 0.35  # how likely one must be; measured on photographs and screens
_SIZES: Final = (320, 640, 1_280)  # pixels of the longer side: near faces, far ones
_TURNED: Final = 640
_TURNS: Final = (90, 180, 270)


def lacking(models: Path) -> list[str]:
    """What this machine needs to read pictures and has not, each with how to get it."""
    needed = {
        "tesseract (install it with the system's packages)": Tesseract.find() is not None,
        "Pillow (`pip install 'edgeroute[pictures]'`)": find_spec("PIL") is not None,
        f"the model {NAME} (`edgeroute models pull {NAME}`)": (models / FILE).is_file(),
    }
    return [what for what, here in needed.items() if not here]


class PictureKept(Exception):
    """The picture stays here; the message is a sentence that quotes nothing of it."""


class PictureReader:
    """Reads pictures with ``text`` and looks for faces with the model in the folder ``models``.

    ``allowed`` tells what is on the user's allow list. A picture on it may show a face, be of a
    document or be one that cannot be read; text that can be read in it is judged all the same.
    Without ``text`` nothing can be read.
    """

    def __init__(
        self, text: Tesseract | None, models: Path, allowed: Callable[[str], bool]
    ) -> None:
        self._text = text
        self._models = models
        self._allowed = allowed
        self._faces: FaceModel | None = None

    def read(self, data: bytes) -> str:
        """All text in the picture ``data``; empty where there is none.

        Raises:
            PictureKept: it stays here whatever its text is.
        """
        vouched = self._allowed(allowed_as(data))
        words: list[str] = []
        for look in (self._beside, self._shown):
            try:
                look(data, words, vouched=vouched)
            except NotReadable as error:
                if not vouched:
                    raise PictureKept(f"{error} What cannot be read stays here.") from error
        text = "\n".join(words)
        if not vouched and (kind := document(text)):
            raise PictureKept(f"A picture is of {kind}, so it stays here.")
        return text

    def _beside(self, data: bytes, words: list[str], *, vouched: bool) -> None:  # noqa: ARG002
        """Take in the ``words`` that lie beside the picture in its file."""
        if self._text is None:
            raise NotReadable("A picture cannot be read here.")
        if len(data) > MAX_BYTES:
            raise NotReadable("A picture is too large to be read.")
        words += words_beside(data)

    def _shown(self, data: bytes, words: list[str], *, vouched: bool) -> None:
        """Take in the ``words`` that the picture shows."""
        if self._text is None or len(data) > MAX_BYTES:
            return
        for frame in frames(data):
            if not vouched and self._shows_face(frame):
                raise PictureKept("A picture shows a face, so it stays here.")
            found = self._text.read(frame)
            words.append(found.text)
            if not vouched and not found.certain:
                raise NotReadable("A picture holds writing that cannot be read with certainty.")

    def _shows_face(self, frame: Image) -> bool:
        """Whether there is a face in ``frame``, near or far, whichever way up it is."""
        import numpy  # noqa: ICN001, PLC0415

        if self._faces is None:
            try:
                self._faces = FaceModel(self._models)
            except EncoderMissing as error:
                raise NotReadable("A picture cannot be searched for faces here.") from error
        near = (_fitted(frame, size) for size in _SIZES)
        turned = (_fitted(frame, _TURNED).rotate(turn, expand=True) for turn in _TURNS)
        return any(
            self._faces.likeliest(numpy.asarray(view)) >= _FACE
            for views in (near, turned)
            for view in views
        )


def _fitted(frame: Image, size: int) -> Image:
    """``frame`` with a longer side of ``size`` pixels."""
    factor = size / max(frame.size)
    return frame.resize((max(1, round(frame.width * factor)), max(1, round(frame.height * factor))))
