"""Fill-in-the-middle: what an editor types stays on this machine, with a model that fills gaps."""

from __future__ import annotations

from dataclasses import replace

from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.model_names import AUTO, LOCAL
from edgeroute.server.context import ServerContext
from edgeroute.wire.errors import WireError


def fitted(request: ChatRequest, context: ServerContext) -> ChatRequest:
    """``request``, or where a gap is to be filled, the same for a local model that can, and kept
    private; nothing of it becomes a conversation.

    Raises:
        WireError: the model that is named cannot fill gaps, or is not on this machine.
        UnknownModel: there is no such model.
    """
    if not request.fill:
        return request
    model = _filler(context.named(request.model), context)
    return replace(request, model=model, privacy=PrivacyMode.PRIVATE, store=False)


def _filler(name: str, context: ServerContext) -> str:
    local = context.runtime.local
    cards = (local.card, *local.cards())
    able = [card.id for card in cards if _fills(card)]
    if name in able:
        return name
    if name in {AUTO, LOCAL} and able:
        return able[0]
    shown = local.card.id if name in {AUTO, LOCAL} else name
    other = f"Ask for `{able[0]}`." if able else "`edgeroute models pull qwen2.5-coder-1.5b`."
    raise WireError(
        f"`{shown}` does not fill the gap before a suffix: a coder model on this machine does.",
        other,
    )


def _fills(card: ModelCard) -> bool:
    return "fill" in card.abilities
