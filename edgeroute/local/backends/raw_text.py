"""What a local server's text means, where the server leaves that to its clients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from edgeroute.core.errors import LocalModelError
from edgeroute.core.events import Delta, Finish, ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.core.request import Tool
from edgeroute.local.worker.output import OutputReader, StopWatch
from edgeroute.wire.think import CLOSES
from edgeroute.word_lists import word_set

# The words that end a turn in the templates of local models.
_ENDS: Final = (
    "<|im_end|>",
    "<|im_start|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end|>",
    "<end_of_turn>",
)


def may_think(model: str) -> bool:
    """Whether a model of this name may begin in the midst of a thought."""
    return any(word in model.lower() for word in word_set("local_models.thinking"))


class RawText:
    """Takes thoughts, calls and the words of templates out of one answer's text.

    ``inside`` says whether answers begin in the midst of a thought, which their template has
    opened; None where that is not known: then nothing is told until it is. ``tools`` are those that
    the model may call; without any nothing counts as a call. ``choice`` is the request's word on
    whether one must be called.
    """

    def __init__(self, tools: Sequence[Tool], *, inside: bool | None, choice: str = "auto") -> None:
        self.inside = inside
        self._ends = StopWatch(_ENDS)
        self._tools = tools if choice != "none" else ()
        self._must_call = bool(tools) and choice not in {"auto", "none"}
        self._reader = self._new_reader(thinking=inside is True)
        self._held = self._thoughts = ""
        self._said = False
        self._calls = 0

    def _new_reader(self, *, thinking: bool) -> OutputReader:
        return OutputReader(self._tools, thinking=thinking, bare=True)

    def feed(self, delta: Delta) -> Iterator[Delta]:
        """What ``delta`` means.

        Raises:
            LocalModelError: a call that cannot be read, or none where one was demanded.
        """
        match delta:
            case TextDelta(text):
                yield from self._text("" if self._ends.found else self._ends.feed(text))
            case Finish(reason):
                yield from self._close(cut=reason == "length")
                if self._must_call and not self._calls and not self._reader.calls:
                    raise LocalModelError(
                        "The local model called no tool, although a call was demanded.",
                        "Ask again; a larger model calls tools more reliably.",
                    )
                called = reason == "stop" and self._reader.calls
                yield replace(delta, reason="tool_calls") if called else delta
            case ReasoningDelta() if self.inside is None:
                self.inside = False  # the server tells thoughts from words by itself
                yield from self._release()
                yield delta
            case ToolCallDelta(index=index):
                self._said = True
                self._calls = max(self._calls, index + 1)
                yield delta
            case _:
                yield delta

    def _text(self, text: str) -> Iterator[Delta]:
        if self.inside is not None:
            yield from self._read(text)
            return
        self._held += text
        fresh = self._held[-len(text) - max(map(len, CLOSES)) :]
        if any(tag in fresh for tag in CLOSES):
            self.inside = True
            self._reader = self._new_reader(thinking=True)
            yield from self._release()

    def _release(self) -> Iterator[Delta]:
        held, self._held = self._held, ""
        yield from self._read(held)

    def _read(self, text: str) -> Iterator[Delta]:
        for meaning in self._reader.feed(text):
            yield self._told(meaning)

    def _told(self, meaning: TextDelta | ReasoningDelta | ToolCallDelta) -> Delta:
        if isinstance(meaning, ReasoningDelta):
            self._thoughts += meaning.text
            return meaning
        self._said = True
        if isinstance(meaning, ToolCallDelta):
            return replace(meaning, index=meaning.index + self._calls)
        return meaning

    def _close(self, *, cut: bool) -> Iterator[Delta]:
        if not self._ends.found:
            yield from self._text(self._ends.close())
        if self.inside is None:
            self.inside = False
            yield from self._release()
        for meaning in self._reader.close(cut=cut):
            yield self._told(meaning)
        if self._thoughts and not self._said:  # a thought without an end was the answer
            self.inside = False
            yield TextDelta(self._thoughts.strip())
