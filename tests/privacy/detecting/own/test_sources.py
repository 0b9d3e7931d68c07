"""Reading what a user imports."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.privacy.detecting.own.databases import is_database, read_database
from edgeroute.privacy.detecting.own.entries import OwnEntry
from edgeroute.privacy.detecting.own.sources import COLUMN, REPEATED, SETTING, read_file, read_text

CARDS = """BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=B6hlenkamp;J=C3=BC=\r
rgen;;Dr.;\r
FN:J M\r
item1.TEL;CELL:+49 171\r
 2345678\r
EMAIL:mailto:jm@moehlenkamp.test\r
ADR;HOME:;;Lindenweg 14;Bonn;;53111;\r
ORG:A firm\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:4.0\r
FN:Ola Ramberghaug\r
END:VCARD\r
"""


def test_cards_of_every_version() -> None:
    """Names, numbers, addresses; what belongs to no person is left out and counted."""
    read = read_text(CARDS, "contacts.vcf")
    assert read.entries == [
        OwnEntry("name", "Jürgen", "Möhlenkamp"),
        OwnEntry("phone", "+49 1712345678"),
        OwnEntry("email", "jm@moehlenkamp.test"),
        OwnEntry("address", "Lindenweg 14"),
        OwnEntry("name", "Ola Ramberghaug"),
    ]
    assert sum(read.skipped.values()) == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_by_its_headings(delimiter: str) -> None:
    """Columns that are not known to hold people give nothing but what is one by its form."""
    rows = [
        ["First Name", "Last Name", "Strasse", "Straße", "Hausnummer", "Status", "Remarks"],
        ["Anna", "Holmqvist", "", "Lindenweg", "14", "in progress", "jm@moehlenkamp.test"],
        ["Ola", "Ramberghaug", "", "", "", "not yet done", ""],
    ]
    read = read_text("\n".join(delimiter.join(row) for row in rows), "people.csv")
    assert read.entries == [
        OwnEntry("name", "Anna", "Holmqvist"),
        OwnEntry("address", "Lindenweg 14"),
        OwnEntry("email", "jm@moehlenkamp.test"),
        OwnEntry("name", "Ola", "Ramberghaug"),
    ]
    assert read.skipped == {COLUMN: 2}


def test_a_value_that_many_rows_share_is_no_person() -> None:
    """A table without headings is guessed at, but what repeats is a category."""
    read = read_text("\n".join(f"Person Number{chr(97 + n)},Open Case" for n in range(6)), "x.csv")
    assert len(read.entries) == 6
    assert read.skipped == {REPEATED: 6}


def test_settings_give_their_secrets() -> None:
    """By the setting's name or the value's form; what is a switch or an address is left out."""
    text = (
        "# comment\nexport API_KEY='q7f-93kd-x81'\nDEBUG=true\nURL=https://x.test/a\n"
        "DATABASE_URL=postgres://me:s3cret-pw@localhost/x\nPORT=8080\nSALT=a8F3kq91LmZ0\n"
        'KEY="first line 1a\nsecond line 2b"\nHOST=db.internal.test\n'
    )
    read = read_text(text, ".env")
    assert [one.text for one in read.entries] == [
        "q7f-93kd-x81",
        "s3cret-pw",
        "a8F3kq91LmZ0",
        "first line 1a\nsecond line 2b",
    ]
    assert {one.kind for one in read.entries} == {"secret"}
    assert read.skipped[SETTING] >= 3


def test_what_is_no_text_is_said(tmp_path: Path) -> None:
    """A picture, a missing file: an error that says what can be imported."""
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00\xf0")
    for name in ("x.png", "none.csv"):
        with pytest.raises(SettingsError):
            read_file(tmp_path / name)


def test_a_database_is_only_read(tmp_path: Path) -> None:
    """Every table of an SQLite file, by its columns' names; nothing in it changes."""
    file = tmp_path / 'crm "x".db'
    with closing(sqlite3.connect(file)) as made:
        made.execute('CREATE TABLE "a ""b" (id INTEGER, firstName TEXT, lastName TEXT, pic BLOB)')
        made.execute("CREATE TABLE goods (id INTEGER, name TEXT)")
        made.execute("INSERT INTO goods VALUES (1, 'Desk Lamp')")
        made.execute("INSERT INTO \"a \"\"b\" VALUES (1, 'Anna', 'Holmqvist', x'ff')")
        made.commit()
    before = file.read_bytes()
    assert is_database(str(file))
    assert read_database(str(file)).entries == [OwnEntry("name", "Anna", "Holmqvist")]
    assert read_database(f"sqlite:///{file}").entries
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("sqlite:////nowhere/x.db", "no such file"),
        ("oracle://localhost/x", "no database that is read"),
        ("postgresql://me:hidden@db.corp.test/x", "on this machine"),
        ("mysql://localhost/x", "package pymysql"),
    ],
)
def test_a_database_that_cannot_be_read_is_said(
    address: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere, of another make, without its driver: a sentence without the password."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=says) as caught:
        read_database(address)
    assert "hidden" not in str(caught.value)
