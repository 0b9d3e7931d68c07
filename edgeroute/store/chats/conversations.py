"""Conversations: their turns, their privacy mode and latch, their search and their forks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from edgeroute.core.conversation import Binding, Conversation, SearchHit, Turn
from edgeroute.core.errors import StoreError
from edgeroute.core.ids import new_id, owned
from edgeroute.core.messages import Message
from edgeroute.core.verdict import PrivacyMode
from edgeroute.store.chats import notes, saved_pictures, search, titles, transcript
from edgeroute.store.chats.conversation_rows import (
    COLUMNS,
    binding_of,
    conversation_of,
    turn_of,
    unknown,
)
from edgeroute.store.chats.purge import purge
from edgeroute.store.database import loss, receipt_chain, rescue
from edgeroute.store.database.codec import (
    dump_messages,
    printable,
    stamp,
    visible_text,
)
from edgeroute.store.database.database import Database

ID_LIMIT: Final = 200
_MASKED: Final = 2  # the latch of a conversation that the user lets go on with placeholders
_KEPT: Final = notes.kept("c.id")
_FITS: Final = (
    " AND (? = '' OR EXISTS (SELECT 1 FROM json_each(c.tags) WHERE value = ?))"
    " AND (? = '' OR json_extract(began, '$[0]') = ?)"
)


class Conversations:
    """All conversations in the database.

    Methods that take an id raise StoreError where there is no such conversation, but for ``get``.
    ``pictures`` is the folder of drawn pictures that go with their conversation.
    """

    def __init__(
        self,
        database: Database,
        *,
        pictures: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._pictures = pictures
        self._now = now

    def create(
        self,
        mode: PrivacyMode = PrivacyMode.AUTO,
        *,
        id: str = "",  # noqa: A002
        title: str = "",
        stored: bool = True,
        parent: str = "",
        owner: str = "",
    ) -> Conversation:
        """A new conversation; without an ``id`` it gets a random one that tells its ``owner``.

        A new conversation with the ``id`` of an old one is the old one, unchanged.
        """
        if len(id) > ID_LIMIT:
            raise StoreError(f"A conversation id has at most {ID_LIMIT} characters.")
        now = self._now()
        name, called = printable(id) or owned(new_id(now), owner), titles.title(title)
        made = self._database.write(
            "INSERT OR IGNORE INTO conversations"
            " (id, title, created, updated, mode, parent, stored) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (name, called, stamp(now), stamp(now), mode.value, parent, stored),
        )
        if not made or id:  # receipts of one that is gone may bear the same id
            return self._must(name)
        return Conversation(name, called, now, now, mode, parent=parent, stored=stored)

    def get(self, id: str) -> Conversation | None:  # noqa: A002
        """The conversation, or None."""
        rows = self._database.read(
            f"SELECT {COLUMNS} FROM conversations c WHERE c.id = ?",  # noqa: S608
            (printable(id),),
        )
        return conversation_of(rows[0]) if rows else None

    def binding(self, id: str) -> Binding | None:  # noqa: A002
        """What keeps the conversation here, read alone: each request asks once more before it
        leaves. None where there is no such conversation.
        """
        rows = self._database.read(
            "SELECT mode, latched, latch_reason FROM conversations WHERE id = ?", (printable(id),)
        )
        return binding_of(rows[0]) if rows else None

    def _must(self, id: str) -> Conversation:  # noqa: A002
        found = self.get(id)
        if found is None:
            raise unknown(id)
        return found

    def list(
        self, limit: int = 200, *, offset: int = 0, tag: str = "", front_door: str = ""
    ) -> Sequence[Conversation]:
        """Conversations with text, pinned ones first, then the latest.

        With ``tag`` or ``front_door`` only those that have it or began there.
        """
        rows = self._database.read(
            f"SELECT {COLUMNS} FROM conversations c WHERE c.stored AND {_KEPT}{_FITS}"  # noqa: S608
            " ORDER BY c.pinned DESC, c.updated DESC, c.rowid DESC LIMIT ? OFFSET ?",
            (tag, tag, front_door, front_door, limit, offset),
        )
        return [conversation_of(row) for row in rows]

    def append(
        self,
        id: str,  # noqa: A002
        messages: Sequence[Message],
        *,
        complete: bool = True,
        receipt: str = "",
        model: str = "",
        called: Callable[[], str] | None = None,
    ) -> Turn | None:
        """Add a turn; None where the conversation keeps no text. An untitled one gets a title:
        what it is ``called``, or its first words.
        """
        now = self._now()
        with self._database.transaction() as connection:
            name = printable(id)
            query = "SELECT title, stored FROM conversations WHERE id = ?"
            row = connection.execute(query, (name,)).fetchone()
            if row is None:
                raise unknown(id)
            title = row["title"] or titles.first_words(messages, called)
            connection.execute(
                "UPDATE conversations SET updated = ?, title = ? WHERE id = ?",
                (stamp(now), title if row["stored"] else "", name),
            )
            if not row["stored"]:
                return None
            cursor = connection.execute(
                "INSERT INTO turns"
                " (conversation, created, messages, text, complete, receipt, model)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    name,
                    stamp(now),
                    dump_messages(messages),
                    visible_text(messages),
                    complete,
                    receipt,
                    model,
                ),
            )
            number = int(cursor.lastrowid)
        return Turn(number, now, tuple(messages), complete, receipt, model)

    def turns(self, id: str, *, limit: int | None = None) -> Sequence[Turn]:  # noqa: A002
        """The turns in order; with ``limit`` only the last so many."""
        conversation = self._must(id)
        rows = self._database.read(
            "SELECT * FROM turns WHERE conversation = ? ORDER BY id DESC LIMIT ?",
            (conversation.id, -1 if limit is None else limit),
        )
        return [turn_of(row) for row in reversed(rows)]

    def messages(self, id: str) -> tuple[Message, ...]:  # noqa: A002
        """All messages of all turns, in order."""
        return tuple(message for turn in self.turns(id) for message in turn.messages)

    def keep_turns(self, id: str, turns: int) -> None:  # noqa: A002
        """Delete all but the first ``turns`` turns, as for an edited prompt. The latch stays."""
        with self._database.transaction() as connection:
            conversation = self._must(id)
            name = conversation.id
            with search.forgetting(connection, conversation.turns - turns):
                connection.execute(
                    "DELETE FROM turns WHERE conversation = ? AND id NOT IN"
                    " (SELECT id FROM turns WHERE conversation = ? ORDER BY id LIMIT ?)",
                    (name, name, turns),
                )

    def export(
        self,
        id: str,  # noqa: A002
        style: Literal["markdown", "json"] = "markdown",
        *,
        raw: bool = False,
        told: Callable[[str], str] = lambda _: "",
    ) -> str:
        """The conversation as text for a file, as ``transcript.export`` says."""
        return transcript.export(self._must(id), self.turns(id), style, raw=raw, told=told)

    def search(self, words: str, limit: int = 50) -> Sequence[SearchHit]:
        """Turns that hold all of ``words`` (or words that begin so), latest first."""
        return search.search(self._database, words, limit)

    def prompts(self, limit: int = 500) -> Sequence[str]:
        """What the user asked before, newest first, without repeats; of deleted chats nothing."""
        return search.prompts(self._database, limit)

    def rename(self, id: str, title: str) -> None:  # noqa: A002
        """Set the title."""
        self._set(id, "title", titles.title(title))

    def pin(self, id: str, pinned: bool = True) -> None:  # noqa: A002, FBT001, FBT002
        """Keep it at the top of the list, or no longer."""
        self._set(id, "pinned", pinned)

    def tag(self, id: str, tags: Iterable[str]) -> None:  # noqa: A002
        """Set the tags."""
        self._set(id, "tags", json.dumps(sorted({printable(tag) for tag in tags})))

    def set_mode(self, id: str, mode: PrivacyMode) -> None:  # noqa: A002
        """Set the privacy mode. The latch is not touched by it, and holds again where it gave way
        to masks that are no longer wanted.
        """
        self._database.write(
            "UPDATE conversations SET mode = ?1, latched = iif(?1 = ?2, latched, min(latched, 1))"
            " WHERE id = ?3",
            (mode.value, PrivacyMode.MASK.value, self._must(id).id),
        )

    def raise_mode(self, id: str, mode: PrivacyMode) -> None:  # noqa: A002
        """Set the privacy mode unless it is as strict by now, whoever else sets it meanwhile."""
        with self._database.transaction():
            if mode.strictness > self._must(id).mode.strictness:
                self.set_mode(id, mode)

    def latch(self, id: str, reason: str, held_from: int = 0, by: str = "") -> None:  # noqa: A002
        """Mark that it held personal data. There is no way back; the first reason stays.

        ``held_from`` is the place of the message that held it, system messages not counted; 0 binds
        the whole conversation, and whatever branches off it. ``by`` names the rules in force.
        """
        name = self._must(id).id
        known = f"iif({loss.KNOWN}, latch_reason, ?3)"
        self._database.write(
            "UPDATE conversations SET held_from = iif(latched, min(held_from, ?1), ?1),"  # noqa: S608
            " held_by = iif(latched AND held_by <> ?2, '', ?2), latched = 1,"
            f" latch_reason = {known} WHERE id = ?4",
            (held_from, by, printable(reason), name),
        )
        self._database.anchor()

    def mask(self, id: str) -> None:  # noqa: A002
        """Let it go on with placeholders, by the user's own word; what branched off it stays here.

        What cannot be masked latches it anew with its next request.

        Raises:
            StoreError: it is private, or bound as a whole: nobody knows what there is to mask.
        """
        with self._database.transaction() as connection:
            found = self._must(id)
            if found.mode is PrivacyMode.PRIVATE:
                raise StoreError(
                    "This conversation is set to stay on this machine.",
                    "Change its privacy in the chat app, or begin a new conversation.",
                )
            changed = connection.execute(
                "UPDATE conversations SET mode = ?, latched = iif(latched, ?, 0)"
                " WHERE id = ? AND (held_from OR NOT latched)",
                (PrivacyMode.MASK.value, _MASKED, found.id),
            )
            if not changed.rowcount:
                raise StoreError(
                    "What holds this conversation here is no message of it that can be masked.",
                    "Begin a new conversation.",
                )

    def fork(self, id: str, turns: int | None = None) -> Conversation:  # noqa: A002
        """A copy of the first ``turns`` turns (default: all) with mode, latch, tags and masks."""
        with self._database.transaction() as connection:
            source = self._must(id)
            fork = self.create(
                title=f"{source.title} (fork)" if source.title else "",
                mode=source.mode,
                stored=source.stored,
                parent=source.id,
            )
            connection.execute(
                "UPDATE conversations SET"
                " (latched, latch_reason, held_from, held_by, tags, masks) ="
                " (SELECT latched, latch_reason, held_from, held_by, tags, masks"
                " FROM conversations WHERE id = ?) WHERE id = ?",
                (source.id, fork.id),
            )
            connection.execute(
                "INSERT INTO turns"
                " (conversation, created, messages, text, complete, receipt, model)"
                " SELECT ?, created, messages, text, complete, receipt, model FROM turns"
                " WHERE conversation = ? ORDER BY id LIMIT ?",
                (fork.id, source.id, -1 if turns is None else turns),
            )
            return self._must(fork.id)

    def delete(self, id: str) -> None:  # noqa: A002
        """Delete it with its turns, receipts, outcomes, masks and saved pictures.

        Nothing of it stays readable on the disk. Backups and files set aside go too, since it may
        be in them.

        Raises:
            StoreError: there is no such conversation, or another program is reading the database,
                so that its text stays in the log; deleting any other one later removes it.
        """
        with self._database.transaction() as connection:
            conversation = self._must(id)
            name = conversation.id
            with search.forgetting(connection, conversation.turns):
                connection.execute("DELETE FROM conversations WHERE id = ?", (name,))
            notes.forget(connection, name)
            connection.execute(
                "DELETE FROM outcomes WHERE receipt IN"
                " (SELECT id FROM receipts WHERE conversation = ?)",
                (name,),
            )
            receipt_chain.forget(connection, "conversation = ?", (name,))
            connection.execute("DELETE FROM receipts WHERE conversation = ?", (name,))
        self._database.flush()
        rescue.erase_leftovers(self._database.path)
        self._erase_pictures()

    def purge(self, *, before: datetime | None = None, records: bool = False) -> dict[str, int]:
        """Delete all conversations, receipts and pictures, or those last touched before ``before``.

        With ``records`` the ledger, alerts and outcomes go too. Returns how many rows of each
        table went; nothing of them stays readable on the disk.

        Raises:
            StoreError: another program is using the database; doing it again finishes the work.
        """
        gone = purge(self._database, before=before, records=records)
        self._erase_pictures()
        return gone

    def _erase_pictures(self) -> None:
        if self._pictures is not None:
            saved_pictures.erase_orphans(self._database, self._pictures)

    def _set(self, id: str, column: str, value: object) -> None:  # noqa: A002
        name = self._must(id).id
        self._database.write(
            f"UPDATE conversations SET {column} = ? WHERE id = ?",  # noqa: S608
            (value, name),
        )
