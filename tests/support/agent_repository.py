"""A small repository as an agent finds one: code, authors, a fixture of customers and a `.env`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

AUTHOR = ("Ragnhild Thoresen", "ragnhild@thoresen-software.example")
CUSTOMER_MAIL = "milena.kowalczyk@fjordmail.no"
SECRET = "sk_live_51Hq8ZrKx0PvTnW3mYbD7cUe9"
PLANTED = (
    "kowalczyk",
    "milena",
    "fjordmail",
    "79473158",
    "7947 3158",
    "oduya",
    "babatunde",
    "GB50KLQD40718362947105",
    SECRET,
    "Vq7-tallow-Brig92",
)
"""What no provider may see, in any spelling of its letters."""
FILES = {
    "pyproject.toml": f"""\
[project]
name = "invoices"
version = "0.3.1"
authors = [{{ name = "{AUTHOR[0]}", email = "{AUTHOR[1]}" }}]
""",
    "package.json": f"""\
{{
  "name": "invoices-web",
  "version": "0.3.1",
  "author": "{AUTHOR[0]} <{AUTHOR[1]}>",
  "license": "MIT"
}}
""",
    "AUTHORS": f"{AUTHOR[0]} <{AUTHOR[1]}>\n",
    "invoices.py": '''\
"""Sums of invoices."""


def total(amounts):
    """The sum of all amounts, in whole cents."""
    return sum(amounts)


def average(amounts):
    """The mean of all amounts."""
    return total(amounts) / len(amounts)
''',
    "test_invoices.py": """\
import unittest

import invoices


class TotalTest(unittest.TestCase):
    def test_total(self):
        self.assertEqual(invoices.total([0.1, 0.2]), 0.3)


if __name__ == "__main__":
    unittest.main()
""",
    "fixtures/customers.yaml": f"""\
- name: Milena Kowalczyk
  email: {CUSTOMER_MAIL}
  phone: +44 20 7947 3158
- name: Babatunde Oduya
  email: b.oduya@fjordmail.no
  iban: GB50KLQD40718362947105
""",
    ".env": f"""\
PAYMENT_API_KEY={SECRET}
DATABASE_URL=postgres://invoices:Vq7-tallow-Brig92@127.0.0.1:5432/invoices
""",
}
EDITED = "return round(sum(amounts), 2)"


def make(folder: Path) -> None:
    """Write the files and commit them, all but the `.env`."""
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / ".gitignore").write_text(".env\n__pycache__/\n")
    environment = os.environ | {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in zip(("NAME", "EMAIL"), AUTHOR, strict=True)
    }
    for words in (
        ("init", "-q", "-b", "main"),
        ("add", "."),
        ("commit", "-q", "-m", "Sum invoices"),
    ):
        subprocess.run(["git", *words], cwd=folder, env=environment, check=True)
