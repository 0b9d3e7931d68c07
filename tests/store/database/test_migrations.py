"""Migrations: numbered, recorded, backed up, all or nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.secret import Secret
from edgeroute.store.database import sqlite
from edgeroute.store.database.database import Database
from edgeroute.store.database.migrations import MIGRATIONS, apply


def second_step(connection: Any) -> None:
    """A later version: one more table, and one more column on an old one."""
    connection.execute("CREATE TABLE later (x TEXT)")
    connection.execute("ALTER TABLE alerts ADD COLUMN level TEXT NOT NULL DEFAULT 'low'")


def broken_step(connection: Any) -> None:
    """A step that fails half-way."""
    connection.execute("CREATE TABLE half (x)")
    raise RuntimeError("half-way")


def tables(path: Path, key: Secret | None) -> set[str]:
    """The table names in the file."""
    connection = sqlite.connect(path, key)
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    return names


@pytest.mark.parametrize("key", [None, Secret("ab" * 32)], ids=["plain", "encrypted"])
def test_an_old_database_is_brought_up_with_a_backup(tmp_path: Path, key: Secret | None) -> None:
    """Rows survive, each step is recorded once, the backup is the old database in the old form."""
    path = tmp_path / "e.db"
    tmp_path.chmod(0o700)
    old = Database.open(path, key)
    old.write("INSERT INTO states VALUES ('a', '1', '')")
    old.close()
    new = Database(path, key, migrations=[*MIGRATIONS, second_step])
    assert new.read("SELECT value FROM states")[0]["value"] == "1"
    record = new.read("SELECT number, name FROM migrations ORDER BY number")
    steps = [step.__name__ for step in (*MIGRATIONS, second_step)]
    assert [tuple(row) for row in record] == list(enumerate(steps, 1))
    new.close()
    backup = path.with_name(f"e.db.backup-v{len(MIGRATIONS)}")
    assert backup.stat().st_mode & 0o777 == 0o600
    assert "later" not in tables(backup, key)
    assert "states" in tables(backup, key)
    again = Database(path, key, migrations=[*MIGRATIONS, second_step])
    assert len(again.read("SELECT * FROM migrations")) == len(MIGRATIONS) + 1
    again.close()


def test_a_failing_step_leaves_the_old_tables(tmp_path: Path) -> None:
    """Nothing of a migration that fails is kept, and the old version opens again."""
    tmp_path.chmod(0o700)
    path = tmp_path / "e.db"
    Database.open(path).read("SELECT 1")
    with pytest.raises(RuntimeError, match="half-way"):
        Database(path, migrations=[*MIGRATIONS, second_step, broken_step]).read("SELECT 1")
    assert not {"later", "half"} & tables(path, None)
    old = Database.open(path)
    assert old.read("SELECT count(*) AS n FROM migrations")[0]["n"] == len(MIGRATIONS)
    old.close()


def test_a_program_killed_in_a_migration_leaves_the_old_tables(tmp_path: Path) -> None:
    """SIGKILL inside a step is as if the step had not begun."""
    tmp_path.chmod(0o700)
    path = tmp_path / "e.db"
    Database.open(path).read("SELECT 1")
    script = (
        "import os, sys\nfrom pathlib import Path\n"
        "from edgeroute.store.database.database import Database\n"
        "from edgeroute.store.database.migrations import MIGRATIONS\n"
        "def step(c):\n    c.execute('CREATE TABLE half (x)')\n    os.kill(os.getpid(), 9)\n"
        "Database(Path(sys.argv[1]), migrations=[*MIGRATIONS, step]).read('SELECT 1')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False, timeout=30)
    assert done.returncode == -9
    database = Database.open(path)
    assert database.notices == ()
    database.close()
    assert "half" not in tables(path, None)


def test_applying_twice_changes_nothing(tmp_path: Path) -> None:
    """A database that is up to date is left as it is."""
    connection = sqlite.connect(tmp_path / "e.db", None)
    assert apply(connection, MIGRATIONS, "now") == len(MIGRATIONS)
    assert apply(connection, MIGRATIONS, "now") == 0
    connection.close()


def test_a_damaged_old_database_is_rescued_and_then_brought_up(tmp_path: Path) -> None:
    """Rows of an old, damaged file are saved in the old form and then migrated."""
    tmp_path.chmod(0o700)
    path = tmp_path / "e.db"
    old = Database.open(path)
    with old.transaction() as connection:
        for n in range(400):
            connection.execute("INSERT INTO states VALUES (?, ?, '')", (str(n), "x" * 300))
    old.flush()
    old.close()
    data = bytearray(path.read_bytes())
    at = len(data) // 8192 * 4096
    data[at : at + 4096] = bytes(4096)
    path.write_bytes(data)
    new = Database(path, migrations=[*MIGRATIONS, second_step])
    assert "damaged" in new.notices[0]
    assert new.read("SELECT count(*) AS n FROM states")[0]["n"] > 50
    assert new.read("SELECT count(*) AS n FROM later")[0]["n"] == 0
    new.close()
