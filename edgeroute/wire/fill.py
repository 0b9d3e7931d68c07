"""Fill-in-the-middle: the text before a gap and the text after it."""

from __future__ import annotations

from typing import Final

from edgeroute.core.messages import Message, user
from edgeroute.wire.errors import WireError

# As Qwen's coder models were trained.
PREFIX: Final = "<|fim_prefix|>"
SUFFIX: Final = "<|fim_suffix|>"
MIDDLE: Final = "<|fim_middle|>"


def gap(prompt: str, suffix: object) -> tuple[Message, Message] | None:
    """The texts around the gap that a caller asks to fill; None where it asks for none.

    Some editors send a ``suffix``, others write the marks of the model into ``prompt``.

    Raises:
        WireError: ``suffix`` is no text.
    """
    if not isinstance(suffix, str | None):
        raise WireError("suffix must be a text.")
    if suffix:
        return user(prompt), user(suffix)
    context, begins, rest = prompt.partition(PREFIX)
    before, ends, rest = rest.partition(SUFFIX)
    after, asks, more = rest.partition(MIDDLE)
    if not (begins and ends and asks) or more.strip():
        return None
    return user(context + before), user(after)
