"""The user's own name and e-mail address, as the system's account and git know them."""

from __future__ import annotations

import configparser
import pwd
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from os import getuid
from pathlib import Path
from typing import Final

from edgeroute.privacy.detecting.own.entries import NotTaken, kind_of
from edgeroute.privacy.detecting.own.sources import Imports

ME: Final = "me"  # what this source is called


def read_account(home: Path | None = None) -> Imports:
    """The entries about the user; nothing outside the account and its files is asked."""
    source = Imports([], Counter())
    for value in dict.fromkeys(_values(home or Path.home())):
        try:
            entry = kind_of(value)
        except NotTaken as reason:
            source.skipped[str(reason)] += 1
            continue
        if entry.kind in {"name", "email"}:
            source.entries.append(entry)
    return source


def _values(home: Path) -> Iterator[str]:
    with suppress(KeyError):
        full = pwd.getpwuid(getuid()).pw_gecos.partition(",")[0].strip()
        if " " in full:
            yield full
    git = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    with suppress(OSError, UnicodeDecodeError, configparser.Error):
        git.read_string((home / ".gitconfig").read_text("utf-8").replace("\t", ""))
        for key in ("name", "email"):
            value = git.get("user", key, fallback="") or ""
            if value.strip():
                yield value.strip().strip('"')
