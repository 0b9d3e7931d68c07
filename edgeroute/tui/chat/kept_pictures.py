"""Attached pictures that stay on this machine until the user lets them go one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from edgeroute.core.display import safe_line
from edgeroute.core.messages import File, Image, Message
from edgeroute.core.request import ChatRequest
from edgeroute.core.words import size

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime

LET_GO: Final = (
    "From now on this very picture may leave this machine, whatever it shows. Text that can be read"
    " in it is judged all the same. Only a keyed hash of it is kept in your allow list."
)


class KeptPicture(NamedTuple):
    """A picture, what it is in words, and why it stays."""

    picture: Image | File
    named: str
    reason: str


async def kept_pictures(runtime: Runtime, attached: Sequence[Image | File]) -> list[KeptPicture]:
    """Those pictures among ``attached`` that nothing but the user's word lets go."""
    kept = []
    for part in attached:
        if not part.media_type.startswith("image/"):
            continue
        alone = ChatRequest(messages=(Message("user", (part,)),))
        verdict = await runtime.inspector.inspect(alone, full=True)
        if verdict.private and not verdict.findings and not part.folder:
            named = safe_line(f"{part.media_type}, {size(len(part.data))}", 33)
            kept.append(KeptPicture(part, named, safe_line(verdict.reason, 120)))
    return kept
