"""Reads the tables of a database for import, and changes nothing in it."""

from __future__ import annotations

import importlib
import importlib.util
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from edgeroute.core.errors import SettingsError
from edgeroute.privacy.detecting.own.sources import THINGS, Imports, describes_people, table

MAGIC: Final = b"SQLite format 3\0"
MOST_ROWS: Final = 200_000  # of one table
_LONGEST: Final = 500  # characters of a value

# Scheme of an address, the packages of which one has to be installed, and what names its tables.
_DRIVERS: Final = {
    "postgresql": ("psycopg", "psycopg2"),
    "postgres": ("psycopg", "psycopg2"),
    "mysql": ("pymysql", "MySQLdb"),
    "mariadb": ("pymysql", "MySQLdb"),
}
_LOCAL: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})
_TABLES: Final = (
    "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    " AND table_schema NOT IN"
    " ('information_schema', 'pg_catalog', 'mysql', 'performance_schema', 'sys')"
)


def is_database(source: str) -> bool:
    """Whether ``source`` is a database's address, or an SQLite file."""
    if "://" in source:
        return True
    try:
        with Path(source).expanduser().open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def read_database(source: str) -> Imports:
    """The entries in all tables of the database at ``source``.

    Raises:
        SettingsError: it cannot be read, is on another machine, or its driver is not installed.
    """
    scheme = source.partition("://")[0].partition("+")[0].lower() if "://" in source else "sqlite"
    if scheme != "sqlite" and scheme not in _DRIVERS:
        known = ", ".join(["sqlite", *_DRIVERS])
        raise SettingsError(f"{scheme}:// is no database that is read. Known: {known}.")
    try:
        return _read_sqlite(source) if scheme == "sqlite" else _read_server(scheme, source)
    except SettingsError:
        raise
    except Exception as error:  # noqa: BLE001 - of any driver's own type, and may quote a password
        message = f"The database cannot be read ({type(error).__name__})."
        raise SettingsError(message, hint="Check its address, name and password.") from None


def _read_sqlite(source: str) -> Imports:
    path = source.partition("://")[2].removeprefix("/") if "://" in source else source
    file = Path(unquote(path)).expanduser().absolute()
    if not file.is_file():
        raise SettingsError("There is no such file.", file=str(file))
    address = f"{file.as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        listed = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        names = [_quoted(name, '"') for (name,) in connection.execute(listed).fetchall()]
        return _tables(connection.cursor(), names)


def _read_server(scheme: str, source: str) -> Imports:
    address = urlsplit(source)
    if (address.hostname or "") not in _LOCAL:
        raise SettingsError(
            "Only a database on this machine is read: nothing but the egress door connects out.",
            hint="Export its table of people as CSV and import that.",
        )
    packages = _DRIVERS[scheme]
    driver = next((name for name in packages if importlib.util.find_spec(name)), None)
    if driver is None:
        raise SettingsError(
            f"Reading {scheme}:// needs the package {packages[0]}, which is not installed.",
            hint=f"Install {packages[0]} beside EdgeRoute, or export the table as CSV.",
        )
    mysql = driver in _DRIVERS["mysql"]
    given = {
        "host": address.hostname or "localhost",
        "port": address.port or (3306 if mysql else 5432),
        "user": unquote(address.username or ""),
        "password": unquote(address.password or ""),
        "database" if mysql else "dbname": address.path.lstrip("/"),
    }
    module: Any = importlib.import_module(driver)
    with closing(module.connect(**{key: value for key, value in given.items() if value})) as link:
        cursor = link.cursor()
        cursor.execute("START TRANSACTION READ ONLY" if mysql else "SET TRANSACTION READ ONLY")
        cursor.execute(_TABLES)
        quote = "`" if mysql else '"'
        names = [f"{_quoted(a, quote)}.{_quoted(b, quote)}" for a, b in cursor.fetchall()]
        return _tables(cursor, names)


def _tables(cursor: Any, names: Iterable[str]) -> Imports:
    whole = Imports([], Counter())
    for name in names:
        cursor.execute(f"SELECT * FROM {name} LIMIT {MOST_ROWS}")  # noqa: S608 - quoted names
        headings = [str(column[0]) for column in cursor.description]
        if not describes_people(headings):
            whole.skipped[THINGS] += 1
            continue
        found = table(headings, _values(cursor.fetchall()))
        whole.entries.extend(found.entries)
        whole.skipped.update(found.skipped)
    return whole


def _values(rows: Iterable[Iterable[object]]) -> Iterator[list[str]]:
    for row in rows:
        yield ["" if one is None or isinstance(one, bytes) else str(one)[:_LONGEST] for one in row]


def _quoted(name: str, quote: str) -> str:
    return quote + name.replace(quote, quote * 2) + quote
