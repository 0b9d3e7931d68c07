"""The database file: durable, private, mended where it can be, plain about what it cannot do."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeroute.core.errors import StoreError
from edgeroute.core.secret import Secret
from edgeroute.store.database import opening, sqlite
from edgeroute.store.database.database import Database
from edgeroute.store.database.migrations import MIGRATIONS

KILLS = int(os.environ.get("EDGEROUTE_TEST_KILLS", "8"))
ALERT = (
    "INSERT INTO alerts (created, kind, message, conversation, receipt, details)"
    " VALUES ('', 'k', ?, '', '', '{}')"
)
KEYS = [None, Secret("ab" * 32), Secret("a passphrase with a ' in it")]


def add(database: Database, *messages: str) -> None:
    """One alert row for each message."""
    for message in messages:
        database.write(ALERT, (message,))


def messages(database: Database) -> list[str]:
    """The alert rows' messages."""
    return [row["message"] for row in database.read("SELECT message FROM alerts ORDER BY id")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database will be."""
    return tmp_path / "data" / "edgeroute.db"


def test_building_one_touches_nothing(path: Path) -> None:
    """Neither a file nor the keyring is needed before the first call."""

    def fetch() -> Secret:
        raise AssertionError("the keyring was asked")

    Database.open(path, fetch)
    assert not path.parent.exists()


@pytest.mark.parametrize("key", KEYS, ids=["plain", "raw", "passphrase"])
def test_rows_are_there_after_reopening(path: Path, key: Secret | None) -> None:
    """What was written is read by the next program, with the settings that make it safe."""
    first = Database.open(path, lambda: key)
    add(first, "one")
    first.close()
    second = Database.open(path, key)
    assert messages(second) == ["one"]
    assert second.encrypted is (key is not None)
    assert second.notices == ()
    with second.transaction() as connection:
        settings = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }
        secure = connection.execute("PRAGMA secure_delete").fetchone()[0]
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "trusted_schema": 0,
    }
    assert secure == 1
    second.close()


@pytest.mark.parametrize("key", KEYS[:2], ids=["plain", "raw"])
def test_no_file_is_readable_by_others(path: Path, key: Secret | None) -> None:
    """Under umask 0 every file of the database, the log included, is 0600 in a 0700 folder."""
    before = os.umask(0)
    try:
        database = Database.open(path, key)
        add(database, "one")
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert "edgeroute.db-wal" in modes
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_encrypted_file_shows_nothing(path: Path) -> None:
    """Neither rows nor table names stand readable in any file."""
    database = Database.open(path, KEYS[1])
    add(database, "a-canary-in-the-mine")
    everything = b"".join(p.read_bytes() for p in path.parent.iterdir())
    assert b"canary" not in everything
    assert b"SQLite" not in everything
    assert b"conversations" not in everything
    database.close()


@pytest.mark.parametrize(
    ("made", "opened", "says"),
    [
        (KEYS[1], None, "its key is not at hand"),
        (KEYS[1], Secret("cd" * 32), "another key"),
        (KEYS[2], Secret("wrong passphrase"), "another key"),
    ],
)
def test_a_wrong_key_is_no_damage(
    path: Path, made: Secret, opened: Secret | None, says: str
) -> None:
    """A missing or wrong key is said; the file stays where it is and still opens with its key."""
    database = Database.open(path, made)
    add(database, "one")
    database.close()
    with pytest.raises(StoreError, match=says):
        Database.open(path, opened).read("SELECT 1")
    again = Database.open(path, made)
    assert messages(again) == ["one"]
    again.close()
    assert not list(path.parent.glob("*damaged*"))


def test_a_key_encrypts_what_was_plain(path: Path) -> None:
    """Once there is a keyring, a plain database is encrypted and its plain text overwritten."""
    plain = Database.open(path)
    add(plain, "a-canary-in-the-mine")
    plain.close()
    assert b"a-canary" in path.read_bytes()
    safe = Database.open(path, KEYS[1])
    assert safe.encrypted
    assert "encrypted" in safe.notices[0]
    assert messages(safe) == ["a-canary-in-the-mine"]
    safe.close()
    assert not any(b"a-canary" in p.read_bytes() for p in path.parent.iterdir())


def test_a_database_in_use_is_encrypted_later(path: Path) -> None:
    """While another EdgeRoute has the plain file open, it stays plain and both go on working."""
    plain = Database.open(path)
    add(plain, "one")
    other = Database.open(path, KEYS[1])
    add(other, "two")
    assert not other.encrypted
    assert messages(plain) == ["one", "two"]
    other.close()
    plain.close()
    last = Database.open(path, KEYS[1])
    assert last.encrypted
    assert messages(last) == ["one", "two"]
    last.close()


def zero_header(data: bytearray) -> None:
    """Lose the first bytes."""
    data[:64] = bytes(64)


def flip_middle(data: bytearray) -> None:
    """Flip bits in one page, from its head on: a plain file does not tell of harm to a text."""
    at = (len(data) // 4096 // 2) * 4096
    data[at : at + 900] = bytes(b ^ 0x5A for b in data[at : at + 900])


def cut(data: bytearray) -> None:
    """Lose the second half."""
    del data[len(data) // 2 + 57 :]


@pytest.mark.parametrize("key", KEYS[:2], ids=["plain", "raw"])
@pytest.mark.parametrize("harm", [zero_header, flip_middle, cut])
def test_a_damaged_file_is_set_aside_and_what_is_readable_is_kept(
    path: Path, key: Secret | None, harm: Callable[[bytearray], None]
) -> None:
    """The program starts, says what happened, and keeps the old file for experts."""
    database = Database.open(path, key)
    with database.transaction():
        add(database, *(f"row {n} " + "x" * 300 for n in range(400)))
    database.flush()
    database.close()
    data = bytearray(path.read_bytes())
    harm(data)
    path.write_bytes(data)
    again = Database.open(path, key)
    kept = messages(again)
    assert "damaged" in again.notices[0]
    assert list(path.parent.glob("edgeroute.db.damaged-*"))
    if harm is flip_middle:
        assert len(kept) > 100
    add(again, "new")
    assert messages(again)[-1] == "new"
    again.close()
    healthy = Database.open(path, key)
    assert healthy.notices == ()
    healthy.close()


@pytest.mark.parametrize("content", [b"", b"garbage that is no database at all" * 100])
def test_a_file_of_garbage_does_not_stop_the_program(path: Path, content: bytes) -> None:
    """An empty or overwritten file of ours is replaced and the user told; it is kept aside."""
    Database.open(path).read("SELECT 1")
    path.write_bytes(content)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    again = Database.open(path)
    assert messages(again) == []
    assert again.notices
    again.close()


def test_another_programs_database_is_left_alone(path: Path) -> None:
    """A SQLite file that is not ours is neither changed nor moved."""
    path.parent.mkdir(mode=0o700)
    connection = sqlite.connect(path, None)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    path.chmod(0o600)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Database.open(path).read("SELECT 1")
    assert path.read_bytes() == before


def test_a_newer_database_is_refused_with_a_sentence(path: Path) -> None:
    """An older program does not touch the tables of a newer one."""
    newer = Database(path, migrations=[*MIGRATIONS, lambda _: None])
    newer.read("SELECT 1")
    newer.close()
    with pytest.raises(StoreError, match="newer EdgeRoute"):
        Database.open(path).read("SELECT 1")


def test_a_locked_database_waits_and_then_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another program writes, reads go on and a write ends with a sentence, not for ever."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    one, two = Database.open(path), Database.open(path)
    add(one, "one")
    assert messages(two) == ["one"]
    with one.transaction():
        add(one, "two")
        assert messages(two) == ["one"]
        with pytest.raises(StoreError, match="Close other EdgeRoute"):
            add(two, "three")
    add(two, "three")
    assert messages(one) == ["one", "two", "three"]
    one.close()
    two.close()


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    """An error takes back everything, inner transactions included; the next one works."""

    def fail() -> None:
        with database.transaction():
            add(database, "one")
            with database.transaction():
                add(database, "two")
            assert messages(database) == ["one", "two"]
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert messages(database) == []
    add(database, "three")
    assert messages(database) == ["three"]


def test_a_full_disk_is_a_sentence_and_not_the_end(database: Database) -> None:
    """When the file cannot grow, the write says that the disk is full; reading goes on."""
    add(database, "one")
    with database.transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="free some space"):
        add(database, "x" * 100_000)
    assert messages(database) == ["one"]


def test_threads_share_one_database(database: Database) -> None:
    """Many threads read and write at once and nothing is lost."""

    def work(name: int) -> None:
        for n in range(20):
            add(database, f"{name}.{n}")
            messages(database)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(messages(database))) == 120


def test_kept_values_are_random_and_stay(path: Path) -> None:
    """A kept value is made once, differs from others, and survives a restart."""
    first = Database.open(path)
    value = first.kept("a")
    assert len(value) == 32
    assert value == first.kept("a") != first.kept("b")
    first.close()
    again = Database.open(path)
    assert again.kept("a") == value
    again.close()


def test_closing_twice_and_using_again(database: Database) -> None:
    """A closed database opens itself when it is used again."""
    add(database, "one")
    database.close()
    database.close()
    assert messages(database) == ["one"]


WRITER = """
import sys
from pathlib import Path
from edgeroute.core.secret import Secret
from edgeroute.store.database.database import Database
database = Database.open(Path(sys.argv[1]), Secret(sys.argv[2]) if sys.argv[2] else None)
for number in range(100000):
    with database.transaction() as c:
        for half in "ab":
            c.execute("INSERT INTO alerts (created, kind, message, conversation, receipt, details)"
                      " VALUES ('', 'k', ?, '', '', '{}')", (f"{number}{half}" + "x" * 500,))
    print(number, flush=True)
"""


@pytest.mark.parametrize("key", KEYS[:2], ids=["plain", "raw"])
def test_a_killed_program_loses_nothing_it_had_acknowledged(path: Path, key: Secret | None) -> None:
    """After SIGKILL at a random point the file is sound, whole transactions only, none missing."""
    total = 0
    for _ in range(KILLS // 2):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), key.reveal() if key else ""],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        acknowledged = [child.stdout.readline()]
        killer = threading.Timer(0.001 * (1 + os.urandom(1)[0]), child.kill)
        killer.start()
        acknowledged += list(child.stdout)
        child.wait(10)
        child.stdout.close()
        killer.cancel()
        total += sum(line.endswith("\n") for line in acknowledged)
        database = Database.open(path, key)
        rows = database.read("SELECT count(*) AS n FROM alerts")[0]["n"]
        assert database.notices == ()
        assert rows % 2 == 0
        assert rows // 2 >= total
        with database.transaction() as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        total = rows // 2
        database.close()


def test_a_large_file_is_checked_when_asked_or_when_it_has_failed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file opens at once; damage is found by use or a check and mended at next start."""
    monkeypatch.setattr(opening, "_SMALL_BYTES", 0)
    database = Database.open(path, KEYS[1])
    with database.transaction():
        add(database, *("x" * 3000 for _ in range(200)))
    assert database.check()
    database.close()
    data = bytearray(path.read_bytes())
    flip_middle(data)
    path.write_bytes(data)
    found = Database.open(path, KEYS[1])
    assert found.notices == ()
    with pytest.raises(StoreError, match="Start EdgeRoute again"):
        messages(found)
    assert not found.check()
    found.close()
    mended = Database.open(path, KEYS[1])
    assert "damaged" in mended.notices[0]
    assert len(messages(mended)) > 100
    mended.close()


def test_the_moment_names_the_file_set_aside(path: Path) -> None:
    """Two rescues in the same second do not overwrite each other."""
    moment = datetime(2026, 11, 22, 20, 31, 5, tzinfo=UTC)
    for _ in range(2):
        database = Database(path, now=lambda: moment)
        database.read("SELECT 1")
        database.close()
        path.write_bytes(b"x" * 8192)
    Database(path, now=lambda: moment).read("SELECT 1")
    names = sorted(p.name for p in path.parent.glob("*damaged*"))
    assert names == [
        "edgeroute.db.damaged-20261122T203105",
        "edgeroute.db.damaged-20261122T203105-2",
    ]
