"""Attached files reach models that take none as their text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docx import Document

from edgeroute.core.messages import File, Message, Text, ToolResult, user
from edgeroute.core.request import ChatRequest
from edgeroute.engine.deciding.documents import with_text
from tests.support import replies
from tests.support.documents import pdf, word, word_file
from tests.support.house import OPEN, house
from tests.support.scripted_provider import always

PAPER = File("paper.pdf", "application/pdf", pdf("A hash table keeps its entries in buckets."))
LETTER = File("letter.pdf", "application/pdf", pdf("My SSN is 521-44-9821."))
CODE = File("main.rs", "application/octet-stream", b"fn main() {}")
NOTE = File("old.txt", "text/plain", "Grüße".encode("utf-16"))
BROKEN = File("broken.pdf", "application/pdf", b"%PDF-1.7\n\x00\xff")


def asked(*parts: Any, **fields: Any) -> ChatRequest:
    """A request for what is attached."""
    return ChatRequest((Message("user", (Text("Sum it up."), *parts)),), **fields)


def read(part: Any, *abilities: str, **fields: Any) -> Any:
    """What a model of these abilities gets for ``part``."""
    return with_text(asked(part, **fields), abilities).messages[0].parts[1]


def test_a_file_is_its_text_for_who_takes_none() -> None:
    """Whatever it is called, and in a tool's result, too; of what cannot be read it is said why."""
    assert read(PAPER).text == "File paper.pdf:\nA hash table keeps its entries in buckets."
    assert read(CODE).text == "File main.rs:\nfn main() {}"
    assert read(NOTE).text == "File old.txt:\nGrüße"
    assert read(File("a.docx", "", word("Trees grow."))).text.startswith("File a.docx:\n")
    assert "cannot be read. The file is damaged" in read(BROKEN).text
    assert "fn main" in read(ToolResult("1", (CODE,))).parts[0].text
    assert read(File("\udcff.txt", "", b"a")).text.endswith("\na")


def test_who_takes_files_gets_pdfs_as_they_are() -> None:
    """And what its own format's caller wrote; other kinds no provider is sure to take."""
    assert read(PAPER, "files") is PAPER
    assert isinstance(read(CODE, "files"), Text)
    assert read(CODE, "files", source={}, wire="openai-chat") != CODE
    assert read(CODE, "files", source={"messages": []}) is CODE


def test_a_request_without_files_stays_itself() -> None:
    """With its source, so that its caller's own body can go."""
    plain = ChatRequest((user("hi"),), source={"a": 1})
    assert with_text(plain) is plain
    assert with_text(asked(PAPER, source={"a": 1})).source is None


async def test_a_document_is_read_wherever_it_is_answered(tmp_path: Path) -> None:
    """A harmless one leaves as text for a model without files, a private one is read here."""
    async with house(tmp_path, {"mock": always(replies.chat("Buckets."))}) as home:
        left = await home.ask(asked(PAPER))
        assert left.receipt.left_machine
        assert "keeps its entries in buckets" in home.cloud["mock"].requests[-1].body.decode()
        stayed = await home.ask(asked(LETTER))
        assert not stayed.receipt.left_machine
        assert "521-44-9821" in home.local.requests[-1].body.decode()
        assert len(home.cloud["mock"].requests) == 1


async def test_a_document_is_as_long_as_its_text(tmp_path: Path) -> None:
    """Not as its bytes, of which a Word file has many: two words fit every window."""
    document = Document()
    document.add_paragraph("Trees grow.")
    file = File("trees.docx", "", word_file(document))
    assert len(file.data) > 20_000
    async with house(tmp_path, {"mock": always(replies.chat(OPEN))}) as home:
        found = await home.runtime.engine.explain(asked(file))
    assert found.signals.input_tokens < 2_000
    assert found.signals.has_files
