"""One SQLite connection as EdgeRoute wants it, and SQLite's errors as sentences."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlcipher3 import dbapi2

from edgeroute.core.errors import StoreError
from edgeroute.core.secret import Secret

Error: Final[type[Exception]] = dbapi2.Error
# Mistakes in this program, which no user can mend.
MISUSE: Final[tuple[type[Exception], ...]] = (
    dbapi2.ProgrammingError,
    dbapi2.IntegrityError,
    dbapi2.InterfaceError,
    dbapi2.NotSupportedError,
)
BUSY_SECONDS: Final = 10.0

_RAW_KEY: Final = re.compile(r"[0-9a-f]{64}")
# Primary result codes of sqlite.org/rescode.html
_BUSY: Final = frozenset({5, 6})
_DAMAGED: Final = frozenset({11, 26})
# What has no code of its own: text that is none, tables that cannot be read.
_DAMAGED_WORDS: Final = ("Could not decode to UTF-8", "malformed database schema")
_FULL: Final = 13
_READ_ONLY: Final = 8
_CANNOT_OPEN: Final = 14
_SETTINGS: Final = (
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "secure_delete = ON",
    "synchronous = NORMAL",  # LogSync does the rest
    "temp_store = MEMORY",
    "fullfsync = ON",  # macOS: a plain fsync does not reach the disk
    "checkpoint_fullfsync = ON",
    "journal_size_limit = 16777216",
    "recursive_triggers = ON",  # REPLACE must run delete triggers
)


class DecimalSum:
    """The SQL aggregate ``decimal_sum``: exact sums of amounts kept as text."""

    def __init__(self) -> None:
        self._sum: Decimal | None = None

    def step(self, value: str | None) -> None:
        """Add one amount; NULL counts as nothing."""
        if value is not None:
            self._sum = (self._sum or Decimal(0)) + Decimal(value)

    def finalize(self) -> str | None:
        """The sum as text, NULL where there was no amount."""
        return None if self._sum is None else str(self._sum)


def is_raw_key(key: Secret) -> bool:
    """Whether ``key`` is 32 random bytes in hex (used as they are), not a passphrase."""
    return _RAW_KEY.fullmatch(key.reveal()) is not None


def key_literal(key: Secret | None) -> str:
    """``key`` as SQLCipher's SQL wants it; no key is the empty one, which means plain SQLite."""
    if key is None:
        return "''"
    if is_raw_key(key):
        return f"\"x'{key.reveal()}'\""
    return "'" + key.reveal().replace("'", "''") + "'"


def connect(path: Path, key: Secret | None, *, query_only: bool = False) -> Any:
    """An open connection to ``path`` in autocommit mode, usable from any thread (one at a time).

    Raises:
        Error: SQLite's own; the first statement that reads fails where the key does not fit.
    """
    connection = dbapi2.connect(
        str(path), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.row_factory = dbapi2.Row
        connection.create_aggregate("decimal_sum", 1, DecimalSum)
        connection.execute("PRAGMA cipher_log_level = NONE")  # else SQLCipher writes to stderr
        if key is not None:
            connection.execute(f"PRAGMA key = {key_literal(key)}")
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
        if query_only:
            connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def damaged(error: BaseException) -> bool:
    """Whether SQLite says that the file is corrupt or no database."""
    return _code(error) in _DAMAGED or any(one in str(error) for one in _DAMAGED_WORDS)


def busy(error: BaseException) -> bool:
    """Whether another connection holds the lock."""
    return _code(error) in _BUSY


def explain(error: BaseException, path: Path) -> StoreError:
    """``error`` as a sentence and what to do about it."""
    code = _code(error)
    if code in _BUSY:
        return StoreError(
            f"Another program has held {path} for more than {BUSY_SECONDS:.0f} seconds.",
            "Close other EdgeRoute windows or commands and try again.",
        )
    if damaged(error):
        return StoreError(
            f"The database {path} is damaged.",
            "Start EdgeRoute again: it sets the damaged file aside and keeps what can be read.",
        )
    hints = {
        _FULL: "The disk is full: free some space and try again.",
        _READ_ONLY: "Make the file and its folder writable, or set EDGEROUTE_HOME elsewhere.",
        _CANNOT_OPEN: "Check that the folder exists and belongs to you.",
    }
    hint = hints.get(code, "Check the disk; `edgeroute doctor` says more.")
    return StoreError(f"The database {path} failed: {error}.", hint)


def _code(error: BaseException) -> int:
    """The primary result code, 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
