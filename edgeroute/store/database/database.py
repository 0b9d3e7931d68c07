"""The database: opened when first needed, private, durable, shared by threads and processes."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from edgeroute.core.errors import StoreError
from edgeroute.core.secret import Secret
from edgeroute.store.database import opening, soundness, sqlite
from edgeroute.store.database.log_sync import LogSync
from edgeroute.store.database.migrations import MIGRATIONS, Migration

KeySource = Secret | Callable[[], Secret | None] | None
_KEPT_BYTES: Final = 32


class Database:
    """One SQLite file in WAL mode, encrypted where there is a key.

    What a call has written survives the end of the process; of a power failure only what is older
    than ``log_sync.SECONDS``, or was followed by ``settle``.

    Nothing is touched before the first call, so that building one costs nothing. Every method may
    be called from any thread; calls are short, but a write can wait up to ten seconds for another
    process, so code on an event loop uses ``asyncio.to_thread``. Readers never wait for writers.

    ``key`` is a secret, or a function that fetches it when the file is opened (a keyring is slow).
    A key of 64 hex digits is used as it is; anything else is a passphrase and costs time.
    """

    def __init__(
        self,
        path: Path,
        key: KeySource = None,
        *,
        migrations: Sequence[Migration] = MIGRATIONS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path = path
        self._name = os.fspath(path)
        self._key = key
        self._migrations = migrations
        self._now = now
        self._lock = threading.RLock()
        self._read_lock = threading.Lock()
        self._writer: Any = None
        self._reader: Any = None
        self._encrypted = False
        self._owner = 0
        self._file = 0
        self._kept: dict[str, bytes] = {}  # of the file that is open
        self._anchoring = False
        self._notices: tuple[str, ...] = ()
        self._log = LogSync(path.with_name(f"{path.name}-wal"))

    @classmethod
    def open(cls, path: Path, key: KeySource = None) -> Self:
        """The database at ``path``, to be made if missing when it is first used."""
        return cls(path, key)

    @property
    def encrypted(self) -> bool:
        """Whether the file is encrypted at rest."""
        self._ready()
        return self._encrypted

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the user about what happened at opening, such as a rescue."""
        self._ready()
        return self._notices

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A connection inside a write transaction: all of it is kept, or nothing.

        A transaction opened inside another one of the same thread belongs to the outer one.

        Raises:
            StoreError: locked for too long, disk full, damaged; nothing was written.
        """
        with self._lock:
            if self._owner:
                yield self._writer
                return
            self._ready()
            with self._explained():
                self._writer.execute("BEGIN IMMEDIATE")
                self._owner = threading.get_ident()
                try:
                    yield self._writer
                    self._writer.execute("COMMIT")
                    self._log.changed()
                except BaseException:
                    # A full disk has ended the transaction already.
                    with suppress(sqlite.Error):
                        if self._writer.in_transaction:
                            self._writer.execute("ROLLBACK")
                    raise
                finally:
                    self._owner = 0
                    anchoring, self._anchoring = self._anchoring, False
            if anchoring:
                self.anchor()

    def write(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        with self.transaction() as connection:
            return int(connection.execute(sql, parameters).rowcount)

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows of a query, each readable by column name.

        Inside this thread's own transaction it sees what that transaction has written.
        """
        if self._owner == threading.get_ident():
            return list(self._writer.execute(sql, parameters).fetchall())
        self._ready()
        with self._read_lock, self._explained():
            if self._reader is None:
                raise StoreError("The database is closed.", "Start EdgeRoute again.")
            return list(self._reader.execute(sql, parameters).fetchall())

    def kept(self, name: str) -> bytes:
        """32 random bytes under ``name``, made at their first use and the same ever after."""
        self._ready()
        known = self._kept.get(name)
        if known is not None:
            return known
        rows = self.read("SELECT value FROM values_kept WHERE name = ?", (name,))
        if not rows:
            self.write(
                "INSERT OR IGNORE INTO values_kept VALUES (?, ?)",
                (name, secrets.token_bytes(_KEPT_BYTES)),
            )
            rows = self.read("SELECT value FROM values_kept WHERE name = ?", (name,))
        value = bytes(rows[0]["value"])
        if self._owner != threading.get_ident():  # an open transaction may be undone
            self._kept[name] = value
        return value

    def settle(self) -> None:
        """Wait until all that was written is on the disk."""
        self._log.now()

    def anchor(self) -> None:
        """Have all that was written in the file itself as well, so that it outlives a lost log.

        Inside a transaction this is done at its end. What other readers hold back stays in the log.
        """
        with self._lock:
            if self._owner:
                self._anchoring = True
                return
            self.settle()
            self._ready()
            with suppress(sqlite.Error):
                # Old pages that stay in the log would hide the new ones if its end were lost.
                self._writer.execute("PRAGMA busy_timeout = 0")
                try:
                    self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                finally:
                    self._writer.execute(f"PRAGMA busy_timeout = {sqlite.BUSY_SECONDS * 1000:.0f}")

    def flush(self) -> None:
        """Move the write-ahead log into the file and empty it.

        Raises:
            StoreError: the disk is full, or another program keeps reading the log.
        """
        with self._lock:
            self._ready()
            with self._explained():
                row = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if row[0]:
            raise StoreError(
                f"Another program is using {self.path}, so that old pages stay in its log.",
                "Close other EdgeRoute windows and do it again.",
            )

    def compact(self) -> None:
        """Rewrite the file without its free pages and empty the log.

        Raises:
            StoreError: as for ``flush``.
        """
        with self._lock:
            self._ready()
            with self._explained():
                self._writer.execute("VACUUM")
        self.flush()

    def check(self) -> bool:
        """Read the whole file; False where it is damaged, and the next start then mends it.

        Small files are checked at every start. For a large one this takes a second or more for
        every hundred megabytes, so it is for idle moments.
        """
        self._ready()
        with self._read_lock:
            sound = soundness.is_sound(self._reader, plain=not self._encrypted)
        if not sound:
            opening.mark_for_check(self.path)
        return sound

    def close(self) -> None:
        """Close both connections; a later call opens them again."""
        self._log.close()
        with self._lock, self._read_lock:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()
            self._reader = self._writer = None

    def _ready(self) -> None:
        """Open the file unless it is open; once it is, no lock is taken.

        Where another process has set the file aside, the one in its place is opened.
        """
        if self._reader is None or self._moved():
            self._open_once()

    def _moved(self) -> bool:
        try:
            # Asked before every statement: a path that is text already costs half as much.
            return os.stat(self._name).st_ino != self._file  # noqa: PTH116
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def _open_once(self) -> None:
        with self._lock:
            if self._reader is not None:
                if not self._moved():
                    return
                self.close()
            key = self._key() if callable(self._key) else self._key
            opened = opening.open_file(self.path, key, self._migrations, self._now())
            try:
                reader = sqlite.connect(self.path, opened.key, query_only=True)
            except sqlite.Error as error:
                opened.connection.close()
                raise sqlite.explain(error, self.path) from error
            self._file, self._kept = self.path.stat().st_ino, {}
            self._encrypted = opened.key is not None
            self._notices = opened.notices
            self._writer, self._reader = opened.connection, reader

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite's errors into sentences; a damaged file is checked at the next opening."""
        try:
            yield
        except sqlite.Error as error:
            damaged = sqlite.damaged(error)
            known = damaged or hasattr(error, "sqlite_errorcode")
            if not known or isinstance(error, sqlite.MISUSE):
                raise
            if damaged:
                opening.mark_for_check(self.path)
            raise sqlite.explain(error, self.path) from error
