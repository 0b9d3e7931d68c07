"""Text that is safe to show: no control characters, no terminal escapes, no bidi tricks.

Text from models, providers, tools and files is hostile. A terminal escape can set the window title,
write the clipboard or repaint what the user reads. A sequence may be split over the pieces of a
stream, so ``SafeStream`` carries its state from piece to piece.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal

_ESC: Final = "\x1b"
# String sequences (OSC, DCS, SOS, PM, APC) run until ST or BEL; a terminal that misses the end
# swallows the rest, so we give up after this many characters and drop them.
_STRING_LIMIT: Final = 4096
_DROPPED: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1a\x1c-\x1f\x7f"  # C0 but tab, newline, ESC (which the state machine reads)
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls
    "\u2028\u2029"  # separators that some widgets break lines at
    "\ufff9-\ufffb"  # interlinear annotation
    "\U000e0000-\U000e007f"  # tags: invisible text
    "\ud800-\udfff"  # lone surrogates
    "]"
)
_PLAIN_RUN: Final = re.compile("[^\x1b\x80-\x9f]+")
_C1_STRING: Final = frozenset("\x90\x98\x9d\x9e\x9f")

_State = Literal["ground", "escape", "csi", "string", "string_escape"]


class SafeStream:
    """Cleans a text that comes in pieces."""

    def __init__(self) -> None:
        self._state: _State = "ground"
        self._held = 0

    def feed(self, piece: str) -> str:
        """The safe part of ``piece``, given all that came before."""
        out: list[str] = []
        at = 0
        while at < len(piece):
            if self._state == "ground":
                run = _PLAIN_RUN.match(piece, at)
                if run:
                    out.append(_DROPPED.sub("", run.group()))
                    at = run.end()
                    continue
            self._step(piece[at])
            at += 1
        return "".join(out)

    def _step(self, char: str) -> None:
        """Read one character of, or just before, a control sequence."""
        _STEPS[self._state](self, char)

    def _ground(self, char: str) -> None:
        if char == _ESC:
            self._enter("escape")
        elif char == "\x9b":
            self._enter("csi")
        elif char in _C1_STRING:
            self._enter("string")

    def _escape(self, char: str) -> None:
        if char == "[":
            self._enter("csi")
        elif char in "]PX^_":
            self._enter("string")
        elif char != _ESC and not " " <= char <= "/":
            self._enter("ground")

    def _csi(self, char: str) -> None:
        self._held += 1
        if char == _ESC:
            self._enter("escape")
        elif not " " <= char <= "?" or self._held > _STRING_LIMIT:
            self._enter("ground")

    def _string(self, char: str) -> None:
        self._held += 1
        if char == _ESC:
            self._state = "string_escape"
        elif char in "\x07\x9c" or self._held > _STRING_LIMIT:
            self._enter("ground")

    def _string_escape(self, char: str) -> None:
        if char == "\\":
            self._enter("ground")
        elif char != _ESC:
            self._state = "string"

    def _enter(self, state: _State) -> None:
        self._state = state
        self._held = 0


_STEPS: Final[dict[_State, Callable[[SafeStream, str], None]]] = {
    "ground": SafeStream._ground,  # noqa: SLF001
    "escape": SafeStream._escape,  # noqa: SLF001
    "csi": SafeStream._csi,  # noqa: SLF001
    "string": SafeStream._string,  # noqa: SLF001
    "string_escape": SafeStream._string_escape,  # noqa: SLF001
}


def safe(text: str) -> str:
    """``text`` without anything that a terminal would act on; newlines and tabs stay."""
    return SafeStream().feed(text)


def safe_line(text: str, limit: int = 200) -> str:
    """``text`` as one safe line of at most ``limit`` characters."""
    line = " ".join(safe(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
