"""Which findings do not decide alone."""

from __future__ import annotations

from typing import Final

WEIGHED: Final = "weighing"  # what findings of stage two name as their source
SHAPES: Final = ("SENSITIVE", "PERSONAL_RECORDS")
# What is private of a person and public of an office.
CONTACTS: Final = frozenset({"PHONE_NUMBER", "STREET_ADDRESS"})
SUSPICIONS: Final = frozenset({*SHAPES, *CONTACTS, "PERSON"})
