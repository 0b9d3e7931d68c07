"""Recognising a conversation by the messages it begins with.

A client that knows nothing of EdgeRoute resends its whole history with every request. A keyed
digest of each beginning that ends with an answer tells which conversation it continues or branches
off, so that its privacy latch holds. System messages do not count (clients put the date in them),
nor do white space, reasoning and ids, which clients change when they echo an answer.

The latch covers what holds the data: the beginning that ends with the private message is known too,
and long answers that came after it are known wherever they stand, for clients that take the private
message out and keep what was made of it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edgeroute.core.messages import File, Image, Message, Part, Text, ToolCall, ToolResult
from edgeroute.store.database.database import Database

_KEY_NAME: Final = "prefix digests"
_BATCH: Final = 500
_LONG: Final = 80  # characters of an answer that nobody else gives by chance
_LOOSE: Final = b"an answer by itself"
# A greeting begins many conversations: the one that has nothing else yet comes first.
_FIND: Final = """
SELECT p.conversation, p.length, c.latched, c.held_from,
       p.length = (SELECT max(length) FROM prefixes WHERE conversation = p.conversation) AS whole
  FROM prefixes p JOIN conversations c ON c.id = p.conversation
 WHERE p.digest IN ({places})
 ORDER BY p.length DESC, whole DESC, c.latched DESC, c.updated DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class PrefixMatch:
    """The conversation whose first ``length`` messages (system ones not counted) are the same.

    ``whole`` is true where the match is all that is known of that conversation, and false where
    the new request branches off earlier: then it is a fork. ``latched`` says that the request
    holds what was made of the private message; ``undecided`` that it holds that message of a
    latched conversation and no answer after it, so that reading it again tells all there is.
    """

    conversation: str
    length: int
    whole: bool
    latched: bool
    undecided: bool = False


class Prefixes:
    """The index of known beginnings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remember(self, conversation: str, messages: Sequence[Message]) -> None:
        """Record every beginning of ``messages`` that ends with an answer, and the whole."""
        known = [*self._beginnings(messages)]
        rows = [(d, conversation, n) for n, d, answer in known if answer or n == len(known)]
        latch = self._database.read(
            "SELECT held_from FROM conversations WHERE id = ? AND latched", (conversation,)
        )
        if latch and (held := int(latch[0]["held_from"])):
            rows += [(d, conversation, n) for n, d in self._long_answers(messages) if n > held]
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO prefixes VALUES (?, ?, ?)", rows)

    def find(self, messages: Sequence[Message]) -> PrefixMatch | None:
        """The conversation that shares the longest beginning with ``messages``, if any does."""
        answered = [n for n, _, answer in self._beginnings(messages) if answer]
        loose = [digest for _, digest in self._long_answers(messages)]
        found = self._longest(loose)
        chained = self._longest([digest for _, digest, _ in self._beginnings(messages)])
        if chained is not None and not (found and found["latched"]):
            found = chained
        if found is None:
            return None
        held = bool(found["latched"]) and found["length"] >= found["held_from"]
        made = bool(answered) and answered[-1] > found["held_from"]
        return PrefixMatch(
            found["conversation"],
            found["length"],
            bool(found["whole"]),
            held and made,
            held and not made,
        )

    def _longest(self, digests: list[bytes]) -> Any:
        """The row of the longest of the beginnings that is known."""
        while digests:
            digests, batch = digests[:-_BATCH], digests[-_BATCH:]
            places = ", ".join("?" * len(batch))
            rows = self._database.read(_FIND.format(places=places), batch)
            if rows:
                return rows[0]
        return None

    def _long_answers(self, messages: Sequence[Message]) -> Iterator[tuple[int, bytes]]:
        """Place and digest of every answer that is long enough to be known by itself."""
        key = self._database.kept(_KEY_NAME)
        said = (message for message in messages if message.role != "system")
        for place, message in enumerate(said, 1):
            words = _words(message.text)
            if message.role == "assistant" and len(words) >= _LONG:
                yield place, hmac.new(key, _LOOSE + words, hashlib.sha256).digest()

    def _beginnings(self, messages: Sequence[Message]) -> Iterator[tuple[int, bytes, bool]]:
        """Length and digest of every beginning of ``messages``, and whether an answer ends it."""
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
            yield length, chain, message.role == "assistant"


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
