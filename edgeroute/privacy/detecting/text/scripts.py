"""Scripts that put no space between words: each character is a word of its own."""

from __future__ import annotations

from typing import Final

from edgeroute.core.patterns import compiled

UNSPACED_RANGES: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
UNSPACED: Final = compiled(f"[{UNSPACED_RANGES}]")
