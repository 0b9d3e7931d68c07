"""Thinking that a model writes into its visible text between ``<think>`` tags."""

from __future__ import annotations

from typing import Final, Literal

OPEN: Final = "<think>"
CLOSE: Final = "</think>"
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
        self._held = ""

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
        if head.startswith(OPEN):
            self.found = True
            self._state = "thinking"
            self._held = head[len(OPEN) :]
        elif not OPEN.startswith(head):
            self._state = "text"

    def _thinking(self, out: list[Piece]) -> None:
        thinking, tag, rest = self._held.partition(CLOSE)
        if tag:
            self._state, self._held = "gap", rest
        else:
            cut = len(thinking) - overlap(thinking, CLOSE)
            thinking, self._held = thinking[:cut], thinking[cut:]
        if thinking:
            out.append(("thinking", thinking))


def overlap(text: str, tag: str) -> int:
    """How many characters at the end of ``text`` could be the start of ``tag``."""
    sizes = range(min(len(text), len(tag) - 1), 0, -1)
    return next((size for size in sizes if tag.startswith(text[-size:])), 0)
