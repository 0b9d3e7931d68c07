"""Reads the chain of receipts from its first entry, and says where it breaks."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from edgeroute.core.receipt_check import ReceiptCheck
from edgeroute.store.database import receipt_chain
from edgeroute.store.database.database import Database

_PAGE: Final = 1_000
_MOST: Final = 20  # sentences


@dataclass(slots=True)
class _Entry:
    seal: bytes
    mac: bytes
    met: bool = False


def check(database: Database, head: str = "") -> ReceiptCheck:
    """Compare all receipts with the chain; ``head`` is what an earlier check gave.

    Raises:
        StoreError: the database cannot be read.
    """
    return _Check(database).result(head)


class _Check:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._key = database.kept(receipt_chain.KEY)
        self._entries: dict[int, _Entry] = {}
        self._replaced: set[int] = set()
        self._deleted = 0
        self._wrong: list[tuple[int, str]] = []

    def result(self, known: str) -> ReceiptCheck:
        """All of it; ``known`` is an earlier head, or empty."""
        head = self._database.read("SELECT number, mac, seal FROM receipt_chain_head")
        last = int(head[0]["number"]) if head else 0
        self._read_entries(last)
        if head:
            self._check_head(last, bytes(head[0]["mac"]), bytes(head[0]["seal"]))
        self._check_known(known)
        met = self._read_receipts(last)
        for number in self._late(last):
            self._wrong = [one for one in self._wrong if one[0] != number]
            self._replaced.add(number)
        for number, entry in self._entries.items():
            if not entry.met and number not in self._replaced:
                self._say(number, f"The receipt of entry {number} is gone; nobody deleted it here.")
        self._wrong.sort()
        words = receipt_chain.head_words(last, bytes(head[0]["mac"])) if head else ""
        sentences = dict.fromkeys(sentence for _, sentence in self._wrong)
        return ReceiptCheck(met, self._deleted, words, tuple(sentences)[:_MOST])

    def _say(self, number: int, sentence: str) -> None:
        self._wrong.append((number, sentence))

    def _read_entries(self, last: int) -> None:
        before, expected = b"", 1
        rows = self._database.read("SELECT * FROM receipt_chain ORDER BY number")
        for row in rows:
            number, seal, mac = int(row["number"]), bytes(row["seal"]), bytes(row["mac"])
            if number > last:
                if not self._is_newer(number):
                    self._say(number, f"Entry {number} comes after the end of the chain.")
                break
            if number != expected:
                self._say(expected, f"Entry {expected} is missing.")
            made = receipt_chain.linked(self._key, number, row["replaces"], seal, before)
            if not hmac.compare_digest(made, mac) and number == expected:
                self._say(number, f"Entry {number} was changed, or entry {number - 1} before it.")
            replaces = _numbers(row["replaces"])
            self._replaced.update(replaces)
            if hmac.compare_digest(seal, receipt_chain.sealed(self._key, ())):
                self._replaced.add(number)
                self._deleted += len(replaces)
            self._entries[number] = _Entry(seal, mac)
            before, expected = mac, number + 1
        if expected <= last:
            self._say(expected, f"The chain ends before entry {expected}; {last} were written.")

    def _is_newer(self, number: int) -> bool:
        """Whether the entry was added after this check had begun."""
        head = self._database.read("SELECT number FROM receipt_chain_head")
        return bool(head) and int(head[0]["number"]) >= number

    def _check_head(self, number: int, mac: bytes, seal: bytes) -> None:
        made = receipt_chain.headed(self._key, number, mac)
        entry = self._entries.get(number)
        if not hmac.compare_digest(made, seal) or (entry is not None and entry.mac != mac):
            self._say(number, f"The end of the chain, entry {number}, was changed.")

    def _check_known(self, known: str) -> None:
        if not known:
            return
        number = int(known.partition("-")[0]) if known.partition("-")[0].isdecimal() else 0
        entry = self._entries.get(number)
        if entry is None or receipt_chain.head_words(number, entry.mac) != known:
            self._say(number, f"The chain no longer holds {known}: it was cut or written anew.")

    def _read_receipts(self, last: int) -> int:
        """Compare the receipts with the seals of their entries; how many have one."""
        met = 0
        for row in self._rows():
            number = int(row["entry"])
            entry = self._entries.get(number)
            if number > last and self._is_newer(number):
                continue
            if entry is None or entry.met:
                self._say(number, f"Receipt {row['id']} is not in the chain.")
                continue
            entry.met = True
            met += 1
            values = [row[name] for name in receipt_chain.COLUMNS]
            if not hmac.compare_digest(receipt_chain.sealed(self._key, values), entry.seal):
                self._say(number, f"Receipt {row['id']} was changed after it was written.")
            elif number in self._replaced:
                self._say(number, f"Receipt {row['id']} was put back after it was replaced.")
        return met

    def _rows(self) -> Iterator[Any]:
        after = 0
        columns = ", ".join(("rowid", "entry", *receipt_chain.COLUMNS))
        query = f"SELECT {columns} FROM receipts WHERE rowid > ? ORDER BY rowid LIMIT {_PAGE}"  # noqa: S608
        while rows := self._database.read(query, (after,)):
            yield from rows
            after = int(rows[-1]["rowid"])

    def _late(self, last: int) -> Iterator[int]:
        """The entries that were replaced while this check ran."""
        query = "SELECT replaces FROM receipt_chain WHERE number > ?"
        for row in self._database.read(query, (last,)):
            yield from _numbers(row["replaces"])


def _numbers(text: str) -> list[int]:
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [one for one in found if isinstance(one, int)] if isinstance(found, list) else []
