"""What a chat of a program is called: what its user asked, not what the program wrote around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from edgeroute.core.messages import Message
from edgeroute.core.signals import ASIDES, Role
from edgeroute.routing.signals.turns import of_people

_READ: Final = 20_000  # characters of a message
_TAG: Final = re.compile(r"</?[a-z_-]{1,40}>", re.IGNORECASE)


def program_title(messages: Sequence[Message], role: Role) -> str:
    """The first words of a person in ``messages``; an agent's own errand says which it is."""
    texts = (of_people(m.text[:_READ]).strip() for m in messages if m.role == "user")
    said = _TAG.sub(" ", next(filter(None, texts), "")).strip()
    return f"{role}: {said}" if role in ASIDES else said
