"""Receipts chained by keyed hashes, in the order in which they were written.

An entry is added with each writing of a receipt: its number, the numbers of the entries that it
``replaces``, a seal over what was written, and a hash of the seal and of the entry before. A
receipt that is written anew replaces its own entry; a deletion is an entry without a receipt that
replaces those of what was deleted, of which nothing can be read in the chain. The head says which
entry is the last. The key lies in the database, under the database's own encryption.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, Final

KEY: Final = "receipt chain"
_NOTHING: Final = b""
_SHORT: Final = 16  # hex digits of a head that people write down
COLUMNS: Final = ("id", "created", "conversation", "left_machine", "private", "body")


def receipts_chained(connection: Any) -> None:
    """The chain, with every receipt that is there so far."""
    connection.execute(
        "CREATE TABLE receipt_chain (number INTEGER PRIMARY KEY, replaces TEXT NOT NULL,"
        " seal BLOB NOT NULL, mac BLOB NOT NULL)"
    )
    connection.execute(
        "CREATE TABLE receipt_chain_head (one INTEGER PRIMARY KEY CHECK (one = 1),"
        " number INTEGER NOT NULL, mac BLOB NOT NULL, seal BLOB NOT NULL)"
    )
    connection.execute("ALTER TABLE receipts ADD COLUMN entry INTEGER NOT NULL DEFAULT 0")
    found = connection.execute("SELECT id FROM receipts ORDER BY created, rowid").fetchall()
    columns = ", ".join(COLUMNS)
    for (name,) in found:
        query = f"SELECT {columns} FROM receipts WHERE id = ?"  # noqa: S608
        number = append(connection, connection.execute(query, (name,)).fetchone())
        connection.execute("UPDATE receipts SET entry = ? WHERE id = ?", (number, name))


def append(connection: Any, row: Sequence[object], replaces: Iterable[int] = ()) -> int:
    """Add an entry for the receipt in ``row`` (as ``COLUMNS``; empty for a deletion), inside a
    transaction, and return its number.
    """
    key = chain_key(connection)
    head = connection.execute("SELECT number, mac FROM receipt_chain_head").fetchone()
    number, before = (int(head[0]) + 1, bytes(head[1])) if head else (1, _NOTHING)
    gone = json.dumps(list(replaces), separators=(",", ":"))
    seal = sealed(key, row)
    mac = linked(key, number, gone, seal, before)
    connection.execute("INSERT INTO receipt_chain VALUES (?, ?, ?, ?)", (number, gone, seal, mac))
    connection.execute(
        "INSERT OR REPLACE INTO receipt_chain_head VALUES (1, ?, ?, ?)",
        (number, mac, headed(key, number, mac)),
    )
    return number


def forget(connection: Any, condition: str, parameters: Sequence[object]) -> None:
    """Write down, inside a transaction, that the receipts that fit are about to be deleted."""
    query = f"SELECT entry FROM receipts WHERE {condition}"  # noqa: S608
    entries = [int(row[0]) for row in connection.execute(query, parameters)]
    if entries:
        append(connection, (), entries)


def chain_key(connection: Any) -> bytes:
    """The key of the chain, made with its first entry."""
    query = "SELECT value FROM values_kept WHERE name = ?"
    row = connection.execute(query, (KEY,)).fetchone()
    if row is not None:
        return bytes(row[0])
    key = secrets.token_bytes(32)
    connection.execute("INSERT INTO values_kept VALUES (?, ?)", (KEY, key))
    return key


def sealed(key: bytes, row: Sequence[object]) -> bytes:
    """The seal over a receipt as the database holds it. No value holds a NUL."""
    return _mac(key, b"receipt", "\0".join(str(value) for value in row).encode())


def linked(key: bytes, number: int, replaces: str, seal: bytes, before: bytes) -> bytes:
    """The hash of an entry that follows the one with the hash ``before``."""
    return _mac(key, b"entry", f"{number}\0{replaces}\0".encode() + seal + before)


def headed(key: bytes, number: int, mac: bytes) -> bytes:
    """What only the head of this chain can say."""
    return _mac(key, b"head", str(number).encode() + b"\0" + mac)


def head_words(number: int, mac: bytes) -> str:
    """A head as people write it down."""
    return f"{number}-{mac.hex()[:_SHORT]}"


def _mac(key: bytes, kind: bytes, content: bytes) -> bytes:
    return hmac.digest(key, kind + b"\0" + content, hashlib.sha256)
