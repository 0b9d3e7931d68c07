"""Opening the database file: its lock, its identity, its health and its tables, in that order.

Beside ``edgeroute.db`` lies ``edgeroute.db.id``: whether the file is plain, or a fingerprint of the
key it was encrypted with. It tells a wrong key from a damaged file, which look the same to SQLite.
A modification time of 0 asks for a full check at the next opening.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from edgeroute.core.errors import StoreError
from edgeroute.core.secret import Secret
from edgeroute.store import files
from edgeroute.store.database import log_state, loss, rescue, soundness, sqlite
from edgeroute.store.database.migrations import Migration, apply

APPLICATION_ID: Final = 0x45524F55  # "EROU"
_PLAIN_HEADER: Final = b"SQLite format 3\x00"
# A check reads the whole file, which would delay the start where that is large.
_SMALL_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """A ready connection, the key in use, and sentences about what had to be done."""

    connection: Any
    key: Secret | None
    notices: tuple[str, ...] = ()


def open_file(
    path: Path, key: Secret | None, migrations: Sequence[Migration], now: datetime
) -> Opened:
    """The database at ``path`` with all ``migrations`` applied; ``now`` names files set aside.

    Raises:
        StoreError: not ours alone, another key, a newer EdgeRoute's, locked, or no space.
    """
    files.private_folder(path.parent)
    busy = StoreError(
        f"Another EdgeRoute has been opening {path} for a long time.",
        "Wait for it or end it, then try again.",
    )
    with files.alone(path.with_name(f".{path.name}.lock"), busy):
        for suffix in ("", "-wal", "-shm"):
            files.check_private(path.with_name(path.name + suffix))
        try:
            return _open(path, key, migrations, now)
        except sqlite.Error as error:
            raise sqlite.explain(error, path) from error


def mark_for_check(path: Path) -> None:
    """Have the file checked in full when it is opened next."""
    with suppress(OSError):
        os.utime(_identity_file(path), (0, 0))


def _open(path: Path, key: Secret | None, migrations: Sequence[Migration], now: datetime) -> Opened:
    notices: list[str] = []
    connection = None
    shared = path.with_name(f"{path.name}-shm")
    log = log_state.read_log(_log_file(path), shared)
    fresh = not path.exists() or path.stat().st_size == 0
    if fresh and (_identity_file(path).exists() or _log_file(path).exists()):
        notices.append(rescue.begin_anew(path, key, migrations, now, APPLICATION_ID))
    elif not fresh:
        _refuse_other_key(path, key)
        if key is not None and _header(path) == _PLAIN_HEADER:
            _write_identity(path, key)
            if rescue.encrypt(path, key):
                notices.append("The database is now encrypted; its key is in the keyring.")
            else:
                key = None  # another EdgeRoute has it open: the next start encrypts it
        connection = _checked(path, key)
        if connection is None:
            notices.append(rescue.salvage(path, key, migrations, now, APPLICATION_ID))
        elif not _version(connection) and _identity_file(path).exists():
            connection.close()
            connection = None  # its tables were in a log that is lost
            notices.append(rescue.begin_anew(path, key, migrations, now, APPLICATION_ID))
        elif log.lost_commits(shared):
            _note_loss(connection, now)
            notices.append("The log of the database was damaged; what was written last is lost.")
    if connection is None:
        os.close(files.open_private(path))
        connection = sqlite.connect(path, key)
    try:
        _upgrade(connection, path, key, migrations, now)
        _write_identity(path, key)
    except BaseException:
        connection.close()
        raise
    return Opened(connection, key, tuple(notices))


def _note_loss(connection: Any, now: datetime) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        loss.note(connection, now.isoformat())
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise


def _checked(path: Path, key: Secret | None) -> Any:
    """A connection to a healthy file; None where it is damaged."""
    connection = None
    try:
        connection = sqlite.connect(path, key)
        found = int(connection.execute("PRAGMA application_id").fetchone()[0])
        tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
        due = _check_is_due(path)
        if not soundness.is_sound(connection, plain=key is None, whole=due):
            connection.close()
            return None
        if due:
            with suppress(OSError):
                os.utime(_identity_file(path))
    except sqlite.Error as error:
        if connection is not None:
            connection.close()
        if sqlite.damaged(error) and _is_ours(path, key):
            return None
        if sqlite.damaged(error):
            raise _wrong_key(path) from error
        raise
    if found != APPLICATION_ID and tables:
        connection.close()
        raise StoreError(
            f"{path} is a database of another program.",
            "Move it away, or set EDGEROUTE_HOME to another folder.",
        )
    return connection


def _upgrade(
    connection: Any, path: Path, key: Secret | None, migrations: Sequence[Migration], now: datetime
) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    version = _version(connection)
    if version > len(migrations):
        raise StoreError(
            f"{path} was written by a newer EdgeRoute (tables of version {version}, this one"
            f" knows {len(migrations)}).",
            "Install the newer version again; it cannot be opened with an older one.",
        )
    if version == len(migrations):
        return
    if version:
        rescue.back_up(connection, path, key, version)
    apply(connection, migrations, now.isoformat())


def _version(connection: Any) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _log_file(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _identity_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.id")


def _identity(key: Secret | None) -> bytes:
    """What the identity file says for ``key``. A passphrase has no fingerprint to guess against."""
    if key is None:
        return b"plain\n"
    if not sqlite.is_raw_key(key):
        return b"passphrase\n"
    mac = hmac.new(bytes.fromhex(key.reveal()), b"edgeroute database", hashlib.sha256)
    return mac.hexdigest()[:32].encode() + b"\n"


def _write_identity(path: Path, key: Secret | None) -> None:
    file = _identity_file(path)
    if files.read_private(file) != _identity(key):
        files.write_private(file, _identity(key))


def _is_ours(path: Path, key: Secret | None) -> bool:
    """Whether the file was written with ``key``, so that failing to read it means damage."""
    said = files.read_private(_identity_file(path))
    if said is None:
        return key is None and _header(path) == _PLAIN_HEADER
    return said == _identity(key) and said != b"passphrase\n"


def _refuse_other_key(path: Path, key: Secret | None) -> None:
    said = files.read_private(_identity_file(path))
    plain = _header(path) == _PLAIN_HEADER
    if key is None and not plain and said not in {None, b"plain\n"}:
        raise StoreError(
            f"The database {path} is encrypted and its key is not at hand.",
            "Unlock the keyring and try again. If the key is lost, so is the history: move the"
            " file away to start a new one.",
        )
    if key is not None and not plain and said not in {None, b"plain\n", _identity(key)}:
        raise _wrong_key(path)


def _wrong_key(path: Path) -> StoreError:
    return StoreError(
        f"The database {path} was encrypted with another key.",
        "Restore that key in the keyring, or move the file away to start a new history.",
    )


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_PLAIN_HEADER))


def _check_is_due(path: Path) -> bool:
    try:
        return path.stat().st_size <= _SMALL_BYTES or _identity_file(path).stat().st_mtime == 0
    except OSError:
        return True
