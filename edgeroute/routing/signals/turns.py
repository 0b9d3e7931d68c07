"""What a person asked last, what it leans on, and how far an agent has got with it.

Clients write into messages of the user too: reminders, open files, results of tools. Only what a
person wrote counts as asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from edgeroute.core.messages import File, Image, Message, Text, ToolResult, Unreadable
from edgeroute.core.request import ChatRequest
from edgeroute.routing.signals.courtesies import without_courtesies
from edgeroute.routing.signals.keywords import words_of
from edgeroute.word_lists import one_of, word_list, word_set

_MOST_EARLIER: Final = 12
_MOST_JOINED: Final = 3
# From so many words on a turn says itself what it is about, unless it goes on with another.
_LONG: Final = 6
_LONGEST_LEANING: Final = 20
_LEANING: Final = 0.35  # what is left then
_ALONE: Final = 0.5
_SHORT: Final = 7  # in longer turns "that" and the like stand for what they say themselves
_SHORT_WITHOUT_SPACES: Final = 16
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_RESULT_START: Final = 80
_NAME_PART: Final = re.compile(r"[a-z]+|[A-Z][a-z]*")


@dataclass(frozen=True, slots=True)
class UserTurn:
    """What is asked now.

    ``earlier`` are the turns before it, the latest last, as far as they may matter. ``number``
    counts the user's turns. ``steps`` counts the model's answers that called tools since, and
    ``failures`` how often one and the same step failed: it only grows within a turn.
    """

    text: str = ""
    earlier: tuple[str, ...] = ()
    number: int = 0
    steps: int = 0
    failures: int = 0

    @property
    def alone(self) -> float:
        """How much it can be understood without what came before it, in 0..1."""
        return stands_alone(self.text) if self.earlier else 1.0

    @property
    def joined(self) -> tuple[str, ...]:
        """The turns that it leans on, back to one that stands alone."""
        found: list[str] = []
        for text in reversed(self.earlier[-_MOST_JOINED:]):
            found.insert(0, text)
            if stands_alone(text) >= _ALONE:
                break
        return tuple(found)

    @property
    def whole(self) -> str:
        """What is asked, after the turns that it leans on."""
        return "\n".join((*self.joined, self.text))


def read_turn(messages: Sequence[Message]) -> UserTurn:
    """The user's latest turn in ``messages``."""
    texts: list[str] = []
    number, since = 0, len(messages)
    for place in reversed(range(len(messages))):
        message = messages[place]
        if message.role != "user":
            continue
        text = "" if len(texts) > _MOST_EARLIER else _said(message)
        if text is None:
            continue
        number += 1
        if number == 1:
            since = place + 1
        if text.strip():
            texts.append(text)
    after = messages[since:] if number else messages
    steps = sum(message.role == "assistant" and bool(message.tool_calls) for message in after)
    earlier = tuple(reversed(texts[1 : _MOST_EARLIER + 1]))
    return UserTurn(texts[0] if texts else "", earlier, number, steps, _failures(after))


def asked(messages: Sequence[Message]) -> str:
    """What the user asked last."""
    for message in reversed(messages):
        if message.role == "user" and (text := _said(message)) and text.strip():
            return text
    return ""


def works_on_files(request: ChatRequest) -> bool:
    """Whether the tools are those of a program that works on files and runs commands."""
    parts = word_set("turns.workspace_tools")
    return any(
        tool.name in parts
        or not parts.isdisjoint(part.lower() for part in _NAME_PART.findall(tool.name))
        for tool in request.tools
    )


def stands_alone(text: str) -> float:
    """How much ``text`` says by itself, in 0..1.

    The shorter it is, the more it leans on what came before, most of all where it goes on with that
    or names it by a word that stands for it. Code, and a change of the subject, need nothing.
    """
    if "```" in text or "\n" in text.strip():
        return 1.0
    if _CJK.search(text):
        short = len(text.strip()) <= _SHORT_WITHOUT_SPACES
        return 0.0 if short and any(w in text for w in word_list("turns.without_spaces")) else 1.0
    words = words_of(text[:400])
    start = " ".join(words[:4])
    if _leaves().match(start):
        return 1.0
    alone = min(1.0, len(words) / _LONG)
    goes_on = len(words) <= _LONGEST_LEANING and _goes_on().match(start)
    names_it = len(words) <= _SHORT and _stands_for().search(" ".join(words))
    return alone * _LEANING if goes_on or names_it else alone


@cache
def _goes_on() -> re.Pattern[str]:
    return re.compile(rf"{one_of('turns.goes_on')}\b")


@cache
def _leaves() -> re.Pattern[str]:
    return re.compile(rf"{one_of('turns.leaves')}\b")


@cache
def _stands_for() -> re.Pattern[str]:
    return re.compile(rf"\b{one_of('turns.stands_for')}\b")


def _said(message: Message) -> str | None:
    """What a person says in a user's message: ``""`` of a picture, None where a program wrote it
    all.
    """
    said = [_spoken(part.text) for part in message.parts if isinstance(part, Text)]
    found = "\n".join(text for text in said if text.strip())
    shown = any(isinstance(part, Image | File | Unreadable) for part in message.parts)
    return found if found or shown else None


def _spoken(text: str) -> str:
    """``text`` without what programs wrote into it, and without courtesies around it."""
    return without_courtesies(of_people(text) if "<" in text else text)


def of_people(text: str) -> str:
    """``text`` without the elements that programs write into a user's message."""
    for tag in word_list("turns.written_by_programs"):
        text = "".join(_outside(text, tag))
    for tag in word_list("turns.asked_by_people"):
        low = text.lower()
        start, end = low.rfind(f"<{tag}>"), low.rfind(f"</{tag}>")
        if 0 <= start < end:
            return text[start + len(tag) + 2 : end].strip()
    return text


def _outside(text: str, tag: str) -> Iterator[str]:
    """The pieces of ``text`` outside of the elements called ``tag``."""
    low, at = text.lower(), 0
    while (start := low.find(f"<{tag}", at)) >= 0:
        end = low.find(f"</{tag}>", start)
        if end < 0:
            break
        yield text[at:start]
        at = end + len(tag) + 3
    yield text[at:]


def _failures(messages: Sequence[Message]) -> int:
    """How often the same step failed: the same call, or one tool several times in a row."""
    calls = {call.id: call for message in messages for call in message.tool_calls}
    same: Counter[tuple[str, str]] = Counter()
    most = run = 0
    last = ""
    for message in messages:
        for part in message.parts:
            if not isinstance(part, ToolResult):
                continue
            call = calls.get(part.call_id)
            name, arguments = (call.name, call.arguments) if call else (part.name, part.call_id)
            if not _failed(part):
                run = run if name != last else 0
                continue
            run = run + 1 if name == last else 1
            last = name
            same[name, arguments] += 1
            most = max(most, run, same[name, arguments])
    return most


def _failed(result: ToolResult) -> bool:
    if result.is_error:
        return True
    text = next((part.text for part in result.parts if isinstance(part, Text)), "")
    return _failure().match(text[:_RESULT_START].strip().lower()) is not None


@cache
def _failure() -> re.Pattern[str]:
    return re.compile(rf"<?{one_of('turns.failed_results')}\b|exit code:? [1-9]")
