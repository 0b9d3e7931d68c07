"""Pictures on the way of one prompt: what later turns see of them, and when there can be none."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from edgeroute.core.errors import NothingAnswered, PrivacyRefused, Rejection
from edgeroute.core.messages import Image, Message, Text
from edgeroute.core.request import ChatRequest

_SEEN: Final = Text("[A picture was drawn here.]")


def without_drawn(request: ChatRequest) -> ChatRequest:
    """``request`` with a note in place of every picture in an earlier answer.

    A picture that a model drew is for the user; no model reads it, and it leaves no second time.
    """
    if not any(_drawn(message) for message in request.messages):
        return request
    noted = tuple(_noted(message) for message in request.messages)
    return replace(request, messages=noted, source=None)


def _drawn(message: Message) -> bool:
    return message.role == "assistant" and any(isinstance(part, Image) for part in message.parts)


def _noted(message: Message) -> Message:
    if not _drawn(message):
        return message
    parts = tuple(_SEEN if isinstance(part, Image) else part for part in message.parts)
    return replace(message, parts=parts)


def kept_here(reason: str) -> PrivacyRefused:
    """The refusal of a picture that would have to be drawn on this machine."""
    return PrivacyRefused(
        f"{reason} A picture is wanted, and no model on this machine draws, so nothing was sent.",
        "Leave out what is personal, or ask the model `local` to answer in words.",
    )


def nobody_draws(*, named: bool) -> NothingAnswered:
    """The failure of a request that takes nothing but a picture; whoever ``named`` a model that
    does not draw is to blame for it.
    """
    return NothingAnswered(
        "No model that draws can be asked.",
        "Add a key with `edgeroute keys set gemini` or `edgeroute keys set openai`, and ask for no"
        " model or for one that draws.",
        rejection=Rejection(400, "invalid_request", "model") if named else None,
    )
