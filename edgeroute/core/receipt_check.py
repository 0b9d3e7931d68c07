"""What came of a look at the chain of receipts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """How many ``receipts`` the chain holds, how many were ``deleted`` by the user, the ``head`` to
    write down, and what is wrong, first place first, in sentences.
    """

    receipts: int
    deleted: int
    head: str
    broken: tuple[str, ...] = ()
