"""Pictures that the chat app saved: files named after the receipt of the answer they came with."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from edgeroute.store.database.database import Database
from edgeroute.store.database.rescue import erase

_NAME: Final = re.compile(r"edgeroute-([0-9a-z]+)-\d+\.\w+")


def erase_orphans(database: Database, folder: Path) -> None:
    """Remove the pictures in ``folder`` whose receipts are gone; other files are left alone."""
    if not folder.is_dir():
        return
    known = {row["id"] for row in database.read("SELECT id FROM receipts", ())}
    for file in folder.iterdir():
        named = _NAME.fullmatch(file.name)
        if named and named[1] not in known:
            with suppress(OSError):
                erase(file)
