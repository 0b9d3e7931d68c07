"""Values back into an answer that speaks of placeholders, while it streams."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from typing import Final, Protocol

from edgeroute.privacy.masking.links import LinkReader
from edgeroute.privacy.masking.placeholders import URL, Masked

_BEFORE_LINK: Final = frozenset("(\"'<= ")
_WHOLE: Final = r"(?<![\w@.+/-])(?:{})(?![\w@/?&=%\#-]|\.\w)"


class Surroundings(Protocol):
    """What a value has to fit into."""

    def follow(self, text: str) -> None:
        """Read on."""
        ...

    def fit(self, value: str) -> str | None:
        """``value`` as it is written here; None where it cannot be."""
        ...


class Values:
    """The placeholders of a conversation in every writing, and what stands for each."""

    def __init__(self, entries: Iterable[Masked]) -> None:
        self._shown: dict[str, tuple[str, bool]] = {}
        brackets: list[str] = []
        shapes: list[str] = []
        for entry in entries:
            plain, value, is_link = entry.placeholder.lower(), entry.value, entry.type == URL
            self._shown[plain] = value, is_link
            if not plain.startswith("<"):
                shapes.append(plain)
                continue
            name = plain.strip("<>")
            self._shown[f"&lt;{name}&gt;"] = html.escape(value, quote=False), is_link
            quoted = json.dumps(value, ensure_ascii=False)[1:-1]
            self._shown[rf"\u003c{name}\u003e"] = quoted, is_link
            brackets += (plain, f"&lt;{name}&gt;", rf"\u003c{name}\u003e")
        sources = [re.escape(form) for form in sorted(brackets, key=len, reverse=True)]
        if shapes:
            ordered = sorted(shapes, key=len, reverse=True)
            sources.append(_WHOLE.format("|".join(map(re.escape, ordered))))
        self.pattern = re.compile("|".join(sources) if sources else r"(?!)", re.IGNORECASE)
        self._starts = {
            form[:end] for form in self._shown for end in range(1, len(form))
        } | {f"{form}{after}" for form in shapes for after in ("", ".")}  # fmt: skip
        self._longest = max(map(len, self._starts), default=0)
        self._first = frozenset(start[0] for start in self._starts)

    def of(self, written: str) -> tuple[str, bool]:
        """What a placeholder stands for, and whether that is a whole address."""
        return self._shown[written.lower()]

    def unfinished(self, text: str) -> int:
        """Where the first unfinished placeholder at the end of ``text`` starts."""
        low = text[max(0, len(text) - self._longest) :].lower()
        for place, sign in enumerate(low):
            if sign in self._first and low[place:] in self._starts:
                return len(text) - len(low) + place
        return len(text)


class Restorer:
    r"""Replaces placeholders in a text that comes in pieces.

    A placeholder may be cut anywhere by the pieces, and written as HTML (``&lt;PERSON_1&gt;``) or
    as a JSON escape (``\u003cPERSON_1\u003e``); the value is then escaped likewise. Inside a link
    it stays; ``whole_links`` puts back an address that is one placeholder there. What stands around
    a value (``around``) may want it escaped.
    """

    def __init__(
        self, values: Values, around: Surroundings | None = None, *, whole_links: bool = False
    ) -> None:
        self._values = values
        self._around = around
        self._whole_links = whole_links
        self._links = LinkReader()
        self._last = ""
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be shown now: all but the start of what may become a placeholder."""
        text = self._held + text
        cut = self._values.unfinished(text)
        self._held = text[cut:]
        return self._restored(text[:cut], text[cut:])

    def close(self) -> str:
        """What was held back, once the answer is over."""
        rest, self._held = self._held, ""
        return self._restored(rest, "")

    def _restored(self, text: str, ahead: str) -> str:
        at, end = len(self._last), len(self._last) + len(text)
        text = f"{self._last}{text}"
        pieces: list[str] = []
        for match in self._values.pattern.finditer(f"{text}{ahead}"):
            if match.start() < at or match.end() > end:
                continue
            before = text[at : match.start()]
            self._follow(before)
            pieces += (before, self._put(match.group(), text[match.start() - 1 : match.start()]))
            at = match.end()
        self._follow(text[at:end])
        self._last = text[-1:]
        return "".join([*pieces, text[at:end]])

    def _follow(self, text: str) -> None:
        self._links.follow(text)
        if self._around is not None:
            self._around.follow(text)

    def _put(self, written: str, before: str) -> str:
        """What is shown for a placeholder after the sign ``before``."""
        value, is_link = self._values.of(written)
        whole = is_link and self._whole_links and (not before or before in _BEFORE_LINK)
        if self._links.inside and not whole:
            self._links.skip(written)
            return written
        fitted = value if self._around is None else self._around.fit(value)
        if fitted is None:
            self._links.skip(written)
            return written
        self._links.follow(value)
        return fitted
