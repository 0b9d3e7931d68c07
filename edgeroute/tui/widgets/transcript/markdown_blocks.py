"""Markdown as blocks to be drawn: paragraphs, code, tables, rules. Pure.

An answer grows at its end, so only its last element is read anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from textual.content import Content, Span

from edgeroute.core.display import safe, safe_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Align = Literal["left", "center", "right"]
_MARKS: Final = {"strong": "bold", "em": "italic", "s": "strike", "link": "underline"}
_HEADINGS: Final = {"h1": "bold underline"}
_QUOTE: Final = "▌ "


@dataclass(frozen=True, slots=True)
class Prose:
    """Words that wrap; ``first`` and ``rest`` stand before the first line and the others."""

    words: Content
    first: str = ""
    rest: str = ""
    gap: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code in ``language`` (empty where unknown)."""

    text: str
    language: str = ""
    indent: str = ""
    gap: bool = True

    @property
    def copied(self) -> str:
        """What copying takes."""
        return self.text


@dataclass(frozen=True, slots=True)
class Table:
    """A table; its first row is the header. ``copied`` is its Markdown."""

    rows: tuple[tuple[Content, ...], ...]
    aligns: tuple[Align, ...]
    copied: str
    indent: str = ""
    gap: bool = True


@dataclass(frozen=True, slots=True)
class Across:
    """A line across."""

    gap: bool = True


Block = Prose | Code | Table | Across


@dataclass
class MarkdownText:
    """A text in Markdown, and its blocks. ``text`` must be safe to show."""

    text: str = ""
    _settled: list[Block] = field(default_factory=list)
    _open: list[Block] = field(default_factory=list)
    _from: int = 0  # where the last element begins in the text

    def __post_init__(self) -> None:
        """Read the text."""
        self._read()

    @property
    def blocks(self) -> Sequence[Block]:
        """All blocks, from the top."""
        return (*self._settled, *self._open)

    def append(self, piece: str) -> int:
        """Add ``piece`` to the end; how many blocks are as they were."""
        kept = len(self._settled)
        self.text += piece
        self._read()
        return kept

    def _read(self) -> None:
        rest = self.text[self._from :]
        elements = list(_elements(rest))
        if not elements:
            self._open = []
            return
        line, self._open = elements[-1]
        self._settled += [block for _, blocks in elements[:-1] for block in blocks]
        self._from += sum(len(one) + 1 for one in rest.split("\n")[:line])


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - not before the first answer

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _elements(text: str) -> Iterator[tuple[int, list[Block]]]:
    """Each element of the top level: the line it begins in, and its blocks."""
    reader = _Reader(text.split("\n"))
    tokens: list[Token] = []
    for token in _parser().parse(text):
        tokens.append(token)
        if token.level == 0 and token.nesting <= 0 and token.type != "inline":
            yield (tokens[0].map or [0])[0], reader.read(tokens)
            tokens = []


@dataclass
class _Level:
    """A quote, a list or an item of one, and what it puts before its lines."""

    first: str
    rest: str
    number: int | None = None


class _Reader:
    """Reads the tokens of one element after the other."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._levels: list[_Level] = []
        self._blocks: list[Block] = []

    def read(self, tokens: Sequence[Token]) -> list[Block]:
        """The blocks of one element."""
        self._levels, self._blocks = [], []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.type == "table_open":
                end = next(n for n in range(at, len(tokens)) if tokens[n].type == "table_close")
                self._table(tokens[at : end + 1])
                at = end
            elif token.type == "inline":
                self._prose(tokens[at - 1], token)
            elif token.type in {"fence", "code_block"}:
                language = safe_line(token.info).partition(" ")[0]
                text = safe(token.content).rstrip("\n")
                self._blocks.append(Code(text, language, *self._beside()))
            elif token.type == "hr":
                self._blocks.append(Across())
            else:
                self._container(token)
            at += 1
        return self._blocks

    def _container(self, token: Token) -> None:
        kind, _, edge = token.type.rpartition("_")
        if kind not in {"blockquote", "bullet_list", "ordered_list", "list_item"}:
            return
        if edge == "close":
            self._levels.pop()
        elif kind == "blockquote":
            self._levels.append(_Level(_QUOTE, _QUOTE))
        elif kind == "bullet_list":
            self._levels.append(_Level("", ""))
        elif kind == "ordered_list":
            self._levels.append(_Level("", "", int(token.attrs.get("start", 1))))
        else:
            self._levels.append(self._item(self._levels[-1]))

    def _item(self, of: _Level) -> _Level:
        if of.number is None:
            depth = sum(level.first == "" == level.rest for level in self._levels)
            mark = "• " if depth == 1 else "◦ "
        else:
            mark, of.number = f"{of.number}. ", of.number + 1
        return _Level(mark, " " * len(mark))

    def _before(self) -> tuple[str, str]:
        """What stands before the next block's first line, and before its others."""
        first = "".join(level.first for level in self._levels)
        for level in self._levels:
            level.first = level.rest
        return first, "".join(level.rest for level in self._levels)

    def _beside(self) -> tuple[str, bool]:
        """The indent of a block that is no prose, and that a line is free above it."""
        self._before()
        return "".join(level.rest for level in self._levels), True

    def _prose(self, opening: Token, token: Token) -> None:
        words = _inline(token.children or [])
        if opening.type == "heading_open":
            words = words.stylize(_HEADINGS.get(opening.tag, "bold"))
        first, rest = self._before()
        gap = not opening.hidden or not self._blocks
        self._blocks.append(Prose(words, first, rest, gap))

    def _table(self, tokens: Sequence[Token]) -> None:
        rows: list[tuple[Content, ...]] = []
        cells: list[Content] = []
        aligns: list[Align] = []
        for before, token in pairwise(tokens):
            if token.type == "inline":
                cells.append(_inline(token.children or []))
                if not rows:
                    style = str(before.attrs.get("style", ""))
                    aligns.append(_align(style))
            elif token.type == "tr_close":
                rows.append(tuple(cells))
                cells = []
        start, end = tokens[0].map or (0, 0)
        copied = "\n".join(self._lines[start:end]).strip()
        self._blocks.append(Table(tuple(rows), tuple(aligns), copied, *self._beside()))


def _align(style: str) -> Align:
    if "center" in style:
        return "center"
    return "right" if "right" in style else "left"


def _inline(tokens: Sequence[Token]) -> Content:
    """Words with their marks. An address that is not said stands after its link: none is opened."""
    text = ""
    spans: list[Span] = []
    opened: list[tuple[str, int, str]] = []
    for token in tokens:
        kind, _, edge = token.type.rpartition("_")
        if kind in _MARKS and edge == "open":
            opened.append((kind, len(text), str(token.attrs.get("href", ""))))
        elif kind in _MARKS and opened:
            name, start, address = opened.pop()
            spans.append(Span(start, len(text), _MARKS[name]))
            if address and safe_line(address, 300) != text[start:]:
                text += f" ({safe_line(address, 300)})"
        elif token.type == "softbreak":
            text += " "
        elif token.type == "hardbreak":
            text += "\n"
        elif token.type == "image":
            said = safe_line(token.content) or "picture"
            text += f"[{said}: {safe_line(str(token.attrs.get('src', '')), 300)}, not fetched]"
        else:
            start, text = len(text), text + safe(token.content).replace("\n", " ")
            if token.type == "code_inline":
                spans.append(Span(start, len(text), "$code on $panel"))
    return Content(text, spans)
