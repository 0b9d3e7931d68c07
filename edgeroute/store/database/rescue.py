"""What is done to a database file as a whole: back up, encrypt, set aside, save what is left."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from edgeroute.core.private_file import sync_folder
from edgeroute.core.secret import Secret
from edgeroute.store import files
from edgeroute.store.database import loss, soundness, sqlite
from edgeroute.store.database.migrations import Migration, apply

_COMPANIONS: Final = ("", "-wal", "-shm")
_SKIPPED: Final = ("sqlite_", "search", "migrations")


def back_up(connection: Any, path: Path, key: Secret | None, version: int) -> Path:
    """Copy the database of table ``version`` beside itself; an older backup goes."""
    target = path.with_name(f"{path.name}.backup-v{version}")
    for old in leftovers(path):
        if ".backup-v" in old.name:
            old.unlink()
    draft = _draft(path, ".backup-part")
    with closing(sqlite.connect(draft, key)) as copy:
        connection.backup(copy)
    draft.rename(target)
    sync_folder(path.parent)
    return target


def encrypt(path: Path, key: Secret) -> bool:
    """Replace a plain database by the same one encrypted with ``key``; False while others use it.

    A crash leaves one or the other. What was plain is overwritten before it is removed.
    """
    draft = _draft(path, ".encrypting")
    with closing(sqlite.connect(path, None)) as plain:
        try:
            # Leaving WAL mode is possible only for the sole connection to a file.
            plain.execute("PRAGMA busy_timeout = 200")
            plain.execute("PRAGMA journal_mode = DELETE").fetchone()
        except sqlite.Error as error:
            draft.unlink()
            if sqlite.busy(error):
                return False
            raise
        version = plain.execute("PRAGMA user_version").fetchone()[0]
        application = plain.execute("PRAGMA application_id").fetchone()[0]
        plain.execute(f"ATTACH DATABASE ? AS safe KEY {sqlite.key_literal(key)}", (str(draft),))
        plain.execute("SELECT sqlcipher_export('safe')").fetchone()
        plain.execute(f"PRAGMA safe.user_version = {version}")
        plain.execute(f"PRAGMA safe.application_id = {application}")
        plain.execute("DETACH DATABASE safe")
    old = path.with_name(path.name + ".plain")
    old.unlink(missing_ok=True)
    old.hardlink_to(path)
    draft.rename(path)
    sync_folder(path.parent)
    erase(old)
    return True


def erase(path: Path) -> None:
    """Overwrite ``path`` with zeros and remove it; a file with another name is only removed."""
    with path.open("r+b", buffering=0) as file:
        status = os.fstat(file.fileno())
        left = status.st_size if status.st_nlink == 1 else 0
        while left > 0:
            left -= file.write(bytes(min(left, 1 << 20)))
        os.fsync(file.fileno())
    path.unlink()


def begin_anew(
    path: Path,
    key: Secret | None,
    migrations: Sequence[Migration],
    now: datetime,
    application_id: int,
) -> str:
    """Put an empty database in the place of one that is gone, which the new one says of itself.

    A log without its file belongs to a file that is gone: it is set aside.
    """
    aside = _aside(path, now)
    with _replacing(path, key, migrations, now, application_id) as fresh:
        loss.note(fresh, now.isoformat())
    left = (
        f" What was left of it is {aside}." if any(part.exists() for part in _parts(aside)) else ""
    )
    return f"The database file was gone, and a new one was begun.{left}"


def salvage(
    path: Path,
    key: Secret | None,
    migrations: Sequence[Migration],
    now: datetime,
    application_id: int,
) -> str:
    """Set a damaged database aside and build a new one from all rows that can still be read."""
    aside = _aside(path, now)
    kept = 0
    steps = migrations[: _version(aside, key, len(migrations))]
    with _replacing(path, key, steps, now, application_id) as fresh:
        for table in _tables(fresh):
            kept += _copy_rows(aside, key, fresh, table)
        soundness.drop_wrong_rows(fresh)
        loss.adopt_orphans(fresh, now.isoformat())
        loss.note(fresh, now.isoformat())
        _drop_orphans(fresh)
    if kept:
        return (
            f"The database was damaged. It was set aside as {aside};"
            f" {kept} rows could still be read and are in use again."
        )
    return f"The database was damaged and nothing in it could be read. It lies in {aside}."


@contextmanager
def _replacing(
    path: Path, key: Secret | None, steps: Sequence[Migration], now: datetime, application_id: int
) -> Iterator[Any]:
    """A transaction in a new database, which takes the place ``path`` when it is complete."""
    draft = _draft(path, ".salvage")
    with closing(sqlite.connect(draft, key)) as fresh:
        apply(fresh, steps, now.isoformat())
        fresh.execute(f"PRAGMA application_id = {application_id}")
        fresh.execute("PRAGMA foreign_keys = OFF")
        fresh.execute("BEGIN IMMEDIATE")
        yield fresh
        fresh.execute("COMMIT")
    draft.rename(path)
    sync_folder(path.parent)


def leftovers(path: Path) -> Iterator[Path]:
    """Backups and files set aside: copies of the database that a purge must take along."""
    for pattern in (".backup-*", ".damaged-*", ".salvage*", ".encrypting*", ".plain*"):
        yield from sorted(path.parent.glob(path.name + pattern))


def _aside(path: Path, now: datetime) -> Path:
    stamp = f"{now:%Y%m%dT%H%M%S}"
    target = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    for source, aside in zip(_parts(path), _parts(target), strict=True):
        if source.exists():
            source.rename(aside)
    return target


def _parts(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in _COMPANIONS]


def _draft(path: Path, suffix: str) -> Path:
    """An empty private file beside ``path``."""
    draft = path.with_name(path.name + suffix)
    draft.unlink(missing_ok=True)
    files.write_private(draft, b"")
    return draft


def _version(path: Path, key: Secret | None, newest: int) -> int:
    with suppress(sqlite.Error), closing(sqlite.connect(path, key)) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if 0 < version <= newest:
            return version
    return newest


def _tables(connection: Any) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    names = [str(row["name"]) for row in rows]
    # Parents come first by the order in which migrations make them.
    return [name for name in names if not name.startswith(_SKIPPED)]


def _copy_rows(source: Path, key: Secret | None, fresh: Any, table: str) -> int:
    """Copy what can be read of ``table``, from both ends towards the damage."""
    kept = 0
    for direction in ("ASC", "DESC"):
        for row in _readable_rows(source, key, table, direction):
            columns = ", ".join(f'"{name}"' for name in row.keys())  # noqa: SIM118
            places = ", ".join("?" * len(row))
            insert = f'INSERT OR IGNORE INTO "{table}" ({columns}) VALUES ({places})'  # noqa: S608
            kept += int(fresh.execute(insert, tuple(row)).rowcount)
    return kept


def _readable_rows(source: Path, key: Secret | None, table: str, direction: str) -> Iterator[Any]:
    """The rows of ``table`` up to the first that cannot be read."""
    # A new connection each time: SQLCipher refuses everything once a page has failed.
    with suppress(sqlite.Error), closing(sqlite.connect(source, key)) as damaged:
        damaged.text_factory = lambda text: text.decode("utf-8", "replace")
        query = f'SELECT * FROM "{table}" ORDER BY rowid {direction}'  # noqa: S608
        yield from damaged.execute(query)


def _drop_orphans(fresh: Any) -> None:
    """Rows whose parents were lost go too."""
    for row in fresh.execute("PRAGMA foreign_key_check").fetchall():
        fresh.execute(f'DELETE FROM "{row["table"]}" WHERE rowid = ?', (row["rowid"],))  # noqa: S608


def erase_leftovers(path: Path) -> None:
    """Remove every copy of the database but itself."""
    for copy in leftovers(path):
        erase(copy)
