"""Which findings do not decide alone."""

from __future__ import annotations

from typing import Final

WEIGHED: Final = "weighing"  # what findings of stage two name as their source
SHAPES: Final = ("SENSITIVE", "PERSONAL_RECORDS")
# What is private of a person and public of an office.
CONTACTS: Final = frozenset({"PHONE_NUMBER", "STREET_ADDRESS"})
# Those, and what fixtures and examples hold as readily as records: they count where the text around
# them may be private.
DETAILS: Final = CONTACTS | {"DATE_OF_BIRTH"}
SUSPICIONS: Final = frozenset({*SHAPES, *DETAILS, "PERSON"})
