"""Names as people type them, and the known ones that were probably meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

from edgeroute.core.display import safe_line
from edgeroute.core.errors import UnknownName

_MOST: Final = 3
# How alike two names must be (1 is the same) for one to be a slip of the other.
_ALIKE: Final = 0.5
_LONGEST: Final = 100


def nearest(typed: str, known: Iterable[str]) -> list[str]:
    """The ``known`` names that ``typed`` may be a slip of, the likeliest first; case is ignored."""
    spelled = {name.casefold(): name for name in known}
    found = get_close_matches(typed[:_LONGEST].casefold(), spelled, _MOST, _ALIKE)
    return [spelled[name] for name in found]


def meant(names: Collection[str]) -> str:
    """`` Did you mean `a`, `b` or `c`?``; empty without ``names``."""
    if not names:
        return ""
    *others, last = [f"`{safe_line(name, _LONGEST)}`" for name in names]
    return f" Did you mean {', '.join(others)} or {last}?" if others else f" Did you mean {last}?"


def unknown(
    kind: str, typed: str, known: Collection[str], hint: str = "", *, within: str = ""
) -> UnknownName:
    """The error about a ``kind`` of thing (``provider``) of which none is called ``typed``.

    ``within`` is what holds the ``known`` ones. Without a ``hint`` all of these are said.
    """
    shown = safe_line(typed, _LONGEST)
    place = f" in {within}" if within else ""
    near = meant(nearest(typed, known))
    listed = ", ".join(safe_line(name, _LONGEST) for name in known)
    return UnknownName(
        f"There is no {kind} `{shown}`{place}.{near}",
        hint=hint or (f"Known: {listed}." if listed else ""),
    )
