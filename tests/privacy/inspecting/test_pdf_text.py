"""A PDF hides nothing: what is in any place of it is read, or the file is held."""

from __future__ import annotations

import contextlib
import zlib

import pytest

from edgeroute.privacy.inspecting.attachments import UnreadableFile, text_of
from tests.support.documents import changed_pdf, pdf, pdf_with, stream

PLANT = "521-44-9821"
HEX = PLANT.encode().hex()
WIDE = "feff" + PLANT.encode("utf-16-be").hex()


def text(name: str, head: str = "") -> bytes:
    """A stream with a plant in it, packed as most are."""
    packed = zlib.compress(f"{name} {PLANT}".encode())
    return stream(packed, head=f"/Filter /FlateDecode {head}")


def revised(old: str, new: str) -> bytes:
    """A PDF whose page showed ``old`` before somebody appended a version that shows ``new``."""
    first = pdf(old)
    start = int(first.split(b"startxref")[1].split()[0])
    body = f"BT /F1 12 Tf 72 720 Td ({new}) Tj ET".encode()
    place = len(first)
    changed = b"5 0 obj\n%s\nendobj\n" % stream(body)
    table = b"xref\n5 1\n%010d 00000 n \n" % place
    trailer = b"trailer\n<< /Size 6 /Root 1 0 R /Prev %d >>\n" % start
    end = b"startxref\n%d\n%%%%EOF\n" % (place + len(changed))
    return first + changed + table + trailer + end


OUTLINE = "/Outlines 6 0 R"
NOTE = "/Annots [6 0 R]"
FIELD = "/AcroForm << /Fields [6 0 R] >>"
PLACES: dict[str, bytes] = {
    "outline": pdf_with(
        b"<< /First 7 0 R /Last 7 0 R /Count 1 >>",
        f"<< /Title ({PLANT}) /Parent 6 0 R >>".encode(), root=OUTLINE),
    "outline in hex": pdf_with(
        b"<< /First 7 0 R >>", f"<< /Title <{WIDE}> /Parent 6 0 R >>".encode(), root=OUTLINE),
    "field value": pdf_with(f"<< /FT /Tx /T (f) /V ({PLANT}) >>".encode(), root=FIELD),
    "field value in a stream": pdf_with(
        b"<< /FT /Tx /T (f) /V 7 0 R >>", text("v"), root=FIELD),
    "field hint": pdf_with(f"<< /FT /Tx /T (f) /TU ({PLANT}) >>".encode(), root=FIELD),
    "field choice": pdf_with(
        f"<< /FT /Ch /T (f) /Opt [[(a) ({PLANT})]] >>".encode(), root=FIELD),
    "field of a page only": pdf_with(
        f"<< /Subtype /Widget /FT /Tx /V ({PLANT}) /Rect [0 0 9 9] >>".encode(), page=NOTE),
    "state of a box": pdf_with(
        f"<< /Subtype /Widget /FT /Btn /AP << /N << /{PLANT} 7 0 R >> >> >>".encode(),
        stream(b"q Q", head="/Subtype /Form /BBox [0 0 9 9]"), page=NOTE),
    "looks of a field": pdf_with(
        b"<< /Subtype /Widget /FT /Tx /AP << /N 7 0 R >> /Rect [0 0 9 9] >>",
        stream(f"BT /F1 9 Tf ({PLANT}) Tj ET".encode(),
               head="/Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 3 0 R >> >>"),
        page=NOTE),
    "note": pdf_with(f"<< /Subtype /Text /Contents ({PLANT}) >>".encode(), page=NOTE),
    "rich note": pdf_with(
        f"<< /Subtype /FreeText /RC (<p>{PLANT}</p>) >>".encode(), page=NOTE),
    "rich note in a stream": pdf_with(
        b"<< /Subtype /FreeText /RC 7 0 R >>", text("<p>"), page=NOTE),
    "stamp text": pdf_with(f"<< /Subtype /Redact /OverlayText ({PLANT}) >>".encode(), page=NOTE),
    "link": pdf_with(
        f"<< /Subtype /Link /A << /S /URI /URI (http://a.test/{PLANT}) >> >>".encode(), page=NOTE),
    "chained link": pdf_with(
        f"<< /Subtype /Link /A << /S /Named /N /X /Next << /URI ({PLANT}) >> >> >>".encode(),
        page=NOTE),
    "actual text in a drawing": pdf_with(
        content=f"/Span << /ActualText ({PLANT}) >> BDC BT ( ) Tj ET EMC"),
    "actual text in hex": pdf_with(content=f"/Span << /ActualText <{WIDE}> >> BDC EMC"),
    "point in a drawing": pdf_with(content=f"/Note << /Alt ({PLANT}) >> DP"),
    "actual text of a part": pdf_with(
        f"<< /Type /StructTreeRoot /K << /S /P /ActualText ({PLANT}) >> >>".encode(),
        root="/StructTreeRoot 6 0 R"),
    "alternative text": pdf_with(
        f"<< /Type /StructTreeRoot /K [<< /S /Figure /Alt ({PLANT}) >>] >>".encode(),
        root="/StructTreeRoot 6 0 R"),
    "script": pdf_with(
        f"<< /S /JavaScript /JS (app.alert('{PLANT}')) >>".encode(), root="/OpenAction 6 0 R"),
    "script in a stream": pdf_with(
        b"<< /S /JavaScript /JS 7 0 R >>", text("app.alert"), root="/OpenAction 6 0 R"),
    "named script": pdf_with(
        f"<< /Names [(n) << /S /JavaScript /JS ({PLANT}) >>] >>".encode(),
        root="/Names << /JavaScript 6 0 R >>"),
    "form in XML": pdf_with(text("<xdp>"), root="/AcroForm << /XFA [(template) 6 0 R] >>"),
    "properties": changed_pdf(pdf("One page"), author=PLANT),
    "properties in XML": pdf_with(
        text("<x>", "/Type /Metadata /Subtype /XML"), root="/Metadata 6 0 R"),
    "properties of a page": pdf_with(
        text("<x>", "/Type /Metadata /Subtype /XML"), page="/Metadata 6 0 R"),
    "private data": pdf_with(page=f"/PieceInfo << /App << /Private ({PLANT}) >> >>"),
    "private data in a stream": pdf_with(
        text("x"), page="/PieceInfo << /App << /Private 6 0 R >> >>"),
    "page label": pdf_with(root=f"/PageLabels << /Nums [0 << /P ({PLANT}) >>] >>"),
    "layer": pdf_with(
        f"<< /Type /OCG /Name ({PLANT}) >>".encode(), root="/OCProperties << /OCGs [6 0 R] >>"),
    "destination": pdf_with(root=f"/Dests << /{PLANT} [4 0 R /Fit] >>"),
    "destination with escapes": pdf_with(
        root="/Dests << /" + "".join(f"#{b:02x}" for b in PLANT.encode()) + " [4 0 R /Fit] >>"),
    "article": pdf_with(f"<< /I << /Title ({PLANT}) >> >>".encode(), root="/Threads [6 0 R]"),
    "embedded file": changed_pdf(pdf("One page"), attachment="a.txt"),
    "attached to a note": pdf_with(
        b"<< /Subtype /FileAttachment /FS << /F (a) /EF << /F 7 0 R >> >> >>",
        text("x", "/Type /EmbeddedFile"), page=NOTE),
    "associated file": pdf_with(
        b"<< /Type /Filespec /F (a) /EF << /F 7 0 R >> >>", text("x"), root="/AF [6 0 R]"),
    "sound": pdf_with(
        b"<< /Subtype /Sound /Sound 7 0 R >>", stream(bytes(200), head="/R 8000"), page=NOTE),
    "small picture of a page": pdf_with(
        stream(bytes(200), head="/Width 10 /Height 20"), page="/Thumb 6 0 R"),
    "picture in a note": pdf_with(
        b"<< /Subtype /Stamp /AP << /N 7 0 R >> >>",
        stream(b"/Im1 Do", head="/Subtype /Form /BBox [0 0 9 9]"
               " /Resources << /XObject << /Im1 8 0 R >> >>"),
        stream(b"\0", head="/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8"
               " /ColorSpace /DeviceGray"),
        page=NOTE),
    "object of nobody": pdf_with(f"({PLANT})".encode()),
    "stream of nobody": pdf_with(text("x")),
    "page of nobody": pdf_with(
        b"<< /Type /Page /MediaBox [0 0 9 9] /Contents 7 0 R >>",
        stream(b"BT [(521) -5 (-44-) 3 (9821)] TJ ET")),
    "pattern": pdf_with(
        stream(f"BT /F1 9 Tf ({PLANT}) Tj ET".encode(),
               head="/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9"
               " /Resources << /Font << /F1 3 0 R >> >>"),
        page="/Pattern << /P1 6 0 R >>"),
    "old version": revised(PLANT, "One page"),
    "old version in packed objects": pdf_with(
        stream(f"7 0 ({PLANT})".encode(), head="/Type /ObjStm /N 1 /First 4")),
    "remark": pdf_with(tail=f"% {PLANT}\n".encode()),
    "after the end": pdf_with(tail=f"\n{PLANT}\n".encode()),
    "deleted object": pdf_with(tail=f"99 0 obj\n({PLANT})\nendobj\n".encode()),
}  # fmt: skip


HELD = {
    "embedded file", "attached to a note", "associated file", "sound", "small picture of a page",
    "picture in a note", "page of nobody", "old version", "old version in packed objects",
    "deleted object",
}  # fmt: skip


@pytest.mark.parametrize("data", PLACES.values(), ids=PLACES)
def test_no_place_hides_a_text(data: bytes) -> None:
    """What a reader of the file can show or extract is read, or nothing of the file is."""
    found = PLANT
    with contextlib.suppress(UnreadableFile):
        found = text_of("application/pdf", data)
    assert PLANT in found


def test_most_places_are_read() -> None:
    """A file is held only for what cannot be read: other files, pictures, older versions."""
    held = set()
    for name, data in PLACES.items():
        try:
            text_of("application/pdf", data)
        except UnreadableFile as error:
            assert "damaged" not in str(error)  # noqa: PT017 - the others are not raised
            held.add(name)
    assert held == HELD


@pytest.mark.parametrize(
    "data",
    [pdf("One page", "Two"), pdf("A"),
     changed_pdf(pdf("One page"), author="Nobody"), pdf_with(root="/Lang (en)")],
    ids=["plain", "short", "properties", "language"],
)  # fmt: skip
def test_an_honest_file_is_read(data: bytes) -> None:
    """A file without hidden places is not held."""
    assert text_of("application/pdf", data).strip()
