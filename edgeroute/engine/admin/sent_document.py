"""What left this machine as one document that can be handed on: Markdown, HTML or JSON. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any, Final, Literal

from edgeroute.core.display import safe, safe_line
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Receipt
from edgeroute.core.sent import GONE_WORDS, SentPart, SentText
from edgeroute.core.words import cost_words, plural, size

Style = Literal["markdown", "html", "json"]
_STYLES: Final[dict[str, Style]] = {".html": "html", ".htm": "html", ".json": "json"}

_TITLE = "What left this machine"
_FOREWORD = (
    "Each entry is one request that EdgeRoute sent to another machine, with its text as it left:"
    " where personal data was masked, its placeholders stand here too. What a request repeats of an"
    " earlier one to the same host is named, not printed again. Every entry that has its text has"
    " the SHA-256 of the very bytes that left; `--format json` holds these bytes. Tests of keys and"
    " downloads of models carry no chat and are not listed."
)
_LOOKS = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f4f2; padding: .8em; }
table { border-collapse: collapse; } td { padding: .1em 1.2em .1em 0; vertical-align: top; }
h2 { margin-top: 2.5em; border-top: 1px solid #ccc; padding-top: 1em; }
"""


def style_of(suffix: str) -> Style:
    """The form that the name of a file asks for by its ``suffix``."""
    return _STYLES.get(suffix.lower(), "markdown")


def title(text: SentText) -> str:
    """The chat's title where its words left as well, else its id: what is handed on must not tell
    what stayed here, such as the name that a placeholder stands for.
    """
    words = text.request.chat.removesuffix("…")
    left = any(words in " ".join(part.text.split()) for part in text.parts)
    return words if words and left else text.request.receipt.conversation


def facts(text: SentText, chat: str) -> list[tuple[str, str]]:
    """What is known of a request of ``chat`` that left, as names and values."""
    request = text.request
    receipt, attempt = request.receipt, request.attempt
    masked = ", ".join(f"{count} x {kind}" for kind, count in receipt.masked.items())
    rows = [
        ("when", _when(attempt.started)),
        ("to", attempt.host),
        ("model", attempt.model),
        ("chat", chat),
        ("asked by", receipt.asker),
        ("kind", f"{request.kind}, {attempt.outcome}"),
        ("size", size(attempt.bytes_sent)),
        ("cost", cost_words(attempt.cost)),
        ("privacy", f"{receipt.mode.value}: {receipt.privacy_reason}"),
        ("masked", masked),
        ("rule", receipt.rule),
        ("because", receipt.because),
        ("receipt", request.id),
        ("SHA-256", attempt.digest),
    ]
    return [(name, safe_line(value, 400)) for name, value in rows if value]


def again(text: SentText) -> str:
    """The sentence on what had left before; empty where nothing had."""
    if not text.before:
        return ""
    parts = plural(text.known, "part")
    return f"What it begins with ({parts}) had left for this host before, with {text.before.id}."


def document(texts: Sequence[SentText], made: datetime, style: Style) -> str:
    """All of ``texts`` as one document, made at ``made``."""
    if style == "json":
        return _json(texts, made)
    lines = _html(texts, made) if style == "html" else _markdown(texts, made)
    return safe("\n".join(lines)) + "\n"


def _sum(texts: Sequence[SentText], made: datetime) -> str:
    hosts = sorted({safe_line(text.request.attempt.host) for text in texts})
    missing = sum(1 for text in texts if text.gone)
    without = f" The text of {missing} is not kept, and each says why." if missing else ""
    to = f" to {', '.join(hosts)}" if hosts else ""
    return f"{plural(len(texts), 'request')}{to}, as of {_when(made)}.{without}"


def _markdown(texts: Sequence[SentText], made: datetime) -> Iterator[str]:
    yield from (f"# {_TITLE}", "", _sum(texts, made), "", _FOREWORD)
    for number, text in enumerate(texts, 1):
        yield from ("", f"## {number}. {_when(text.request.attempt.started)}", "")
        yield from (f"- {name}: {value}" for name, value in facts(text, title(text)))
        if text.gone:
            yield from ("", f"*{GONE_WORDS[text.gone]}*")
        if said := again(text):
            yield from ("", said)
        for part in text.parts[text.known :]:
            fence = _fence(part)
            yield from ("", f"### {_label(part)}", "", fence, part.text, fence)


def _fence(part: SentPart) -> str:
    """A fence that is longer than any row of backticks in the text."""
    fence = "```"
    while fence in part.text:
        fence += "`"
    return fence


def _html(texts: Sequence[SentText], made: datetime) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f"<title>{_TITLE}</title><style>{_LOOKS}</style></head><body>"
    yield f"<h1>{_TITLE}</h1><p>{escape(_sum(texts, made))}</p><p>{escape(_FOREWORD)}</p>"
    for number, text in enumerate(texts, 1):
        yield f"<h2>{number}. {_when(text.request.attempt.started)}</h2><table>"
        for name, value in facts(text, title(text)):
            yield f"<tr><td>{name}</td><td>{escape(value)}</td></tr>"
        yield "</table>"
        for said in filter(None, (GONE_WORDS.get(text.gone, ""), again(text))):
            yield f"<p><em>{escape(said)}</em></p>"
        for part in text.parts[text.known :]:
            yield f"<h3>{escape(_label(part))}</h3><pre>{escape(part.text)}</pre>"
    yield "</body></html>"


def _json(texts: Sequence[SentText], made: datetime) -> str:
    """For programs: the very bytes in base64, so that each digest can be computed again."""
    entries = [
        {
            "id": text.request.id,
            "sent": text.request.attempt.started.isoformat(),
            "conversation": text.request.receipt.conversation,
            "title": title(text),
            "kind": text.request.attempt.role,
            "receipt": _receipt(text.request.receipt),
            "sha256": text.request.attempt.digest,
            "body": base64.b64encode(text.body).decode() if text.body else None,
            "gone": GONE_WORDS.get(text.gone),
        }
        for text in texts
    ]
    return json.dumps({"made": made.isoformat(), "requests": entries}, indent=2) + "\n"


def _receipt(receipt: Receipt) -> dict[str, Any]:
    """The receipt without the words of local servers' errors, which may quote what stayed here."""
    attempts = tuple(
        replace(one, detail="") if one.place is Place.LOCAL else one for one in receipt.attempts
    )
    return replace(receipt, attempts=attempts).as_json()


def _when(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %z}"


def _label(part: SentPart) -> str:
    return safe_line(part.label, 60)
