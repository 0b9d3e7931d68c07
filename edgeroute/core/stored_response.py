"""Answers that programs may ask for again, and go on from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """One answer, and what was asked.

    ``client`` is the connected program whose it is, empty for the endpoint's own token.
    ``previous`` is the response that it goes on from. ``input`` are the items that came with the
    request itself, ``body`` is the answer as its caller read it. ``length`` counts the messages up
    to the answer, system ones not counted; 0 where its caller had named the ``conversation``.
    ``size`` are the bytes of all that.
    ``held`` says why whatever goes on from it must stay here, and ``private`` that its conversation
    was set to; both are as the conversation is now.
    """

    id: str
    client: str
    created: datetime
    conversation: str
    length: int
    previous: str
    input: Sequence[Any]
    body: Mapping[str, Any]
    held: str = ""
    private: bool = False
    size: int = field(default=0, compare=False)

    @property
    def output(self) -> Sequence[Any]:
        """The items of the answer."""
        found = self.body.get("output")
        return found if isinstance(found, list) else []


class ResponseRepository(Protocol):
    """All stored responses. Each program sees its own only."""

    @property
    def keeps(self) -> bool:
        """Whether anything is kept at all."""
        ...

    def add(self, response: StoredResponse, /) -> None:
        """Keep it, unless nothing is to be kept; what is too old or too much goes."""
        ...

    def get(self, client: str, response: str, /) -> StoredResponse | None:
        """The response, or None: unknown, another program's, too old, deleted, damaged."""
        ...

    def holding(self, client: str, item: str, /) -> StoredResponse | None:
        """The latest response whose answer has the item called ``item``, or None."""
        ...

    def delete(self, client: str, response: str, /) -> bool:
        """Delete it so that nothing readable remains of it; whether there was one."""
        ...

    def expire(self) -> None:
        """Delete what is too old or too much."""
        ...
