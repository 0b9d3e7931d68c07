"""Small documents for tests, made on the spot."""

from __future__ import annotations

import io
import zipfile

import docx
import pypdf
from docx.document import Document


def pdf(*pages: str, picture: bool = False) -> bytes:
    """A PDF with one line of text on each page, and a picture on each if asked."""
    bodies = [f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode() if text else b"" for text in pages]
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    image = 4 + 2 * len(pages)
    extra = f"/XObject << /Im1 {image} 0 R >> " if picture else ""
    for number, body in enumerate(bodies):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            f"/Resources << {extra}/Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(body), body))
    if picture:
        objects.append(
            b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 "
            b"/ColorSpace /DeviceGray /Length 1 >>\nstream\n\x00\nendstream"
        )
    return _assembled(objects)


def pdf_with(
    *objects: bytes, root: str = "", page: str = "", content: str = "", tail: bytes = b""
) -> bytes:
    """A PDF of one page with more ``objects`` (from number 6 on), more in its root and its page,
    more in what the page draws, and what follows its end.
    """
    body = f"BT /F1 12 Tf 72 720 Td (One page) Tj ET\n{content}".encode()
    known = [
        f"<< /Type /Catalog /Pages 2 0 R {root} >>".encode(),
        b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R "
        b"/Resources << /Font << /F1 3 0 R >> >> %s >>" % page.encode(),
        stream(body),
    ]
    return _assembled([*known, *objects]) + tail


def stream(body: bytes, *, head: str = "") -> bytes:
    """The object of a stream."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(body), head.encode(), body)


def _assembled(objects: list[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def changed_pdf(
    data: bytes, *, password: str = "", author: str = "", attachment: str = ""
) -> bytes:
    """``data`` with a password, an author or an embedded file."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    if author:
        writer.add_metadata({"/Author": author})
    if attachment:
        writer.add_attachment(attachment, b"x")
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word_file(document: Document) -> bytes:
    """``document`` saved, without the preview picture that python-docx puts into every file."""
    out = io.BytesIO()
    document.save(out)
    return without_part(out.getvalue(), "docProps/thumbnail.jpeg")


def word(*paragraphs: str) -> bytes:
    """A Word file with these paragraphs."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return word_file(document)


def without_part(data: bytes, name: str) -> bytes:
    """An Office file without one of its parts and without what refers to it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "_rels/.rels":
                pieces = content.split(b"<Relationship ")
                kept = [piece for piece in pieces if name.encode() not in piece]
                content = b"<Relationship ".join(kept)
                if b"</Relationships>" not in content:
                    content += b"</Relationships>"
            if part.filename != name:
                new.writestr(part.filename, content)
    return out.getvalue()
