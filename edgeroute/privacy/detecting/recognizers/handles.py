"""Names under which a person is reached in a messenger or known on a platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.page import Hit, Page
from edgeroute.word_lists import one_of

_MESSENGERS: Final = one_of("handles.messengers", gap=r"[ _-]{0,2}")
_PLATFORMS: Final = one_of("handles.platforms")
_ENDS: Final = r"(?:(?<![a-z])|(?![a-z]))"  # a Latin word ends here; other scripts have no gap
_NOUNS: Final = one_of("handles.nouns", gap=r"[ _-]{0,2}") + _ENDS
_OWNED: Final = one_of("handles.owned")
_EDGE: Final = r"(?<![a-z0-9])(?<![a-z]-)"
_LINKED: Final = one_of("handles.links") + _ENDS
_LINK: Final = rf"[\s\"'`:=(\uff1a,-]{{0,4}}(?:{_LINKED}[\s:\"'`]{{0,3}}){{0,3}}"
_NAME: Final = r"(?P<name>@?[a-z][a-z0-9._-]{2,31}[a-z0-9_])(?![a-z0-9@]|\.[a-z])"
_MARKED: Final = r"(?P<name>@[a-z0-9][a-z0-9._-]{2,31})"
# The messenger and its word for a name; the messenger and an at sign; a name that is someone's own.
_FORMS: Final = (
    compiled(rf"{_EDGE}{_MESSENGERS}['s]{{0,2}}[\s_-]{{0,2}}{_NOUNS}{_LINK}{_NAME}"),
    compiled(rf"{_EDGE}{_MESSENGERS}{_LINK}{_MARKED}"),
    compiled(
        rf"{_EDGE}{_OWNED}\s(?:{_MESSENGERS}|{_PLATFORMS})[\s_-]{{0,2}}(?:{_NOUNS})?{_LINK}{_NAME}"
    ),
    compiled(rf"{_EDGE}{_PLATFORMS}[\s_-]{{0,2}}{_NOUNS}{_LINK}{_NAME}"),
    compiled(rf"{_EDGE}{_OWNED}\s{_NOUNS}{_LINK}{_NAME}"),
    compiled(rf"{_EDGE}{one_of('handles.sure', gap='[ _-]{0,2}')}{_LINK}{_NAME}"),
)
_WORD_ONLY: Final = compiled(r"[a-z]{1,32}")


class Handles:
    """Handles next to the messenger, the platform or the word that they belong to."""

    name = "handles"
    types = ("PERSONAL_ID",)
    needs = compiled(
        rf"{_MESSENGERS}|{one_of('handles.sure', gap='[ _-]{0,2}')}"
        rf"|{_OWNED}\s(?:{_PLATFORMS}|{_NOUNS})|{_PLATFORMS}[\s_-]{{0,2}}{_NOUNS}"
    )

    def find(self, page: Page) -> Iterator[Hit]:
        """What looks like a handle: a sign or a digit in it, or an at sign before it."""
        for form in _FORMS:
            for match in form.finditer(page.lower):
                if not _WORD_ONLY.fullmatch(match["name"]) and not _is_code(page, match):
                    yield Hit("PERSONAL_ID", *match.span("name"), 0.65)


def _is_code(page: Page, match: re.Match[str]) -> bool:
    """Whether code has a name of its own there: a tag, an argument, a call, another line."""
    value = match["name"].removeprefix("@")
    digits = any(one.isdigit() for one in value)
    quoted = page.text[match.start("name") - 1] in "\"'" and match["name"] == value
    return page.form.is_published and ("\n" in match.group() or not (digits or quoted))
