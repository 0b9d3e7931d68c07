"""Thinking that a model writes into its visible text between ``<think>`` tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

OPEN: Final = "<think>"
CLOSE: Final = "</think>"
_TAGS: Final = {OPEN: CLOSE, "<thinking>": "</thinking>"}
CLOSES: Final = tuple(_TAGS.values())
Piece = tuple[Literal["text", "thinking"], str]


class ThinkTags:
    """Separates thinking from text in a stream cut at any place.

    Only a block at the very start of the answer counts: later on, the tag is something the model
    talks about. ``open`` says that the model begins inside the block (its prompt template has
    already written the tag). ``found`` says whether there was such a block.
    """

    def __init__(self, *, open: bool = False) -> None:  # noqa: A002
        self.found = open
        self._state: Literal["start", "thinking", "gap", "text"] = "thinking" if open else "start"
        self._closes = CLOSES
        self._held = ""

    @property
    def over(self) -> bool:
        """Whether nothing can be thinking any more, and nothing is held back."""
        return self._state == "text" and not self._held

    def feed(self, piece: str) -> list[Piece]:
        """The parts of ``piece``, and of what was held back, that are certain by now."""
        out: list[Piece] = []
        self._held += piece
        if self._state == "start":
            self._start()
        if self._state == "thinking":
            self._thinking(out)
        if self._state == "gap":
            self._held = self._held.lstrip()
            if self._held:
                self._state = "text"
        if self._state == "text" and self._held:
            out.append(("text", self._held))
            self._held = ""
        return out

    def close(self) -> list[Piece]:
        """What was held back when the stream ended."""
        held, self._held = self._held, ""
        if not held or self._state == "gap":
            return []
        return [("thinking" if self._state == "thinking" else "text", held)]

    def _start(self) -> None:
        head = self._held.lstrip()
        for tag, close in _TAGS.items():
            if head.startswith(tag):
                self.found = True
                self._state = "thinking"
                self._held, self._closes = head[len(tag) :], (close,)
                return
        if not any(tag.startswith(head) for tag in _TAGS):
            self._state = "text"

    def _thinking(self, out: list[Piece]) -> None:
        thinking, rest = _cut(self._held, self._closes)
        if rest is not None:
            self._state, self._held = "gap", rest
        else:
            end = len(thinking) - max(overlap(thinking, close) for close in self._closes)
            thinking, self._held = thinking[:end], thinking[end:]
        if thinking:
            out.append(("thinking", thinking))


def _cut(text: str, tags: Iterable[str]) -> tuple[str, str | None]:
    """What stands before the first of ``tags`` and behind it; None where there is none."""
    places = [(place, tag) for tag in tags if (place := text.find(tag)) >= 0]
    if not places:
        return text, None
    place, tag = min(places)
    return text[:place], text[place + len(tag) :]


def overlap(text: str, tag: str) -> int:
    """How many characters at the end of ``text`` could be the start of ``tag``."""
    sizes = range(min(len(text), len(tag) - 1), 0, -1)
    return next((size for size in sizes if tag.startswith(text[-size:])), 0)
