"""The whole text of an attached file, or the reason why it cannot be read whole.

What we cannot read we cannot clear, so every doubt is an error: encrypted, damaged, too large, a
picture inside, nothing to read. Nothing is executed, fetched or written to disk.
"""

from __future__ import annotations

import html.parser
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from edgeroute.core.encoding import decoded
from edgeroute.privacy.inspecting.pdf_text import (
    MAX_PAGES,
    MAX_TEXT,
    Withheld,
    shown_on_pages,
    text_of_pdf,
)

__all__ = ["MAX_BYTES", "MAX_PAGES", "MAX_TEXT", "UnreadableFile", "shown_in", "text_of"]

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_UNPACKED: Final = 60 * 1024 * 1024
MAX_PARTS: Final = 2_000
MAX_RATIO: Final = 150

_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class UnreadableFile(Exception):
    """The file cannot be read whole; the message is a sentence that names no content."""


def text_of(media_type: str, data: bytes) -> str:
    """Everything that a reader of the file could see, plus what it hides (comments, properties).

    What the file *is* decides how it is read; ``media_type`` only tells HTML from other text.

    Raises:
        UnreadableFile: it cannot be read whole.
    """
    with _as_sentences(data):
        if _is_pdf(data):
            text = text_of_pdf(data)
        elif data.startswith(b"PK"):
            text = _docx(data)
        else:
            text = _plain(data)
            if _is_html(media_type, text):
                text = f"{text}\n{_without_tags(text)}"
    return _checked(text)


def shown_in(media_type: str, data: bytes) -> str:
    """What a reader of the file sees, for a model to read: no proof that nothing else is there.

    Raises:
        UnreadableFile: nothing of it can be read.
    """
    with _as_sentences(data):
        if _is_pdf(data):
            text = shown_on_pages(data)
        elif data.startswith(b"PK"):
            text = _pages(data)
        else:
            text = _plain(data)
            text = _without_tags(text) if _is_html(media_type, text) else text
    return _checked(text)


def _is_pdf(data: bytes) -> bool:
    return data[:1024].lstrip().startswith(b"%PDF-")


def _is_html(media_type: str, text: str) -> bool:
    begins = text.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))
    return begins or "html" in media_type.lower()


@contextmanager
def _as_sentences(data: bytes) -> Iterator[None]:
    """Refuse ``data`` that is too large; whatever a parser of it raises becomes a sentence."""
    if len(data) > MAX_BYTES:
        raise UnreadableFile(f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    try:
        yield
    except UnreadableFile:
        raise
    except Withheld as error:
        raise UnreadableFile(str(error)) from error
    except RecursionError as error:
        raise UnreadableFile("The file is nested too deeply to be read.") from error
    except Exception as error:
        # The parsers raise dozens of types for damaged files, and a file is never worth a crash.
        raise UnreadableFile("The file is damaged or of a kind that cannot be read.") from error


def _checked(text: str) -> str:
    if not text.strip():
        raise UnreadableFile("The file holds no text that can be read.")
    if len(text) > MAX_TEXT:
        raise UnreadableFile(f"The file holds more than {MAX_TEXT:,} characters.")
    return text


def _plain(data: bytes) -> str:
    """Text, Markdown, CSV, JSON, code, HTML."""
    try:
        text = decoded(data)
    except ValueError as error:
        raise UnreadableFile("The file is not text.") from error
    if any(ord(sign) < 9 or 13 < ord(sign) < 27 for sign in set(text)):
        raise UnreadableFile("The file is not text.")
    return text


def _without_tags(text: str) -> str:
    """What a browser would show: entities resolved, words joined that tags split."""
    parser = _ShownText()
    parser.feed(text)
    parser.close()
    return "".join(parser.shown)


class _ShownText(html.parser.HTMLParser):
    """Collects the text between tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def _word_file(data: bytes) -> Any:
    import docx  # noqa: PLC0415 - only who attaches a Word file pays for it

    _check_archive(data)
    return docx.Document(io.BytesIO(data))


def _pages(data: bytes) -> str:
    """The paragraphs of a Word file, those of tables and boxes included, each once."""
    paragraph, said = f"{_WORD}p", f"{_WORD}t"
    return "\n".join(
        "".join(
            one.text or "" for one in each.iter(said) if next(one.iterancestors(paragraph)) is each
        )
        for each in _word_file(data).element.body.iter(paragraph)
    )


def _docx(data: bytes) -> str:
    """Every part of a Word file: body, tables, headers, notes, comments, properties."""
    document = _word_file(data)
    texts: list[str] = []
    for part in document.part.package.iter_parts():
        name = str(part.partname).lower()
        if not name.endswith((".xml", ".rels")):
            raise UnreadableFile("The Word file holds a picture or another file.")
        texts += _xml(part.blob)
        texts += [rel.target_ref for rel in part.rels.values() if rel.is_external]
    return "\n".join(texts)


def _check_archive(data: bytes) -> None:
    """Refuse an archive that unpacks to more than a document needs."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableFile("The file is encrypted.")
    unpacked = sum(part.file_size for part in parts)
    ratio = unpacked / max(1, len(data))
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or ratio > MAX_RATIO:
        raise UnreadableFile("The file unpacks to more than a document needs.")


def _xml(blob: bytes) -> Iterator[str]:
    """Text of each paragraph of an XML part, its runs joined; other text one by one."""
    from docx.oxml import parse_xml  # noqa: PLC0415 - resolves no entity, see its parser

    inside: set[Any] = set()
    root = parse_xml(blob)
    for paragraph in root.iter(f"{_WORD}p"):
        runs = list(paragraph.iter(f"{_WORD}t", f"{_WORD}delText", f"{_WORD}instrText"))
        inside.update(runs)
        yield "".join(run.text or "" for run in runs)
    for element in root.iter():
        if element not in inside and element.text and element.text.strip():
            yield element.text
        for name in ("descr", "title", f"{_WORD}author", f"{_WORD}initials"):
            if value := element.get(name):
                yield value
