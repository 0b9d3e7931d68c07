"""Where a text says who made a published work, and where it says something else."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from edgeroute.privacy.detecting.text.page import Page

MAIL = "orla.finn@posteo.net"
PUBLIC = {
    "log": f"commit 3f2a9c1d0be5f7a86c4d21e09b7f6a5c4d3e2f10\nAuthor: Orla Finn <{MAIL}>\n",
    "trailer": f"    Keep it short\n\n    Signed-off-by: Orla Finn <{MAIL}>\n",
    "log, one line each": f"9be01d7 Orla Finn <{MAIL}> 2026-03-02 Fix it\n",
    "log, full digest": f"3f2a9c1d0be5f7a86c4d21e09b7f6a5c4d3e2f10|Orla Finn|{MAIL}|Fix it\n",
    "blame": f"^9be01d7a (<{MAIL}> 2026-03-02 09:10:11 +0100  12) return 1\n",
    "shortlog": f"    31\tOrla Finn <{MAIL}>\n     4\tBo Ek <bo@ek.se>\n",
    "signed tag": f"tag v1.9.0\nTagger: Orla Finn <{MAIL}>\nDate: Mon\n",
    "signature": f'gpg: Good signature from "Orla Finn (release signing) <{MAIL}>" [full]\n',
    "list with a nickname": "Add yourself, contributors.\n\nBo Ek <bo@ek.se>\nAda Lund <a@l.se>\n"
    f'Eva Roth <eva@r.se>\nOrla "rubix" Finn <{MAIL}>\nKim Ro <kim@ro.se>\n',
    "makers of two forms": "contributors\ncontributors: Bo Ek <bo@ek.se>\n"
    f"name: Orla\nemail: {MAIL}\n",
    "shortlog without tabs": f"    31  Orla Finn <{MAIL}>\n     4  Bo Ek <bo@ek.se>\n",
    "patch": "From 3f2a9c1d0be5f7a86c4d21e09b7f6a5c4d3e2f10 Mon Sep 17 00:00:00 2001\n"
    f"From: Orla Finn <{MAIL}>\nDate: Mon, 2 Mar 2026\nSubject: [PATCH] Fix it\n",
    "toml": f'authors = [\n  {{name = "Orla Finn", email = "{MAIL}"}},\n]\n',
    "toml, a table each": f'[[project.maintainers]]\nname = "Orla Finn"\nemail = "{MAIL}"\n',
    "json": f'{{"author": {{"name": "Orla Finn", "email": "{MAIL}"}}}}',
    "json, line by line": f"contributors\nname: Orla Finn\nemail: {MAIL}\n",
    "keyword": f"setup(name='x', author_email='{MAIL}')",
    "metadata": f"Maintainer-email: Orla Finn <{MAIL}>\n",
    "docstring": f'"""Reads.\n\n:author: Orla Finn <{MAIL}>\n"""\n',
    "tag": f" * @author Orla Finn <{MAIL}>\n",
    "copyright": f"Copyright (c) 2019-2026 Orla Finn <{MAIL}>\n",
    "copyright as a name": f'__copyright__ = "2019-2026 Orla Finn <{MAIL}>"\n',
    "copyright in a comment": f"# \u00a9 2026, Orla Finn ({MAIL})\n",
    "list": f"# Contributors (by name)\n\n- Bo Ek\n- Orla Finn <{MAIL}>\n",
    "list with a word before": f"Authors\n=======\n\nThey wrote\nit.\n\n- Orla Finn <{MAIL}>\n",
    "owners": f"*.go      @acme/core {MAIL}\n",
    "numbered": f"    12\tauthor: Orla Finn <{MAIL}>\n",
    "diff": f'+__author__ = "Orla Finn <{MAIL}>"\n',
    "translation": f'"Last-Translator: Orla Finn <{MAIL}>\\n"\n',
    "head of a file": f"# Bo Ek <bo@ek.se>, 2017\n# Orla Finn <{MAIL}>, 2019-2021\nimport os\n",
    "end of a change": "Changelog. Deprecated in 1.2.\n\n* Read pull requests - Orla Finn "
    f"{MAIL} (:gh:`12`)\n",
    "list with days": "Thanks for every contribution to the codebase.\n\nContributors:\n\n"
    f"Bo Ek, 2012/06/07\nAda Lund, 2013\nEva Roth (@eva)\nOrla Finn <{MAIL}>\nKim\n",
    "card": f"users = [{{\n  name: 'Orla Finn',\n  email: '{MAIL}',\n  url: 'https://orla.io'\n}}]",
    "changes by day": f"2011-03-01  Orla Finn  <{MAIL}>\n\n\t* src/shelf.c (read): Mend it.\n",
    "changes by hour": f"Mon Mar  2 14:22:01 2009  Orla Finn  <{MAIL}>\n\n\t* a/b.c: Mend it.\n",
    "changes by version": f"0.12  2011-03-01  Orla Finn <{MAIL}>\n        - mend it\n",
    "names of one maker": f"Orla Finn <{MAIL}> <orla@laptop.local>\n",
    "kept by": f"SHELVES\nM:\tOrla Finn <{MAIL}>\nS:\tMaintained\nF:\tsrc/\n",
    "list that goes on": f"Uploaders: Bo Ek <bo@ek.se>,\n Orla Finn <{MAIL}>\nHomepage: https://x.org\n",
    "contact of the makers": f"Upstream-Contact: Orla Finn <{MAIL}>\n",
    "manual": f".TH SHELF 1\n.SH AUTHOR\n.PP\nThis was written by Orla Finn <{MAIL}>.\n",
    "whom to tell": "# Security policy\n\n## Supported versions\n\nThe newest.\n\n## Reporting\n\n"
    f"Report it by mail to:\n\n- Bo Ek <bo@ek.se>\n- Orla Finn <{MAIL}>\n",
    "security": f"Security policy. Open a pull request, or report it to {MAIL}.\n",
}  # fmt: skip
PRIVATE = {
    "list of others": f"Tenants\n\nBo Ek\nAda Lund\nEva Roth\nOrla Finn <{MAIL}>\nKim Ro\n",
    "list with sums": f"Our developers\n\nBo Ek, 61400\nAda Lund, 58000\nEva Roth, 49100\n"
    f"Orla Finn <{MAIL}> 70200\nKim Ro, 51000\n",
    "visits by day": f"2026-03-01  Orla Finn  <{MAIL}>\n\n  - wants her money back\n",
    "signed on by day": f"2026-03-01  Bo Ek <bo@ek.se>\n2026-03-02  Orla Finn  <{MAIL}>\n",
    "a list that goes on": f"Tenants: Bo Ek <bo@ek.se>,\n Orla Finn <{MAIL}>\n",
    "refund": f"# Refund for Orla Finn <{MAIL}>\nimport os\n",
    "card of a customer": f"users = [{{\n name: 'Orla Finn',\n email: '{MAIL}',\n owes: 120\n}}]",
    "rows": f"id,name,email\n1,Orla Finn,{MAIL}\n",
    "rows after a digest": f"9be01d7a,Orla Finn,{MAIL}\n",
    "people by orders": f"Our customers:\n\n    31  Orla Finn <{MAIL}>\n     4  Bo Ek <bo@ek.se>\n",
    "people by number": f"    31  Orla Finn <{MAIL}>\n    44  Bo Ek <bo@ek.se>\n",
    "numbered people": f"    11\tBo Ek <bo@ek.se>\n    12\tOrla Finn <{MAIL}>\n",
    "mail": f"From: Orla Finn <{MAIL}>\nTo: shop@acme.org\nSubject: my order\n",
    "json beside an author": f'{{"author": {{"id": 4}}, "customer": "Orla", "email": "{MAIL}"}}',
    "author's neighbour": f'{{"author": "Bo", "buyer": "{MAIL}"}}',
    "comment": f"// Orla Finn called, her address is {MAIL}\n",
    "ticket": f"# Ticket 44\n\nReported by Orla Finn ({MAIL})\n",
    "after the makers": f"authors = []\nbuyers = ['{MAIL}']\n",
    "complaint": f"# Orla Finn <{MAIL}> wants her money back\nimport os\n",
    "call": f"send(to='{MAIL}', subject='Hello')\n",
}


def _held(text: str) -> bool:
    start = text.index(MAIL)
    return Page(text).attribution.holds(start, start + len(MAIL))


@pytest.mark.parametrize("name", PUBLIC)
def test_public_attribution_is_known(name: str) -> None:
    """Histories, manifests, rights, lists and comments say who made it."""
    assert _held(PUBLIC[name])


@pytest.mark.parametrize("name", PRIVATE)
def test_what_is_said_of_others_is_no_attribution(name: str) -> None:
    """Customers, mail and tickets in a repository are not its makers."""
    assert not _held(PRIVATE[name])


CHANGES = (
    "# Changes\n\n## 1.2.0 / 3 May 2026\n\n* Read twice, as Orla Finn wished\n  for long.\n\n"
    "## [1.1.0] - 2026-01-02\n\n- Nothing\n\n## 1.0.0\n\n- All\n"
)


def test_entries_of_a_list_of_versions_name_makers() -> None:
    """Whoever is named in an entry made the change or asked for it; beside entries nobody is."""
    page = Page(CHANGES)
    start = CHANGES.index("Orla Finn")
    assert page.attribution.in_changes(start, start + 9)
    assert not page.attribution.in_changes(2, 9)


def test_entries_under_days_name_anybody() -> None:
    """A list of what was done each day is no list of versions."""
    text = CHANGES.replace("1.2.0 / ", "").replace("[1.1.0] - ", "").replace("1.0.0", "2025-12-01")
    start = text.index("Orla Finn")
    assert not Page(text).attribution.in_changes(start, start + 9)


def test_accounts_are_named_in_documents() -> None:
    """In a document of a repository an account names who made the change."""
    text = "Bugfix: see https://github.com/shelf\n\n* Remove `x`, by [@orla-finn].\n"
    start = text.index("@orla-finn")
    assert Page(text).attribution.holds(start, start + 10)


NOT_MAKERS = (
    'name = "Ada Berg"\nemail = "ada.b71@gmail.com"\nurl = "https://me.net/ada"\n\nward = "4"\n',
    'person("Ada", "Berg", email="ada.b71@gmail.com", role="patient", ward=4)\n',
)


@pytest.mark.parametrize("text", NOT_MAKERS)
def test_who_is_told_more_of_is_no_maker(text: str) -> None:
    """A card ends with its page, and makers of a package have the roles of makers."""
    assert not Page(text).attribution.places


def test_places_are_in_order_and_apart() -> None:
    """No two places touch, so that a look-up needs one of them."""
    places = Page("\n".join(PUBLIC.values())).attribution.places
    assert all(one[1] < two[0] for one, two in pairwise(places))


@pytest.mark.parametrize(
    "piece",
    ["authors=[", "Copyright ", "# Authors\n- a\n", "author:\n  a", "\n1:", "<", "a:1:", "1 "],
)
def test_a_long_text_is_read_in_time(piece: str) -> None:
    """A text of half a million characters takes seconds at most, whatever it repeats."""
    page = Page(piece * (500_000 // len(piece)))
    begun = time.process_time()
    assert page.attribution.places is not None
    assert page.form.share >= 0
    assert time.process_time() - begun < 5
