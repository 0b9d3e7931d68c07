"""Pictures in the chat: saved beside the user's data, and named in the transcript."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgeroute.core.messages import Image, Message
from edgeroute.core.pictures import save
from edgeroute.core.words import size

if TYPE_CHECKING:
    from edgeroute.core.answer import Answer


def answer_text(message: Message) -> str:
    """An answer's text, with a word for each picture in it."""
    pictures = [_named(part) for part in message.parts if isinstance(part, Image)]
    return "\n\n".join(filter(None, (message.text, *pictures)))


def saved(answer: Answer, folder: Path, receipt: str) -> list[str]:
    """A sentence on where each picture of ``answer`` is now. ``receipt`` names the files."""
    sentences = [f"at {image.url}, not fetched" for image in answer.images if image.url]
    try:
        paths = save(answer.images, folder, f"edgeroute-{receipt}")
    except OSError as error:
        return [*sentences, f"cannot be saved in {folder}: {error.strerror}"]
    return [*(f"saved as {path}" for path in paths), *sentences]


def _named(image: Image) -> str:
    if not image.data:
        return f"[picture at {image.url}]"
    return f"[picture, {image.media_type}, {size(len(image.data))}]"
