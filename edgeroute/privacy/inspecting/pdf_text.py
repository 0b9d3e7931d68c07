"""Every text of a PDF, wherever it stands: what pages show, and what any object of the file holds.

Pages are a small part of a PDF. Outlines, form fields, annotations, replacement texts, scripts
and properties are strings in its objects, so each string of each object is read. What a stream is
for is told by who refers to it. A picture, another file, an older version of an object and drawings
that no page shows are reasons to hold the file.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from edgeroute.core.encoding import decoded

MAX_PAGES: Final = 300
MAX_TEXT: Final = 2_000_000
MAX_OBJECTS: Final = 100_000
_MAX_DEPTH: Final = 60
# Streams under these keys hold text, or drawings of letters and colours, in forms of their own.
_SCRIPTS: Final = frozenset({"/JS", "/XFA", "/RC", "/RV", "/V", "/DV", "/Metadata", "/DS"})
_DRAWN: Final = frozenset({
    "/FontFile", "/FontFile2", "/FontFile3", "/ToUnicode", "/CIDToGIDMap", "/CIDSet", "/Encoding",
    "/UseCMap", "/Function", "/Functions", "/TR", "/TR2", "/BG", "/BG2", "/UCR", "/UCR2", "/HT",
    "/Shading", "/DestOutputProfile", "/ColorSpace", "/CS", "/DefaultRGB", "/DefaultGray",
    "/DefaultCMYK", "/ICCBased", "/CharProcs",
})  # fmt: skip
_FILES: Final = frozenset({"/EF", "/RF", "/Sound", "/Movie", "/3DD", "/Renditions"})
_OBJECT: Final = re.compile(rb"(?<![0-9])\d{1,10}[ \t\r\n\f\0]+\d{1,5}[ \t\r\n\f\0]+obj(?![a-z])")
_TABLE: Final = re.compile(
    rb"\d{10} \d{5} [fn]|<[0-9A-Fa-f\s]*>|/\w+|\b\d+ \d+ R\b|%%EOF|startxref\s+\d+|%PDF-[\d.]+"
)
_WORDY: Final = re.compile(
    r"/[A-Za-z]{1,40}[0-9]{0,3}|/[A-Z]{6}\+[\w,.-]+|/[\w,+-]*[A-Za-z][\w,+-]*"
)
_MARKED: Final = re.compile(rb">>\s*(?:BDC|DP)(?![A-Za-z])")
_PROPERTIES: Final = 3_000  # bytes of a mark of a drawing
_SHOWS: Final = re.compile(rb"(?:[)>\]]\s*(?:T[jJ]|'|\")|\bDo)\s")  # operators that draw text
_GLYPH: Final = re.compile(rb"[\s\d.-]{1,200}d[01]\s")  # a letter of a font that is drawn
_BINARY: Final = 0.1


class Withheld(Exception):
    """The file cannot be read whole; the message is a sentence that names no content."""


def text_of_pdf(data: bytes) -> str:
    """What the PDF shows and holds.

    Raises:
        Withheld: it cannot be read whole.
        Exception: it is damaged; the parser has many types for that.
    """
    reader = _opened(data)
    if reader.attachments:
        raise Withheld("The PDF holds other files.")
    texts: list[str] = []
    size = 0
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        if len(page.images):
            raise Withheld(f"Page {number} of the PDF holds a picture.")
        if not text.strip():
            raise Withheld(f"Page {number} of the PDF holds no text that can be read.")
        texts += [text, *_replacements(page, reader)]
        size += len(text)
        if size > MAX_TEXT:
            return "\n".join(texts)
    return "\n".join([*texts, *_Objects(reader, data).texts()])


def shown_on_pages(data: bytes) -> str:
    """What the pages show as text, one after another.

    Raises:
        Withheld: it is encrypted, or has too many pages.
        Exception: it is damaged.
    """
    return "\n\n".join(page.extract_text() for page in _opened(data).pages)


def _opened(data: bytes) -> Any:
    import pypdf  # noqa: PLC0415 - only who attaches a PDF pays for it

    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        raise Withheld("The PDF is encrypted.")
    if len(reader.pages) > MAX_PAGES:
        raise Withheld(f"The PDF has more than {MAX_PAGES} pages.")
    return reader


class _Objects:
    """All objects of a file, read one by one."""

    def __init__(self, reader: Any, data: bytes) -> None:
        self._reader = reader
        self._data = data
        self._roles: dict[int, set[str]] = defaultdict(set)
        self._streams: dict[int, Any] = {}
        self._said: list[str] = []
        self._shown = {number for page in reader.pages for number in _drawn_by(page)}

    def texts(self) -> Iterator[str]:
        from pypdf.generic import IndirectObject  # noqa: PLC0415 - as above

        places = {
            number: (place, version)
            for version, table in self._reader.xref.items()
            for number, place in table.items()
            if place and number
        }
        numbers = {*places, *self._reader.xref_objStm}
        if len(numbers) > MAX_OBJECTS:
            raise Withheld("The PDF has more objects than a document needs.")
        self._walk(self._reader.trailer, "/Root", 0)
        for number in sorted(numbers):
            version = places[number][1] if number in places else 0
            found = self._reader.get_object(IndirectObject(number, version, self._reader))
            if hasattr(found, "get_data"):
                self._streams[number] = found
            self._walk(found, "", 0)
        yield from dict.fromkeys(self._said)
        for number, stream in self._streams.items():
            yield from self._stream(number, stream)
        yield from self._between({number: place for number, (place, _) in places.items()})

    def _walk(self, value: Any, key: str, depth: int) -> None:
        """Collect the strings of ``value``, which stands under ``key``, and who refers to whom."""
        if depth > _MAX_DEPTH:
            raise Withheld("The PDF is nested too deeply.")
        if hasattr(value, "idnum"):
            self._roles[value.idnum].add(key)
        elif isinstance(value, dict):
            if _FILES & value.keys() or value.get("/Type") == "/EmbeddedFile":
                raise Withheld("The PDF holds other files.")
            for name in [*value]:
                self._name(str(name))
                if name != "/ID" or "/Root" not in value:  # a digest that every file has
                    self._walk(dict.__getitem__(value, name), str(name), depth + 1)
        elif isinstance(value, list):
            role = key if key != "" or not value else str(value[0])
            for item in list.__iter__(value):
                self._walk(item, role if role != "/ColorSpace" else "/CS", depth + 1)
        elif isinstance(value, bytes):
            self._said.append(_told(bytes(value)))
        elif isinstance(value, str):
            if type(value).__name__ == "NameObject":
                self._name(value)
            else:
                self._said.append(str(value))

    def _name(self, name: str) -> None:
        """A name is read where it is more than the name of a kind."""
        if not _WORDY.fullmatch(name) or re.search(r"\d{5}", name):
            self._said.append(name.lstrip("/"))

    def _stream(self, number: int, stream: Any) -> Iterator[str]:
        kind, subtype = stream.get("/Type"), stream.get("/Subtype")
        roles = self._roles[number]
        if kind == "/XRef":
            return
        if kind == "/ObjStm":
            self._refuse_old(number, stream)
        elif subtype == "/Image" or "/Thumb" in roles:
            raise Withheld("The PDF holds a picture.")
        elif subtype == "/Form" or stream.get("/PatternType") == 1:
            yield self._reader.pages[0].extract_xform_text(stream)
            yield from _replacements(stream, self._reader)
        elif subtype == "/XML" or roles & _SCRIPTS:
            yield decoded(stream.get_data(), "replace")
        elif number not in self._shown and not (roles and roles <= _DRAWN) and not _shapes(stream):
            data = stream.get_data()
            if _SHOWS.search(data):
                raise Withheld("The PDF holds drawings that no page shows.")
            if not _GLYPH.match(data):
                yield _told(data)

    def _refuse_old(self, number: int, stream: Any) -> None:
        """Refuse a store of objects one of which has a newer version elsewhere."""
        head = stream.get_data()[: int(stream["/First"])].split()
        for index, held in enumerate(head[::2]):
            if self._reader.xref_objStm.get(int(held)) != (number, index):
                raise Withheld("The PDF holds earlier versions of what it shows.")

    def _between(self, places: dict[int, int]) -> Iterator[str]:
        """What lies between the objects; an object that is not in use is an earlier version."""
        used = {self._begin(place): number for number, place in places.items()}
        at = 0
        for begin in sorted(used):
            yield from self._gap(at, begin)
            stream = self._streams.get(used[begin])
            after = begin
            if stream is not None:
                after = self._data.find(b"stream", begin) + len(stream._data)  # noqa: SLF001
            at = self._data.find(b"endobj", after) + len(b"endobj")
            if at < begin:
                return
        yield from self._gap(at, len(self._data))

    def _begin(self, place: int) -> int:
        match = _OBJECT.search(self._data, place, place + 64)
        return match.start() if match else place

    def _gap(self, start: int, end: int) -> Iterator[str]:
        gap = self._data[start:end]
        if _OBJECT.search(gap):
            raise Withheld("The PDF holds earlier versions of what it shows.")
        rest = b" ".join(_TABLE.sub(b" ", gap).split())
        if any(sign.isalpha() for sign in rest.decode("latin-1")):
            yield _told(rest, least=len(gap))


def _drawn_by(page: Any) -> Iterator[int]:
    """The numbers of the streams that ``page`` shows."""
    if "/Contents" not in page:
        return
    shown = page.raw_get("/Contents")
    inner = page["/Contents"]
    for one in list.__iter__(inner) if isinstance(inner, list) else (shown,):
        if hasattr(one, "idnum"):
            yield one.idnum


def _shapes(stream: Any) -> bool:
    """Whether it is a function, a shading, a colour profile or a table of characters."""
    return bool(
        stream.keys() & {"/FunctionType", "/ShadingType", "/HalftoneType", "/CMapName"}
        or ("/N" in stream and "/Alternate" in stream)
    )


def _told(data: bytes, *, least: int = 64) -> str:
    """``data`` as text.

    Raises:
        Withheld: it is a long run of something else.
    """
    text = decoded(data, "replace") if data[:2] in {b"\xfe\xff", b"\xff\xfe"} else ""
    text = text or data.decode("latin-1")
    odd = sum(not sign.isprintable() and sign not in "\r\n\t" for sign in text)
    if len(text) > least and odd > _BINARY * len(text):
        raise Withheld("The PDF holds data that cannot be read.")
    return text


def _replacements(holder: Any, reader: Any) -> Iterator[str]:
    """Texts that stand for others in the drawing of a page or a form (ActualText, Alt, E)."""
    from pypdf.generic import ContentStream  # noqa: PLC0415 - as above

    drawn = holder.get_contents() if hasattr(holder, "get_contents") else holder
    if drawn is None or not _speaks(drawn.get_data()):
        return
    for operands, operator in ContentStream(drawn, reader).operations:
        if operator in {b"BDC", b"DP"}:
            for value in operands:
                yield from _strings(value, 0)


def _speaks(drawing: bytes) -> bool:
    """Whether a mark in ``drawing`` has more than numbers and names in it."""
    for mark in _MARKED.finditer(drawing):
        near = drawing[max(0, mark.start() - _PROPERTIES) : mark.start()]
        _, begun, properties = near.rpartition(b"<<")
        if not begun or any(sign in properties for sign in (b"(", b"<", b">", b"#", b"%")):
            return True
    return False


def _strings(value: Any, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise Withheld("The PDF is nested too deeply.")
    if isinstance(value, dict):
        for item in value.values():
            yield from _strings(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, depth + 1)
    elif isinstance(value, bytes):
        yield _told(bytes(value))
    elif isinstance(value, str):
        yield str(value)
