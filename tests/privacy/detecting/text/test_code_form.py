"""What form a text has, and which of its signs are form alone."""

from __future__ import annotations

import pytest

from edgeroute.privacy.detecting.text.code_form import without_checksums
from edgeroute.privacy.detecting.text.page import Page

CODE = {
    "python": "import os\n\ndef size(path: str) -> int:\n    return os.stat(path).st_size\n",
    "javascript": "const fs = require('fs');\nmodule.exports = (p) => {\n  return x(p);\n};\n",
    "numbered": "     1\timport os\n     2\tdef size(path):\n     3\t    return os.stat(path)\n",
    "diff": "diff --git a/x.py b/x.py\nindex 3f2a9c1..9be01d7\n@@ -1 +1 @@\n-a = 1\n+a = 2\n",
    "json": '{\n  "name": "tool",\n  "private": true\n}\n',
    "log": "2026-03-02 09:10:11 INFO started\n2026-03-02 09:10:12 WARN slow\n",
    "OCaml": "open! Stdune\n\nmodule File : sig\n  type t\n\n  val path : t -> Path.t\nend\n",
    "Vim": '" Vim syntax file\nif exists("b:done")\n  finish\nendif\nsyn case ignore\n',
    "fish": "complete -c shelf -l all -s a -d 'Everything'\ncomplete -c shelf -f\nset -l one two\n",
    "Erlang": "%% What a shelf holds.\n-define(WIDTH, 12).\n-record(shelf, {width = 1}).\n",
    "a log": "Jul 03 02:11:09 host kernel: usb 1-1: new\nJul 03 02:11:10 host sshd[412]: closed\n",
    "a kernel's log": "[    4.210931] usb 1-1: new device\n[    4.310931] hub is ready\n",
    "a list of files": "total 8\n-rw-r--r--  1 root root 3980 Sep 11 08:30 a.toml\n"
    "drwxr-xr-x  2 root root 4096 Sep 11 08:29 bin\n",
    "a list of disks": "/dev/sda2   488M  214M  238M  48% /boot\ntmpfs  5.0M  0  5.0M  0% "
    "/run/lock\n",
    "tests": "=== RUN   TestShelf\n--- PASS: TestShelf (0.00s)\ntest shelf::holds ... ok\n",
}  # fmt: skip
PROSE = {
    "letter": "Dear Ms Weber,\n\nthank you for your visit. We will call you next week.\n\nYours\n",
    "question": "What is the difference between a fjord and a bay?",
    "list": "Milk, bread and two lemons\nCall the plumber\nPost the letter\n",
    "a list": "complete the list\nmodule two is about Ada\nhi Bo, set it aside\n",
    "a talk": 'Jul 03 we met\n"Come in", she said.\nval is my sister\n',
}
FORM = {
    "blame": ("9be01d7a (Bo Ek 2026-03-02 09:10:11 +0100 102) x = 1", "+0100 102"),
    "digest at a line's start": ("account\n8b440126 (Bo Ek 2026-03-02) x", "8b440126"),
    "index": ("index 3f2a9c1..9be01d7 100644", "9be01d7"),
    "uuid": ("id 550e8400-e29b-41d4-a716-446655440000", "e29b-41d4"),
    "zone": ("Fri Apr 08 21:08:54 +0000 2016", "+0000 2016"),
}


@pytest.mark.parametrize("name", CODE)
def test_code_is_known(name: str) -> None:
    """Source, numbered views, diffs, data, logs and what commands list and report are code."""
    assert Page(CODE[name]).form.is_code


@pytest.mark.parametrize("name", PROSE)
def test_prose_is_no_code(name: str) -> None:
    """What people write to each other is not, and no document of a repository either."""
    assert not Page(PROSE[name]).form.is_published


def test_a_document_of_a_repository_is_known() -> None:
    """Two different signs of one are enough."""
    text = "# Tool\n\nRun `pip install tool`. Bugs go to https://github.com/acme/tool.\n"
    assert Page(text).form.is_document


@pytest.mark.parametrize("name", FORM)
def test_form_alone_is_known(name: str) -> None:
    """Digests, blame heads, zones and identifiers of machines are nobody's numbers."""
    text, part = FORM[name]
    start = text.index(part)
    assert Page(text).form.is_form(start, start + len(part))


def test_a_number_beside_form_is_none() -> None:
    """What stands after a blame head is read like any text."""
    text = "9be01d7a (Bo Ek 2026-03-02 09:10:11 +0100 12) call +49 171 2345678"
    start = text.index("+49")
    assert not Page(text).form.is_form(start, len(text))


BLAME = (
    "9be01d7a (Bo Ek            2026-03-02 09:10:11 +0100 11) token = read()\n"
    "8b440126 (<bo7@posteo.net> 2026-03-02 09:10:11 +0100 12) call +49 171 2345678\n"
)


@pytest.mark.parametrize("part", ["8b440126", "bo7@posteo.net", "read()\n8b44"])
def test_the_heads_of_a_blame_are_known(part: str) -> None:
    """Digest, author and day belong to the blame, and so does what runs over into the next line."""
    start = BLAME.index(part)
    assert Page(BLAME).form.is_blame(start, start + len(part))


def test_what_a_blame_shows_is_not_its_own() -> None:
    """The lines themselves are read like any text, and one head alone is no blame."""
    start = BLAME.index("+49")
    assert not Page(BLAME).form.is_blame(start, start + 15)
    assert not Page(BLAME.splitlines()[0]).form.is_blame(0, 8)


def test_models_read_no_checksums() -> None:
    """They would take them for names; all else stays where it is."""
    line = "a/b.py,sha256=A1qqPM-IaJIg_qrNCOIyjqInvYqd027wr38baB2T3Oo,494"
    locked = '"integrity": "sha512-Hq8TgQm0c1Nn0oS8v2Ra7mZkq3WJ2m7p9==", by sha256'
    assert without_checksums(line).split() == ["a/b.py,", ",494"]
    assert without_checksums(locked).split() == ['"integrity":', '"', '",', "by", "sha256"]
    assert len(without_checksums(locked)) == len(locked)
    script = '"shelf-2.1.min.js": "NuVOeEsS+hhEJQGsO94fKMfY74rRsFLaYpw1VPzGLN2+pwD9m2PkYQ"'
    assert without_checksums(script).split() == ['"shelf-2.1.min', '"']
    armour = (
        "-----BEGIN CERTIFICATE-----\nMIIBtjCCAVugAwIBAgITBmyf1XSXNmY/KWal5o1aQktmEMsBQi6ra7j6\n"
    )
    assert without_checksums(armour).split() == ["-----BEGIN", "CERTIFICATE-----"]
    key = (
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIsVOlLOrcU0Zu8JDE3ZDYyqJGcUKLjeF91O0LQF9LHb ada@shelf"
    )
    assert without_checksums(key).split() == ["ssh-ed25519"]
    words = "sha256 ada_lovelace_of_london_is_ill and SHA256_PASSWORD_OF_ADA_LOVELACE=x"
    assert without_checksums(words) == words
