"""Whether the text of a picture is that of an identity, medical or financial document. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from edgeroute.word_lists import one_of

_ENOUGH: Final = 3  # fields
_MACHINE_READ: Final = re.compile(r"[A-Z0-9<]{5,40}<<[A-Z0-9<]{5,40}")  # the lines of a passport


def document(text: str) -> str:
    """What kind of document ``text`` is of, in words; empty for any other."""
    plain = " ".join(re.findall(r"\w+", text.casefold()))
    if _MACHINE_READ.search(text.replace(" ", "")):
        return "an identity document"
    for kind, (titles, fields) in _kinds().items():
        if titles.search(plain) or len(set(fields.findall(plain))) >= _ENOUGH:
            return f"{kind} document"
    return ""


@cache
def _kinds() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    words = {
        "an identity": (one_of("documents.identity"), one_of("documents.identity_fields")),
        "a medical": (one_of("documents.medical"), one_of("documents.medical_fields")),
        "a financial": (one_of("documents.financial"), one_of("documents.financial_fields")),
    }
    return {
        kind: (re.compile(rf"\b{titles}\b"), re.compile(rf"\b{fields}\b"))
        for kind, (titles, fields) in words.items()
    }
