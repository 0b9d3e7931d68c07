"""A file is read whole or not at all."""

from __future__ import annotations

import contextlib
import io
import zipfile

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeroute.privacy.inspecting import attachments
from edgeroute.privacy.inspecting.attachments import UnreadableFile, shown_in, text_of
from tests.support.documents import changed_pdf, pdf, word, word_file

PLANT = "521-44-9821"


@pytest.mark.parametrize(
    "data",
    [
        f"Number {PLANT}".encode(),
        f"\ufeffNumber {PLANT}".encode(),
        f"Number {PLANT}".encode("utf-16"),
        f"Number {PLANT}".encode("utf-16-le"),
        f"Number {PLANT}".encode("utf-32"),
        f'{{"number": "{PLANT}"}}'.encode(),
        f"a;b\n1;{PLANT}\n".encode(),
        pdf("Page one", f"Number {PLANT}"),
        word("First", f"Number {PLANT}"),
        changed_pdf(pdf("Page one"), author=PLANT),
    ],
    ids=[
        "text",
        "text with mark",
        "utf-16",
        "utf-16 without mark",
        "utf-32",
        "json",
        "csv",
        "pdf",
        "word",
        "pdf properties",
    ],
)
def test_text_is_read(data: bytes) -> None:
    """Text, PDF and Word files give the text they hold, whatever they are called."""
    assert PLANT in text_of("application/octet-stream", data)


def test_html_is_read_as_shown_and_as_written() -> None:
    """Tags and entities hide nothing, attributes are read too."""
    text = text_of("text/html", b"<p title='521-44-9822'>521-<b>44</b>-&#57;821</p>")
    assert "521-44-9822" in text
    assert PLANT in text


def test_word_text_in_odd_places_is_read() -> None:
    """Split runs, tables, headers and properties of a Word file are read."""
    document = docx.Document()
    paragraph = document.add_paragraph()
    for piece in ("521-", "44-", "9821"):
        paragraph.add_run(piece)
    document.add_table(1, 1).cell(0, 0).text = "in a table"
    document.sections[0].header.paragraphs[0].text = "in a header"
    document.core_properties.author = "in the properties"
    text = text_of("", word_file(document))
    for plant in (PLANT, "in a table", "in a header", "in the properties"):
        assert plant in text


def bomb() -> bytes:
    """A small archive that unpacks to much."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (attachments.MAX_UNPACKED + 1))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no text"),
        (b" \n\t ", "no text"),
        (b"\x00\x01\x02text", "not text"),
        (b"\xff\x00\xfetext", "not text"),
        (b"%PDF-1.7 broken", "damaged"),
        (b"PK\x03\x04broken", "damaged"),
        (pdf("Text", ""), "no text"),
        (pdf("Text", picture=True), "picture"),
        (pdf(*["x"] * (attachments.MAX_PAGES + 1)), "pages"),
        (changed_pdf(pdf("Text"), password="pw"), "encrypted"),
        (changed_pdf(pdf("Text"), attachment="a.txt"), "other files"),
        (bomb(), "unpacks"),
        (b"x" * (attachments.MAX_BYTES + 1), "larger"),
        (b"x" * (attachments.MAX_TEXT + 1), "more than"),
    ],
    ids=[
        "empty",
        "blank",
        "binary",
        "not utf-8",
        "broken pdf",
        "broken archive",
        "blank page",
        "pdf picture",
        "many pages",
        "encrypted",
        "embedded",
        "bomb",
        "large",
        "long",
    ],
)
def test_what_cannot_be_read_whole_is_an_error(data: bytes, why: str) -> None:
    """Empty, damaged, encrypted, oversized files and files with pictures are refused."""
    with pytest.raises(UnreadableFile, match=why):
        text_of("text/plain", data)


def test_a_word_file_with_a_picture_is_an_error() -> None:
    """A picture in a Word file cannot be read, so the file cannot."""
    out = io.BytesIO()
    docx.Document().save(out)  # holds a preview picture
    with pytest.raises(UnreadableFile, match="picture"):
        text_of("", out.getvalue())


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from([pdf("Some text here"), word("Some text here")]),
    at=st.floats(0, 1, exclude_max=True),
    junk=st.binary(min_size=1, max_size=8),
)
def test_damage_never_escapes_as_another_error(kind: bytes, at: float, junk: bytes) -> None:
    """A damaged file gives text or the one error, never another one."""
    place = int(at * len(kind))
    damaged = kind[:place] + junk + kind[place + len(junk) :]
    with contextlib.suppress(UnreadableFile):
        text_of("", damaged)


def test_what_a_reader_sees_is_for_models_to_read() -> None:
    """Pages without what the file holds besides, even where that holds the file here."""
    with_picture = pdf("A letter.", picture=True)
    with pytest.raises(UnreadableFile):
        text_of("application/pdf", with_picture)
    assert shown_in("application/pdf", with_picture).strip() == "A letter."
    assert shown_in("application/pdf", pdf("One.", "Two.")) == "One.\n\nTwo."
    assert shown_in("", word("Trees grow.", "Slowly.")) == "Trees grow.\nSlowly."
    assert shown_in("text/html", b"<p>J<b>oh</b>n</p>") == "John"
    assert shown_in("text/plain", "Gr\u00fc\u00dfe".encode()) == "Gr\u00fc\u00dfe"
    for data in (b"%PDF-1.7\n\x00", b"\x00\x01\x02", b"PK\x03\x04", b"  "):
        with pytest.raises(UnreadableFile):
            shown_in("", data)
