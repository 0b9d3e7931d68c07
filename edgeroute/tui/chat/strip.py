"""What the route strip says about the next message: where, why, how much, what else. Pure.

The words come from the engine's own plan; nothing here decides anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from edgeroute.core.display import safe_line
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.plan import Plan, Strategy
from edgeroute.core.reasons import NO_KEY_YET
from edgeroute.core.usage import FREE, Cost, Usage
from edgeroute.core.verdict import Finding, PrivacyMode
from edgeroute.core.words import cost_words, tokens
from edgeroute.tui.chat.state import ChatState, Phase
from edgeroute.tui.strip_view import CHECKING, IDLE, Kind, StripView
from edgeroute.tui.words import MODE_SENTENCES, MODEL_ALIASES, counted

if TYPE_CHECKING:
    from edgeroute.engine.deciding.explanation import Explanation

_BROKEN_LOCAL = frozenset({"missing", "unreachable"})


def waiting(before: StripView) -> StripView:
    """The strip while Enter waits for the verdict."""
    return replace(CHECKING, why="sends as soon as the check is done", details=before.details)


def second_opinion(model: str) -> StripView:
    """The strip while the local ``model`` is asked about a text that stays doubtful."""
    return replace(CHECKING, why=f"asking {safe_line(model, 60)} whether this is private")


def resting(state: ChatState, answering: str, preparing: str = "") -> StripView:
    """The strip while there is nothing to send; ``answering`` is the model that is asked.

    ``preparing`` says how far the local model is that cannot answer yet.
    """
    if state.phase is Phase.ANSWERING and preparing and answering.startswith("local/"):
        return StripView(
            "busy",
            "WAITING",
            answering,
            why="it answers as soon as it is ready",
            details=f"{safe_line(preparing, 100)} · esc stops waiting",
        )
    if state.phase is Phase.ANSWERING:
        return StripView("busy", "ANSWERING", answering, details="esc stops and keeps what came")
    if state.latched:
        return StripView(
            "forced",
            "STAYS LOCAL",
            why=state.latch_reason or "this chat held personal data",
            details="All of it is answered here. ctrl+n begins another chat.",
        )
    return replace(IDLE, why=MODE_SENTENCES[state.mode])


def blocked(sentence: str) -> StripView:
    """The strip where the check itself failed."""
    return StripView("blocked", "BLOCKED", why=safe_line(sentence), details="Nothing will be sent.")


def no_command(sentence: str) -> StripView:
    """The strip over a command that there is not."""
    return StripView("idle", "COMMAND", why=safe_line(sentence), details="Nothing will be sent.")


def estimate(card: ModelCard | None, input_tokens: int, output_tokens: int, now: datetime) -> Cost:
    """What the answer would cost at the rate of ``now``."""
    if card is None:
        return Cost(None, "unknown")
    usage = Usage(input_uncached=input_tokens, output_visible=output_tokens, estimated=True)
    return card.prices.cost(usage, now)


def strip_view(
    explanation: Explanation,
    *,
    found: tuple[Finding, ...],
    cards: Mapping[str, ModelCard],
    local_state: str,
    now: datetime,
    last_message: int,
    asked: str = "auto",
) -> StripView:
    """The strip for ``explanation`` of a request for the model ``asked``.

    ``found`` are the findings of the text in the composer (a full scan, so they are more than the
    verdict's, which stops at the first); ``last_message`` is the index of that text's message.
    """
    plan = explanation.plan
    first = plan.first
    here = all(candidate.place is Place.LOCAL for candidate in plan.taking_part)
    forced = here and (explanation.privacy.verdict.private or explanation.privacy.latched)
    if forced and local_state in _BROKEN_LOCAL:
        return StripView(
            "blocked",
            "BLOCKED",
            why="this text must stay here, and no local model is ready: "
            + _why(explanation, found, last_message, "forced"),
            details="/setup or `edgeroute models prepare` makes one ready",
        )
    masking = not here and bool(explanation.privacy.masked)
    kind: Kind = "forced" if forced else "local" if here else "masked" if masking else "cloud"
    word = {"forced": "LOCAL", "local": "LOCAL", "masked": "MASKED", "cloud": "CLOUD"}[kind]
    signals = explanation.signals
    costs = [
        FREE
        if candidate.place is Place.LOCAL
        else estimate(cards.get(candidate.model), signals.input_tokens, signals.output_tokens, now)
        for candidate in plan.taking_part
    ]
    card = cards.get(first.model)
    waits = here and local_state == "preparing"
    parts = [
        *(["waits until the local model is prepared"] if waits else []),
        *_warnings(explanation, card, asked),
        _of_window(signals.input_tokens, card),
        _price(plan.strategy, costs),
    ]
    if explanation.otherwise:
        parts.append(f"would be {safe_line(explanation.otherwise, 60)}")
    elif then := _then(plan):
        parts.append(then)
    return StripView(
        kind,
        word,
        safe_line(first.model, 60),
        _why(explanation, found, last_message, kind),
        " · ".join(parts),
    )


def _warnings(explanation: Explanation, card: ModelCard | None, asked: str) -> list[str]:
    """What a user must know before sending: a picture that is not seen, another model than the one
    that was chosen.
    """
    plan, told = explanation.plan, []
    if explanation.signals.has_images and card and "images" not in card.abilities:
        told.append(f"{safe_line(card.id, 40)} CANNOT SEE THE PICTURE")
    privacy = explanation.privacy
    if explanation.reasons.because == NO_KEY_YET and not privacy.stays:
        told.append("f5 (or /key) adds one")
    if explanation.signals.has_images and privacy.verdict.private and not privacy.verdict.findings:
        told.append("f4 (or /found) lets a picture go")
    named = asked not in MODEL_ALIASES and asked != plan.first.model
    if named and not privacy.stays:
        why = next((one.reason for one in plan.skipped if one.model == asked), plan.warning)
        told.append(f"instead of {safe_line(asked, 40)}: {safe_line(why, 100).rstrip('.')}")
    return told


def _of_window(used: int, card: ModelCard | None) -> str:
    """``~812 of 128k tokens``: how much of what the model can hold the chat takes by now; where it
    is more, what will come of it.
    """
    if card is None:
        return f"~{tokens(used)} tokens"
    whole = tokens(card.context_tokens)
    if used > card.context_tokens:
        return f"TOO LONG: ~{tokens(used)} tokens, it reads {whole}; shorten it, or ctrl+n"
    return f"~{tokens(used)} of {whole} tokens"


def _price(strategy: Strategy, costs: Sequence[Cost]) -> str:
    """What it would cost; of a cascade what it costs at least and at most."""
    everything = cost_words(reduce(add, costs))
    if strategy == "cascade":
        return f"{cost_words(costs[0])} to {everything}"
    return everything


def _then(plan: Plan) -> str:
    """Who is asked besides the first one, and when; empty where nobody is."""
    words = {
        "single": "if it fails: ",
        "cascade": "if it does not hold up: ",
        "ensemble": "side by side with ",
    }
    others = plan.candidates[1:3] if plan.strategy == "single" else plan.taking_part[1:]
    names = ", ".join(safe_line(candidate.model, 40) for candidate in others)
    return f"{words[plan.strategy]}{names}" if names else ""


def _why(
    explanation: Explanation, found: tuple[Finding, ...], last_message: int, kind: Kind
) -> str:
    plan = explanation.plan
    if kind == "masked":
        return f"sent with placeholders for {counted(explanation.privacy.masked or {})}"
    if explanation.privacy.mode is PrivacyMode.PRIVATE:
        return "this chat is local only"
    if kind == "forced":
        return _forced(explanation, found, last_message)
    return safe_line(explanation.reasons.because or plan.first.reason, 120)


def _forced(explanation: Explanation, found: tuple[Finding, ...], last_message: int) -> str:
    """Why the request must stay here: this message, an earlier one, or the chat as a whole."""
    verdict = explanation.privacy.verdict
    if found:
        return f"found {counted(Counter(finding.type for finding in found))} in this message"
    earlier = sorted({place for f in verdict.findings if (place := _message(f)) is not None})
    if earlier and earlier[0] < last_message:
        return f"message {earlier[0] + 1} of this chat holds {counted(verdict.types)}"
    if verdict.findings:
        return f"found {counted(verdict.types)}"
    return safe_line(explanation.privacy.latch_reason or verdict.reason, 120)


def _message(finding: Finding) -> int | None:
    """The index in a ``where`` such as ``messages[2]``."""
    head, _, rest = finding.where.partition("[")
    number = rest.partition("]")[0]
    return int(number) if head == "messages" and number.isdecimal() else None
