"""Full-text search over conversations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from edgeroute.core.conversation import SearchHit
from edgeroute.store.chats import notes
from edgeroute.store.database.codec import load_messages, moment, printable
from edgeroute.store.database.database import Database

_OPEN: Final = "\x02"
_CLOSE: Final = "\x03"
# Scripts without spaces between words: the tokenizer sees a sentence as one word.
_UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
)
_COLUMNS: Final = (
    "c.id, c.title, t.created, (SELECT count(*) FROM turns o"
    " WHERE o.conversation = t.conversation AND o.id < t.id) AS position"
)
_KEPT: Final = notes.kept("c.id")
_FEW_TURNS: Final = 20
_SNIPPET_BEFORE: Final = 40
_SNIPPET_LENGTH: Final = 160


def search(database: Database, query: str, limit: int = 50) -> list[SearchHit]:
    """Turns that hold all words of ``query`` (or words that begin so), latest first."""
    text = printable(query)
    words = re.findall(r"\w+", text)
    if not words:
        return []
    if _UNSPACED.search(text):
        return _scan(database, text.strip(), limit)
    rows = database.read(
        f"SELECT {_COLUMNS}, found.snippet FROM ("  # noqa: S608
        " SELECT rowid AS turn, snippet(search, 0, ?, ?, '…', 24) AS snippet FROM search"
        " WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?) found"
        " JOIN turns t ON t.id = found.turn JOIN conversations c ON c.id = t.conversation"
        f" WHERE {_KEPT}"
        " ORDER BY t.id DESC",
        (_OPEN, _CLOSE, " ".join(f'"{word}"*' for word in words), limit),
    )
    return [_hit(row, *_marked(row["snippet"])) for row in rows]


def prompts(database: Database, limit: int) -> list[str]:
    """What the user asked before, newest first, without repeats; of deleted chats nothing."""
    rows = database.read(
        f"SELECT messages FROM turns WHERE {notes.kept('conversation')}"  # noqa: S608
        " ORDER BY id DESC LIMIT ?",
        (2 * limit,),
    )
    asked = (
        message.text
        for row in rows
        for message in reversed(load_messages(row["messages"]))
        if message.role == "user" and message.text.strip()
    )
    return [*dict.fromkeys(asked)][:limit]


@contextmanager
def forgetting(connection: Any, turns: int) -> Iterator[None]:
    """Delete ``turns`` turns inside, so that none of their words stays in the index.

    Few are cut out of the index one by one; for many it is cheaper to write it anew.
    """
    if turns <= _FEW_TURNS:
        yield
        return
    connection.execute("INSERT INTO search (search, rank) VALUES ('secure-delete', 0)")
    yield
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")
    connection.execute("INSERT INTO search (search, rank) VALUES ('secure-delete', 1)")


def _scan(database: Database, text: str, limit: int) -> list[SearchHit]:
    rows = database.read(
        f"SELECT {_COLUMNS}, t.text FROM turns t"  # noqa: S608
        " JOIN conversations c ON c.id = t.conversation"
        f" WHERE {_KEPT} AND instr(t.text, ?) ORDER BY t.id DESC LIMIT ?",
        (text, limit),
    )
    hits = []
    for row in rows:
        at = row["text"].index(text)
        start = max(0, at - _SNIPPET_BEFORE)
        snippet = row["text"][start : start + _SNIPPET_LENGTH]
        hits.append(_hit(row, snippet, ((at - start, min(at - start + len(text), len(snippet))),)))
    return hits


def _hit(row: Any, snippet: str, marks: tuple[tuple[int, int], ...]) -> SearchHit:
    return SearchHit(
        row["id"], row["title"], row["position"], moment(row["created"]), snippet, marks
    )


def _marked(snippet: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The snippet without its marks, and where they were."""
    plain: list[str] = []
    marks: list[tuple[int, int]] = []
    length = start = 0
    for piece in re.split(f"([{_OPEN}{_CLOSE}])", snippet):
        if piece == _OPEN:
            start = length
        elif piece == _CLOSE:
            marks.append((start, length))
        else:
            plain.append(piece)
            length += len(piece)
    return "".join(plain), tuple(marks)
