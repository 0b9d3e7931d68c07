"""Words and patterns that the user never wants to leave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from edgeroute.privacy.detecting.text.page import Hit, Page

_SECONDS: Final = 0.5


class Marked:
    """The user's own list."""

    name = "always_private"
    types = ("ALWAYS_PRIVATE",)
    needs = None

    def __init__(self, words: Sequence[str], patterns: Sequence[str]) -> None:
        # This package can stop a pattern of the user's that would take for ever.
        import regex  # noqa: PLC0415 - comes with Presidio, needed only by those who keep a list

        longest = sorted((word for word in words if word.strip()), key=len, reverse=True)
        joined = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest)
        self._patterns = [regex.compile(pattern) for pattern in patterns]
        if joined:
            self._patterns.append(regex.compile(rf"(?<!\w)(?:{joined})(?!\w)", regex.IGNORECASE))

    def find(self, page: Page) -> Iterator[Hit]:
        """Every place where the list matches. Raises TimeoutError for a pattern that runs away."""
        for pattern in self._patterns:
            for match in pattern.finditer(page.text, timeout=_SECONDS):
                if match.end() > match.start():
                    yield Hit("ALWAYS_PRIVATE", match.start(), match.end(), 1.0)
