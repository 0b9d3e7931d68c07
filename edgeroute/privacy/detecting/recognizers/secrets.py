"""Passwords, keys and tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.recognizers import (
    secret_formats,
    secret_names,
    secret_sentences,
)
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of

_WORDS: Final = re.compile(
    rf"{secret_names.CUE.pattern}|{one_of('secrets.hints')}|:\d{{2,5}}:|:[${{]|[^\x00-\x7f]"
)
# Each format holds one of these in small letters; the shortest is a token of Slack.
_FORMAT: Final = r"://|-----begin|[a-z0-9_.,+/=%~-]{15}"


class Secrets:
    """Credentials of any kind, by format or next to their words. Placeholders do not count."""

    name = "secrets"
    types = ("SECRET",)
    needs = re.compile(rf"{_WORDS.pattern}|{_FORMAT}")

    def find(self, page: Page) -> Iterator[Hit]:
        """Formats first, then values that something calls a password or a key."""
        yield from secret_formats.by_form(page.text)
        yield from secret_names.unnamed(page)
        if page.holds(_WORDS):
            yield from secret_names.named(page)
            yield from secret_formats.by_place(page)
            yield from secret_sentences.told(page)
