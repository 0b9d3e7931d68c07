"""Recognising a conversation by the messages it begins with.

A client that knows nothing of EdgeRoute resends its whole history with every request. A keyed
digest of each beginning that ends with an answer tells which conversation it continues or branches
off, so that its privacy latch holds. System messages do not count (clients put the date in them),
nor do white space, reasoning and ids, which clients change when they echo an answer.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edgeroute.core.messages import File, Image, Message, Part, Text, ToolCall, ToolResult
from edgeroute.store.database.database import Database

_KEY_NAME: Final = "prefix digests"
_BATCH: Final = 500
# A greeting begins many conversations: the one that has nothing else yet comes first.
_FIND: Final = """
SELECT p.conversation, p.length, c.latched,
       p.length = (SELECT max(length) FROM prefixes WHERE conversation = p.conversation) AS whole
  FROM prefixes p JOIN conversations c ON c.id = p.conversation
 WHERE p.digest IN ({places})
 ORDER BY p.length DESC, whole DESC, c.latched DESC, c.updated DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class PrefixMatch:
    """The conversation whose first ``length`` messages (system ones not counted) are the same.

    ``whole`` is true where the match is all that is known of that conversation, and false where
    the new request branches off earlier: then it is a fork, which inherits ``latched``.
    """

    conversation: str
    length: int
    whole: bool
    latched: bool


class Prefixes:
    """The index of known beginnings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remember(self, conversation: str, messages: Sequence[Message]) -> None:
        """Record every beginning of ``messages`` (the whole history, with the last answer)."""
        rows = [(d, conversation, length) for length, d in self._digests(messages)]
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO prefixes VALUES (?, ?, ?)", rows)

    def find(self, messages: Sequence[Message]) -> PrefixMatch | None:
        """The conversation that shares the longest beginning with ``messages``, if any does."""
        digests = [digest for _, digest in self._digests(messages)]
        while digests:
            digests, batch = digests[:-_BATCH], digests[-_BATCH:]
            places = ", ".join("?" * len(batch))
            rows = self._database.read(_FIND.format(places=places), batch)
            for row in rows:
                return PrefixMatch(
                    row["conversation"], row["length"], bool(row["whole"]), bool(row["latched"])
                )
        return None

    def _digests(self, messages: Sequence[Message]) -> Iterator[tuple[int, bytes]]:
        """Length and digest of every beginning of ``messages`` that ends with an answer."""
        key = self._database.kept(_KEY_NAME)
        chain = b""
        length = 0
        for message in messages:
            if message.role == "system":
                continue
            length += 1
            mac = hmac.new(key, chain, hashlib.sha256)
            for field in _fields(message):
                mac.update(len(field).to_bytes(8, "big"))
                mac.update(field)
            chain = mac.digest()
            if message.role == "assistant":
                yield length, chain


def _fields(message: Message) -> Iterator[bytes]:
    """What of a message counts: the same for the answer we gave and for the client's echo of it."""
    yield message.role.encode()
    yield _words("\n".join(part.text for part in message.parts if isinstance(part, Text)))
    for part in message.parts:
        yield from _other_fields(part)


def _other_fields(part: Part) -> Iterator[bytes]:
    if isinstance(part, ToolCall):
        yield _words(part.name)
        yield "".join(part.arguments.split()).encode("utf-8", "surrogatepass")
    elif isinstance(part, ToolResult):
        for inner in part.parts:
            if isinstance(inner, Text):
                yield _words(inner.text)
            else:
                yield from _other_fields(inner)
    elif isinstance(part, Image | File):
        yield hashlib.sha256(part.data).digest()
        yield _words(part.url if isinstance(part, Image) else part.name)


def _words(text: str) -> bytes:
    return " ".join(text.split()).encode("utf-8", "surrogatepass")
