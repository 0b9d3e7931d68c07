"""What the chat screen knows: one frozen value, replaced on every change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from edgeroute.core.messages import File, Image, Message, Part, Text, system
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode

if TYPE_CHECKING:
    from edgeroute.core.conversation import Conversation

NO_SYSTEM = "-"  # kept as the name where the user wants no system prompt
CYCLE: tuple[PrivacyMode, ...] = (PrivacyMode.AUTO, PrivacyMode.PRIVATE, PrivacyMode.MASK)


class Phase(StrEnum):
    """What the screen is doing: ``waiting`` is an Enter that waits for the verdict."""

    IDLE = "idle"
    WAITING = "waiting"
    ANSWERING = "answering"


@dataclass(frozen=True, slots=True)
class ChatState:
    """One chat as the screen holds it.

    ``id`` is empty until the first message is sent. ``model`` overrides the plan for the next
    message only; ``replaces`` is the receipt of the answer whose question that message asks anew.
    ``system`` is the name of the chat's system prompt, NO_SYSTEM where the user wants none, and
    ``instructions`` its text.
    ``queue`` holds prompts typed while an answer was running; ``recalled`` is how many prompts the
    message box has gone back, -1 for none. ``version`` grows with everything that changes the next
    request, so that a verdict can be matched to what it judged.
    """

    id: str = ""
    title: str = ""
    mode: PrivacyMode = PrivacyMode.AUTO
    latched: bool = False
    latch_reason: str = ""
    messages: tuple[Message, ...] = ()
    attachments: tuple[File | Image, ...] = ()
    model: str = "auto"
    system: str = ""
    instructions: str = ""
    queue: tuple[str, ...] = ()
    phase: Phase = Phase.IDLE
    version: int = 0
    replaces: str = ""
    recalled: int = -1

    def changed(self, **values: object) -> ChatState:
        """A copy with ``values`` that counts as a new request."""
        return replace(self, **values, version=self.version + 1)  # type: ignore[arg-type]

    def prompt(self, text: str) -> Message:
        """The user's next message: ``text`` with what is attached."""
        parts: tuple[Part, ...] = (Text(text), *self.attachments)
        return Message("user", parts)

    @property
    def context(self) -> tuple[Message, ...]:
        """What goes before the next message: the chosen system prompt, and all that was said."""
        if not self.instructions and self.system != NO_SYSTEM:
            return self.messages
        said = [message for message in self.messages if message.role != "system"]
        return (system(self.instructions), *said) if self.instructions else (*said,)

    def request(self, prompt: Message, *, here: bool = False) -> ChatRequest:
        """The request for ``prompt`` after everything said so far; ``here`` keeps it local."""
        return ChatRequest(
            (*self.context, prompt),
            model="local" if here else self.model,
            conversation=self.id,
            privacy=PrivacyMode.PRIVATE if here else self.mode,
            front_door="chat",
            replaces=self.replaces,
        )

    @property
    def questions(self) -> list[str]:
        """What the user asked so far, one text for each exchange."""
        return [message.text for message in self.messages if message.role == "user"]

    @property
    def next_mode(self) -> PrivacyMode:
        """The mode that ctrl+t goes to."""
        return CYCLE[(CYCLE.index(self.mode) + 1) % len(CYCLE)]


def opened(conversation: Conversation, messages: Sequence[Message], version: int) -> ChatState:
    """The state for a stored conversation."""
    return ChatState(
        id=conversation.id,
        title=conversation.title,
        mode=conversation.mode,
        latched=conversation.latched,
        latch_reason=conversation.latch_reason,
        messages=tuple(messages),
        version=version + 1,
    )
