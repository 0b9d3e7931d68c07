"""Values back into an answer that speaks of placeholders, while it streams."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping


class Restorer:
    r"""Replaces the placeholders of ``values`` in a text that comes in pieces.

    A placeholder may be cut anywhere by the pieces, and written as HTML (``&lt;PERSON_1&gt;``) or
    as a JSON escape (``\u003cPERSON_1\u003e``); the value is then escaped likewise.
    With ``in_json`` the text is JSON, and values are escaped for a JSON string.
    """

    def __init__(self, values: Mapping[str, str], *, in_json: bool = False) -> None:
        self._shown: dict[str, str] = {}
        for placeholder, value in values.items():
            name = placeholder.strip("<>").lower()
            quoted = json.dumps(value, ensure_ascii=False)[1:-1]
            written = html.escape(value, quote=False)
            self._shown[f"<{name}>"] = quoted if in_json else value
            self._shown[f"&lt;{name}&gt;"] = _quoted(written) if in_json else written
            self._shown[f"\\u003c{name}\\u003e"] = quoted
        forms = sorted(map(re.escape, self._shown), key=len, reverse=True)
        self._forms = re.compile("|".join(forms), re.IGNORECASE) if forms else None
        self._longest = max(map(len, self._shown), default=0)
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be shown now: all but the start of what may become a placeholder."""
        text = self._held + text
        cut = self._cut(text)
        self._held = text[cut:]
        return self._restored(text[:cut])

    def close(self) -> str:
        """What was held back, once the answer is over."""
        rest, self._held = self._held, ""
        return self._restored(rest)

    def _restored(self, text: str) -> str:
        if self._forms is None:
            return text
        return self._forms.sub(lambda match: self._shown[match.group().lower()], text)

    def _cut(self, text: str) -> int:
        """Where the first unfinished placeholder at the end of ``text`` starts."""
        for place in range(max(0, len(text) - self._longest + 1), len(text)):
            if text[place] in "<&\\":
                rest = text[place:].lower()
                if any(len(rest) < len(form) and form.startswith(rest) for form in self._shown):
                    return place
        return len(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
