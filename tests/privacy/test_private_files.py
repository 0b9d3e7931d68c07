"""What is private stays, though it looks like code, a document or a history of a repository."""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec
import pytest

from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.policy import PrivacyPolicy, ScanBudget
from models.verdict.plants import between
from tests.support.model_files import require

PIECES = msgspec.yaml.decode(
    Path(__file__).with_name("private_files.yaml").read_bytes(), type=dict[str, str]
)
CODE = '''"""Shelves of a library.

:author: Orla Finn <orla.finn@posteo.net>
:license: MIT, see LICENSE at https://github.com/orla/shelf/ for details.
"""

from __future__ import annotations

import os
import re


def shelf(path: str, *, multi=True, limit: int = 20) -> list[str]:
    """List a shelf.

    :param path: where it stands
    :returns: the titles
    """
    if not multi:
        raise ValueError("one shelf is not enough")
    return sorted(os.listdir(path))[:limit]


class Reader:
    """Reads titles."""

    def read(self):
        for title in self._titles:
            yield re.sub(r"\\s+", " ", title)
'''
HARMLESS = {
    "list of makers": "Thanks for every contribution to the codebase of Shelf.\n\nContributors:\n\n"
    "Bo Ek, 2012/06/07\nAda Lund, 2013/01/30\nEva Roth, 2013/02/11\nKim Ro, 2014/09/02\n"
    "Tomas Hruby, 2014/11/12\nMarit Solberg, 2015/01/07\nLena Vogt, 2016/03/02\n",
    "list of changes": "Changelog\n\n## 1.2.0 / 3 May 2026\n\nBackwards incompatible\n\n"
    "* Keep the lamp on while it reads, which Marit Solberg wished for long.\n"
    "* [#735]: Remove `.shelve()`, by [@lenavogt].\n\n## 1.1.0 / 2 January 2026\n\n"
    "* Do not crash on two shelves, seen by Tomas Hruby on https://github.com/shelf\n\n"
    "## 1.0.0\n\n* The first\n",
    "test of a client": "from shelf import call\n\n\nclass TestCall:\n"
    "    def test_hello(self):\n        call.hello('george@vandelay.net')\n"
    "        call.assert_sent('hello', to_node='george@vandelay.net', revoked=None)\n",
    "manual of a tool": "- Lets Gemini look for files by names\n- Returns paths, newest first\n"
    "- Use it where Gemini's own list of the folder is too long\n\nUsage notes:\n"
    "  - Patterns are those of `glob`: `src/**/*.py`\n  - Gemini MUST quote paths with blanks\n",
    "example of a record": "from shelf import load\n\nload({\n    'name': 'Anne Person',\n"
    "    'mail': 'anne@example.org',\n})\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def detector() -> Detector:
    """The detector as it is shipped."""
    folder = require("e5/e5-small-q4.bin").parent.parent
    wide = msgspec.structs.replace(PrivacyPolicy.load(), budget=ScanBudget(seconds=60.0))
    return Detector(wide, folder)


@pytest.mark.timeout(300)
def test_private_files_stay(detector: Detector) -> None:
    """Rows, tickets, lists, remarks, logs and keys of many languages stay, each of them alone and
    all but one in fifty between lines of code.
    """

    def leaves(text: str) -> bool:
        return not detector.scan(text, origin="tool:read_file").private

    assert [name for name, text in PIECES.items() if leaves(text)] == []
    lines = CODE.splitlines()
    among = [name for name, text in PIECES.items() if leaves(between(lines, text, Random(name)))]
    assert len(among) <= len(PIECES) / 50, among


CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Edda Kranich\nEMAIL;TYPE=home:ekranich@gmx.de\nEND:VCARD"


SCRIPT = """"use strict";
const { queue } = require("./queue");

module.exports = function (Shelf, INTERNAL) {
const ShelfMap = Shelf.map;

Shelf.prototype.sort = function (order, options) {
    return ShelfMap(this, order, options, INTERNAL);
};

Shelf.sort = function (shelves, order, options) {
    return ShelfMap(shelves, order, options, INTERNAL);
};
};
""".splitlines()


@pytest.mark.parametrize("before", range(len(SCRIPT) + 1))
def test_no_border_of_windows_lets_a_record_go(detector: Detector, before: int) -> None:
    """Code is weighed in windows: a card stays wherever one ends and the next begins."""
    added = [*SCRIPT[:before], *CARD.splitlines(), "", *SCRIPT[before:], *SCRIPT]
    head = "diff --git a/src/shelf.js b/src/shelf.js\nindex 3f2a9c1..9be01d7 100644\n"
    diff = head + "@@ -1,2 +1,21 @@\n" + "".join(f"+{line}\n" for line in added)
    assert detector.scan(diff, origin="tool:read_file").private


@pytest.mark.parametrize("name", HARMLESS)
def test_what_repositories_show_of_makers_and_examples_may_go(
    detector: Detector, name: str
) -> None:
    """Lists of makers and of changes, values of tests and of examples hold nobody's data."""
    scan = detector.scan(HARMLESS[name], full=True, origin="tool:read_file")
    assert [one.type for one in scan.findings] == []


@pytest.mark.parametrize(
    "text",
    [
        "AWS_SECRET_ACCESS_KEY=gT4mWq9ZbK2xVh7LdN5sRc8JfPy3AuEo1HiXtB6n",
        'api = "https://api.example.com"\napi_secret = "9fK2mQ7xT4vWb8LzR3nY6hPd"\n',
    ],
)
def test_a_drawn_key_stays_whatever_stands_beside_it(detector: Detector, text: str) -> None:
    """Signs that happen to differ make no alphabet, and an example host no example of a key."""
    code = f"import os\n\n\ndef start():\n    return os.environ\n\n\n{text}\n"
    for told in (text, code):
        found = detector.scan(told, full=True, origin="tool:read_file").findings
        assert [one.type for one in found] == ["SECRET"], told
