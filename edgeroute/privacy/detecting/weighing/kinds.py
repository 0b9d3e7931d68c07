"""Which findings do not decide alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from edgeroute.privacy.detecting.text.page import HOSTED, Hit

WEIGHED: Final = "weighing"  # what findings of stage two name as their source
SHAPES: Final = ("SENSITIVE", "PERSONAL_RECORDS")
# What is private of a person and public of an office.
CONTACTS: Final = frozenset({"PHONE_NUMBER", "STREET_ADDRESS"})
# Those, and what fixtures and examples hold as readily as records: they count where the text around
# them may be private.
DETAILS: Final = CONTACTS | {"DATE_OF_BIRTH"}
SUSPICIONS: Final = frozenset({*SHAPES, *DETAILS, "PERSON"})
# What code and the documents that go with it tell of makers, servers and tests as readily as of
# customers; and addresses at domains of firms and offices, whatever tells them.
REACHED: Final = frozenset({"EMAIL_ADDRESS", "IP_ADDRESS"})
_SURE: Final = 0.5  # how surely another detail is seen
_NEAR: Final = 300  # characters between details of one record


def is_left_open(hit: Hit, *, published: bool, balanced: bool) -> bool:
    """Whether ``hit`` does not decide alone, sure as it may be; ``published`` says that it stands
    in code or in a document that goes with code.
    """
    reached = hit.type in REACHED and (published or hit.pattern == HOSTED)
    return hit.type in SUSPICIONS or (balanced and reached)


def is_in_record(hit: Hit, hits: Iterable[Hit]) -> bool:
    """Whether another kind of detail stands near an address, as in what is kept about a person."""
    return hit.type in REACHED and any(
        other.type not in {hit.type, "PERSON", "SENSITIVE"}
        and other.score >= _SURE
        and other.start < hit.end + _NEAR
        and hit.start < other.end + _NEAR
        for other in hits
    )
