"""The chat as labelled lines, one after the other: for screen readers, dumb terminals and pipes.

Nothing is redrawn, no line is coloured, and every line says what it is. Textual is not loaded.
"""

from __future__ import annotations

from edgeroute.tui.plain.chat import PlainChat, run

__all__ = ["PlainChat", "run"]
