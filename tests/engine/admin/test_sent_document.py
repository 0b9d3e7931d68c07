"""The document that is handed on: whole, safe to open, and silent about what stayed here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any

from edgeroute.core.model_card import Place
from edgeroute.core.sent import SentPart, SentRequest, SentText
from edgeroute.engine.admin.sent_document import document, title
from tests.support.receipts import attempt, receipt

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def texts(*words: str, **more: Any) -> list[SentText]:
    """Requests that left, with these words."""
    tries = [attempt(digest=f"{n}" * 64) for n in range(len(words))]
    whole = receipt(*tries)
    return [
        SentText(SentRequest(whole, one, "A chat"), [SentPart("user", word)], **more)
        for one, word in zip(tries, words, strict=True)
    ]


def test_no_text_breaks_out_of_the_document() -> None:
    """Neither a fence, nor a tag, nor an escape of a terminal."""
    hostile = "````\n# Not a heading\n</pre><script>x</script>\x1b[2J"
    markdown = document(texts(hostile), NOW, "markdown")
    assert "\n`````\n````\n# Not" in markdown
    html = document(texts(hostile), NOW, "html")
    assert "<script>" not in html
    assert "</pre><script>x</script>" in unescape(html)
    assert "\x1b" not in markdown + html


def test_a_document_says_how_much_there_is() -> None:
    """How many requests, which hosts, when it was made, and what is missing."""
    text = document(texts("one", "two"), NOW, "markdown")
    assert "2 requests to api.openai.com" in text
    assert "## 2. " in text
    gone = document(texts("one", gone="let go"), NOW, "markdown")
    assert "The text of 1 is not kept" in gone


def test_the_words_of_a_local_servers_error_stay_here() -> None:
    """They may quote the prompt that stayed here when another model was asked first."""
    (sent,) = texts("about [PERSON_1]")
    failed = attempt(place=Place.LOCAL, detail="unexpected content: Erika Mustermann")
    whole = replace(sent.request.receipt, attempts=(sent.request.attempt, failed))
    told = replace(sent, request=replace(sent.request, receipt=whole))
    assert "Mustermann" not in document([told], NOW, "json")


def test_a_title_is_told_only_where_its_words_left() -> None:
    """It is made of the first question as it was written, with the name that was masked in it."""
    (text,) = texts("about a chat, A   chat")
    assert title(text) == "A chat"
    (masked,) = texts("about [PERSON_1]")
    assert title(masked) == "c1"
    assert "A chat" not in document([masked], NOW, "json")
