"""A user's own prompts through an engine: each is answered, then checked or judged.

Every call is a request like any other, so that privacy rules hold for prompts, answers and judges.
A judge never learns which policy or model wrote an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from edgeroute.core.errors import EdgeRouteError, SettingsError
from edgeroute.core.events import Answered, Failed
from edgeroute.core.messages import Message, system, user
from edgeroute.core.request import ChatRequest
from edgeroute.core.signals import TASKS
from edgeroute.core.verdict import PrivacyMode

if TYPE_CHECKING:
    from edgeroute.core.comparison import Comparison
    from edgeroute.core.receipt import Receipt
    from edgeroute.engine.engine import Engine

By = Literal["checks", "judge", ""]

_CHECKS: Final = ("contains", "matches", "equals", "json")
_KNOWN: Final = frozenset({"prompt", "system", "task", *_CHECKS})
_SHAPE: Final = (
    'Each line is an object with "prompt", and perhaps "system", "task", "contains", "matches",'
    ' "equals" or "json".'
)


@dataclass(frozen=True, slots=True)
class EvaluationItem:
    """A prompt and what its answer must be: each of ``checks`` maps a kind to what is wanted."""

    line: int
    prompt: str
    system: str = ""
    task: str = ""
    checks: Mapping[str, Any] = field(default_factory=dict)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What is asked."""
        return (*((system(self.system),) if self.system else ()), user(self.prompt))

    @property
    def question(self) -> str:
        """What a judge is told was asked."""
        return "\n\n".join(filter(None, (self.system, self.prompt)))


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a judge said: ``score`` in 0..1, or None with the reason in ``trouble``.

    ``model`` is the one that judged, which for a private prompt is the local one.
    """

    score: float | None
    model: str = ""
    cost: Decimal | None = Decimal(0)
    receipt: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one prompt under one policy.

    ``quality`` is in 0..1, by the item's checks or by a judge; None where nobody could tell. A
    request that fails is worth 0 where its answer would have been rated. ``cost`` is in USD, None
    where unknown, without the judge's; ``compared`` sets it beside one model for everything.
    """

    line: int
    model: str
    quality: float | None
    by: By
    cost: Decimal | None
    milliseconds: int
    receipt: str
    error: str = ""
    hint: str = ""
    opinion: Opinion | None = None
    compared: Comparison | None = None


def read_items(file: Path) -> list[EvaluationItem]:
    """The prompts of ``file``, one JSON object a line.

    Raises:
        SettingsError: a line is not as described, with its number.
    """
    items = [
        _item(line, number, file)
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if line.strip()
    ]
    if not items:
        raise SettingsError("holds no prompt.", file=str(file), hint=_SHAPE)
    return items


def _item(line: str, number: int, file: Path) -> EvaluationItem:
    def wrong(message: str) -> SettingsError:
        return SettingsError(message, file=str(file), line=number, hint=_SHAPE)

    try:
        row: Any = json.loads(line)
    except ValueError as error:
        raise wrong(f"is not JSON: {error}.") from error
    if not isinstance(row, dict):
        raise wrong("is not an object.")
    unknown = sorted(row.keys() - _KNOWN)
    if unknown:
        raise wrong(f'has the unknown field "{unknown[0]}".')
    texts = [row.get(name, "") for name in ("prompt", "system", "task")]
    if not all(isinstance(text, str) for text in texts):
        raise wrong('has a "prompt", "system" or "task" that is not a text.')
    prompt, instructions, task = texts
    if not prompt.strip():
        raise wrong('has no "prompt".')
    if task and task not in TASKS:
        raise wrong(f'has the unknown task "{task}"; known are {", ".join(TASKS)}.')
    if "matches" in row:
        try:
            re.compile(row["matches"])
        except (re.error, TypeError) as error:
            raise wrong(f'has a "matches" that is no regular expression: {error}.') from error
    checks = {name: row[name] for name in _CHECKS if name in row}
    return EvaluationItem(number, prompt, instructions, task, checks)


def passes(answer: str, checks: Mapping[str, Any]) -> bool | None:
    """Whether ``answer`` is as wanted; None where nothing is."""
    if not checks:
        return None
    text = answer.strip()
    wanted = checks.get("contains", [])
    for piece in wanted if isinstance(wanted, list) else [wanted]:
        if str(piece).casefold() not in text.casefold():
            return False
    if "matches" in checks and re.search(checks["matches"], text) is None:
        return False
    if "equals" in checks and text != str(checks["equals"]).strip():
        return False
    return not checks.get("json") or _is_json(text)


def _is_json(text: str) -> bool:
    try:
        json.loads(re.sub(r"^```(?:json)?\s*|\s*```$", "", text))
    except ValueError:
        return False
    return True


async def run(engine: Engine, item: EvaluationItem, judge: str = "") -> Trial:
    """Answer ``item``; an answer without checks is rated by the model ``judge``, if one is named.

    Nothing of it is kept but receipts and the ledger's lines: no conversation, no outcomes.
    """
    end = await _ask(engine, ChatRequest(item.messages, task=item.task, store=False))
    receipt = end.receipt
    by: By = "checks" if item.checks else "judge" if judge else ""
    quality: float | None = None
    opinion: Opinion | None = None
    error: EdgeRouteError | None = None
    if isinstance(end, Failed):
        error, quality = end.error, 0.0 if by else None
    elif by == "checks":
        quality = float(bool(passes(end.answer.text, item.checks)))
    elif by == "judge":
        opinion = await _judged(engine, item, end, judge)
        quality = opinion.score
    return Trial(
        line=item.line,
        model=receipt.model,
        quality=quality,
        by=by,
        cost=receipt.cost.amount,
        milliseconds=receipt.duration_ms,
        receipt=receipt.id,
        error=error.message if error else "",
        hint=error.hint if error else "",
        opinion=opinion,
        compared=receipt.compared,
    )


async def _judged(engine: Engine, item: EvaluationItem, answered: Answered, judge: str) -> Opinion:
    from edgeroute.routing.strategies.judges import judge_messages, judged_score  # noqa: PLC0415

    # What was private as a prompt is private as a question to the judge, however it is wrapped.
    private = PrivacyMode.PRIVATE if answered.receipt.private else None
    messages = judge_messages(item.question, answered.answer.text)
    end = await _ask(
        engine, ChatRequest(messages, model=judge, privacy=private, task="chat", store=False)
    )
    receipt = end.receipt
    score, trouble = None, ""
    if isinstance(end, Failed):
        trouble = end.error.message
    elif not _is_the_judge(receipt, judge):
        trouble = f"{judge} could not be asked; {receipt.model} is not the judge that you chose."
    else:
        score = judged_score(end.answer.text)
        trouble = "" if score is not None else "The judge gave no score."
    return Opinion(score, receipt.model, receipt.cost.amount, receipt.id, trouble)


def _is_the_judge(receipt: Receipt, judge: str) -> bool:
    """Whether the judge that was chosen answered, or the local model as privacy wants it."""
    return (
        receipt.private
        or receipt.model == judge
        or (judge == "local" and receipt.model.startswith("local/"))
    )


async def _ask(engine: Engine, request: ChatRequest) -> Answered | Failed:
    terminal: Answered | Failed | None = None
    async with aclosing(engine.stream(request)) as events:
        async for event in events:
            if isinstance(event, Answered | Failed):
                terminal = event
    assert terminal is not None
    return terminal
