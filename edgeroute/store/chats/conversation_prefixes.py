"""Recognising a conversation by the messages it begins with.

A client that knows nothing of EdgeRoute resends its whole history with every request. A keyed
digest of each beginning that ends with an answer tells which conversation it continues or branches
off, so that its privacy latch holds. System messages do not count (clients put the date in them),
nor do white space, reasoning and ids, which clients change when they echo an answer. People who
share an endpoint begin with their names, so that nobody goes on with another one's conversation.

The latch covers what holds the data. The beginning that ends with the private message is known too.
So are the answers that came after it, wherever they stand, for clients that take the message out
and keep what was made of it: long ones by themselves, short ones after the same first message.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from edgeroute.core.ids import owner_of
from edgeroute.core.messages import File, Image, Message, Part, Text, ToolCall, ToolResult
from edgeroute.store.database.database import Database

_KEY_NAME: Final = "prefix digests"
_PROCESS_KEY: Final = secrets.token_bytes(32)
_ENCODER: Final = msgspec.json.Encoder()
_RECENT: Final = 2_000
_FIRST_BATCH: Final = 8  # a history that goes on is known but for its last messages
_BATCH: Final = 500
_LONG: Final = 80  # characters of an answer that nobody else gives by chance
_LOOSE: Final = b"an answer by itself"
_ROWS: Final = """
SELECT p.conversation, p.length, c.latched, c.held_from, c.held_by, c.latched = 1 AS bound,
       p.length = (SELECT max(length) FROM prefixes WHERE conversation = p.conversation) AS whole
  FROM prefixes p JOIN conversations c ON c.id = p.conversation
 WHERE p.digest IN ({places})"""
# A greeting begins many conversations: the one that has nothing else yet comes first, but for
# those that hold the very message that latched them.
_BEGINNING: Final = f"""{_ROWS}
 ORDER BY p.length DESC, bound AND c.held_from AND p.length >= c.held_from DESC, whole DESC,
       bound DESC, c.updated DESC LIMIT 1
"""
_ANSWER: Final = f"{_ROWS} AND c.latched AND p.conversation <> ? LIMIT 1"


@dataclass(frozen=True, slots=True)
class PrefixMatch:
    """The conversation whose first ``length`` messages (system ones not counted) are the same.

    ``whole`` is true where the match is all that is known of that conversation, and false where
    the new request branches off earlier: then it is a fork. ``latched`` says that the request
    holds the private message or what was made of it, from its message ``held_from`` on; 0 is from
    its start. ``undecided`` says that it holds that message of a latched conversation and no answer
    after it, ``held_by`` which rules found it. ``masked`` says that it holds that message, and that
    the user lets its conversation go on with placeholders.
    """

    conversation: str
    length: int
    whole: bool
    latched: bool
    held_from: int = 0
    undecided: bool = False
    held_by: str = ""
    masked: bool = False
    digest: bytes = b""


class Prefixes:
    """The index of known beginnings."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent: OrderedDict[bytes, tuple[int, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def remember(
        self, conversation: str, messages: Sequence[Message], match: PrefixMatch | None = None
    ) -> None:
        """Record every beginning of ``messages`` that ends with an answer, and the whole.

        What ``match`` found of them in this very conversation is recorded already.
        """
        said = [message for message in messages if message.role != "system"]
        own = match if match and match.digest and match.conversation == conversation else None
        after = (own.length, own.digest) if own else (0, owner_of(conversation).encode())
        known = self._beginnings(said, *after)
        rows = [(d, conversation, n) for n, d, answer in known if answer or n == len(said)]
        latch = self._database.read(
            "SELECT held_from FROM conversations WHERE id = ? AND latched", (conversation,)
        )
        if latch:
            held = int(latch[0]["held_from"])
            rows += [(d, conversation, n) for n, d in self._answers(messages, held)]
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO prefixes VALUES (?, ?, ?)", rows)
        if latch:
            self._database.anchor()

    def find(self, messages: Sequence[Message], owner: str = "") -> PrefixMatch | None:
        """The conversation of ``owner`` that shares the longest beginning with ``messages``.

        An answer in that beginning is as private as the beginning. One after it is asked for by
        itself: it may have been made of what a latched conversation held.
        """
        said = [message for message in messages if message.role != "system"]
        start = owner.encode()
        known = {n: digest for n, digest, _ in self._from_recent(said, start)}
        found = self._first(_BEGINNING, [*known.values()])
        if found is None and len(known) < len(said):  # what was recent is gone
            known = {n: digest for n, digest, _ in self._beginnings(said, 0, start)}
            found = self._first(_BEGINNING, [*known.values()])
        length = int(found["length"]) if found else 0
        holds = found is not None and bool(found["latched"]) and length >= found["held_from"]
        bound = holds and bool(found["bound"])
        masked = holds and not bound
        answers = [*self._answers(messages, length)]
        made = self._first(
            _ANSWER, [digest for _, digest in answers], found["conversation"] if masked else ""
        )
        if found is None and made is None:
            return None
        held_from = int(found["held_from"]) if bound else answers[0][0] if made else 0
        later = any(message.role == "assistant" for message in said[held_from:])
        return PrefixMatch(
            (found or made)["conversation"],
            length,
            bool(found) and bool(found["whole"]),
            bound or made is not None,
            held_from,
            undecided=bound and held_from > 0 and not later,
            held_by=found["held_by"] if bound else "",
            masked=masked and made is None,
            digest=known[length] if found else b"",
        )

    def _first(self, query: str, digests: list[bytes], *more: str) -> Any:
        """The first row of ``query``, asked for the last of many ``digests`` first."""
        size = _FIRST_BATCH
        while digests:
            digests, batch = digests[:-size], digests[-size:]
            size = _BATCH
            places = ", ".join("?" * len(batch))
            rows = self._database.read(query.format(places=places), [*batch, *more])
            if rows:
                return rows[0]
        return None

    def _answers(self, messages: Sequence[Message], after: int) -> Iterator[tuple[int, bytes]]:
        """Place and digests of every answer that comes after the first ``after`` messages."""
        said = [message for message in messages if message.role != "system"]
        if all(message.role != "assistant" for message in said[after:]):
            return
        key = self._database.kept(_KEY_NAME)
        first = next((digest for _, digest, _ in self._beginnings(said[:1])), b"")
        for place, message in enumerate(said[after:], after + 1):
            if message.role == "assistant":
                words = _words(message.text)
                if len(words) >= _LONG:
                    yield place, hmac.new(key, _LOOSE + words, hashlib.sha256).digest()
                if any(fields := [*_fields(message)][1:]):
                    yield place, _chained(key, _LOOSE + first, fields)

    def _from_recent(self, said: Sequence[Message], start: bytes) -> list[tuple[int, bytes, bool]]:
        """``_beginnings`` from the longest one on that was read a short while ago."""
        exact = _exact(said, start)
        with self._lock:
            recent = (self._recent.get(digest) for digest in reversed(exact))
            length, chain = next(filter(None, recent), (0, start))
        known = [(length, chain, said[length - 1].role == "assistant")] if length else []
        known += self._beginnings(said, length, chain)
        if exact:
            with self._lock:
                self._recent[exact[-1]] = known[-1][:2]
                self._recent.move_to_end(exact[-1])
                if len(self._recent) > _RECENT:
                    self._recent.popitem(last=False)
        return known

    def _beginnings(
        self, said: Sequence[Message], length: int = 0, chain: bytes = b""
    ) -> Iterator[tuple[int, bytes, bool]]:
        """Length and digest of every beginning of ``said`` after the one of ``length``, which is
        known by ``chain``, and whether an answer ends it. No system message is in it.
        """
        key = self._database.kept(_KEY_NAME)
        for number, message in enumerate(said[length:], length + 1):
            chain = _chained(key, chain, _fields(message))
            yield number, chain, message.role == "assistant"


def _exact(said: Sequence[Message], start: bytes) -> list[bytes]:
    """What the beginnings of ``said`` are known by while this process runs, as they are written;
    nothing where halves of signs stand in them.
    """
    chain, found = start, []
    try:
        for message in said:
            data = chain + _ENCODER.encode(message)
            chain = hashlib.blake2b(data, key=_PROCESS_KEY, digest_size=16).digest()
            found.append(chain)
    except UnicodeEncodeError:
        return []
    return found


def _chained(key: bytes, before: bytes, fields: Iterable[bytes]) -> bytes:
    data = [before]
    for field in fields:
        data += [len(field).to_bytes(8, "big"), field]
    return hmac.digest(key, b"".join(data), "sha256")


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
