"""What a model's raw text means: thinking, visible text, tool calls."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import Final

from edgeroute.core.events import ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.core.request import Tool
from edgeroute.local.worker.calls import (
    CLOSE,
    FUNCTION,
    FUNCTION_END,
    OPEN,
    Call,
    UnreadableCall,
    bare_call,
    ends_function,
    is_whole,
    looks_like_call,
    read_calls,
)
from edgeroute.wire.think import ThinkTags, overlap

Meaning = TextDelta | ReasoningDelta | ToolCallDelta

_MOST_ENDS: Final = 16  # marks inside of one call's texts that are taken for its end in vain


class OutputReader:
    """Reads a stream cut at any place.

    Without ``tools`` nothing counts as a call; ``calls`` is how many there were. ``thinking`` says
    that the stream begins inside a thought. ``bare`` also takes an answer that is nothing but the
    JSON of a call for one: the smallest models forget the tags around it.
    """

    def __init__(
        self, tools: Sequence[Tool] = (), *, thinking: bool = False, bare: bool = False
    ) -> None:
        self._think = ThinkTags(open=thinking)
        self._bare = bare and bool(tools)
        self._tools = {tool.name: tool for tool in tools}
        # A function whose opening tag was forgotten counts where it names a tool.
        self._opens = (OPEN, *(f"{FUNCTION}{name}>" for name in self._tools))
        self._held = ""
        self._inside = ""  # the tag that has opened a call
        self._gap = ""  # the white space before it
        self._ends_seen = self._false_ends = 0
        self._after_call = False
        # A conversation holds the calls of many answers, and no two have one id.
        self._mark = secrets.token_hex(4)
        self.calls = 0

    def feed(self, text: str) -> Iterator[Meaning]:
        """What is certain after ``text``.

        Raises:
            UnreadableCall: the model began a call and wrote something else.
        """
        for kind, piece in self._think.feed(text):
            yield from self._thought(piece) if kind == "thinking" else self._visible(piece)

    def close(self, *, cut: bool = False) -> Iterator[Meaning]:
        """What was held back when the stream ended; half a call of one that was ``cut`` is lost.

        Raises:
            UnreadableCall: as for ``feed``.
        """
        for kind, piece in self._think.close():
            yield from self._thought(piece) if kind == "thinking" else self._visible(piece)
        held, self._held = self._held, ""
        if self._inside:
            yield from self._last(held, cut=cut)
            return
        calls = bare_call(held, self._tools) if self._bare else []
        if calls:
            yield from self._told(calls)
        elif held.strip() or (held and not self.calls):
            yield TextDelta(held)

    @staticmethod
    def _thought(piece: str) -> Iterator[Meaning]:
        if piece:
            yield ReasoningDelta(piece)

    def _visible(self, piece: str) -> Iterator[Meaning]:
        if not self._tools:
            if piece:
                yield TextDelta(piece)
            return
        self._held += piece
        if self._bare and _may_be_bare(self._held):
            return
        self._bare = False
        while self._inside or self._opened():
            if not self._inside:
                before, self._inside, self._held = self._split_at_opening()
                self._ends_seen = self._false_ends = 0
                said = before.strip() if self.calls else before.rstrip()
                self._gap = before[len(before.rstrip()) :]
                if said:
                    yield TextDelta(said)
            ending = self._ending()
            if ending is None:
                return
            body, self._held = ending
            self._after_call, self._inside = True, ""
            yield from self._told(read_calls(body, self._tools))
        yield from self._release()

    def _opened(self) -> bool:
        if self._after_call and self._held.lstrip().startswith(CLOSE):
            self._held = self._held.lstrip().removeprefix(CLOSE)
        return any(tag in self._held for tag in self._opens)

    def _split_at_opening(self) -> tuple[str, str, str]:
        """What stands before the first opening tag, the tag, and what it has opened."""
        places = [(place, tag) for tag in self._opens if (place := self._held.find(tag)) >= 0]
        place, tag = min(places)
        begin = place + len(tag) if tag == OPEN else place
        return self._held[:place], tag, self._held[begin:]

    def _ending(self) -> tuple[str, str] | None:
        """The call that has ended, and what follows it; None while it goes on."""
        tagged = self._inside == OPEN
        mark = CLOSE if tagged else FUNCTION_END
        # What was no end stays none: only marks that are new are looked at.
        place = self._held.find(mark, self._ends_seen)
        while place >= 0 and self._false_ends < _MOST_ENDS:
            behind = place + len(mark)
            if tagged and is_whole(self._held[:place]):
                return self._held[:place], self._held[behind:]
            if not tagged and ends_function(self._held[:place]):
                return self._held[:behind], self._held[behind:]
            self._false_ends += 1
            self._ends_seen = behind
            place = self._held.find(mark, behind)
        self._ends_seen = max(self._ends_seen, len(self._held) - len(mark))
        return None

    def _last(self, held: str, *, cut: bool) -> Iterator[Meaning]:
        """What a call means that did not end as calls do."""
        opened, self._inside = self._inside, ""
        if opened == OPEN and CLOSE not in held and not looks_like_call(held):
            yield TextDelta(self._gap + opened + held)
            return
        try:
            calls, rest = self._first_readable(held)
        except UnreadableCall:
            if not cut:
                raise
            return
        yield from self._told(calls)
        if rest.strip():
            yield TextDelta(rest)

    def _first_readable(self, held: str) -> tuple[Sequence[Call], str]:
        """The calls up to the first closing tag, or up to the last one, and what follows it."""
        if CLOSE not in held:
            return read_calls(held, self._tools, ended=False), ""
        first, _, rest = held.partition(CLOSE)
        try:
            return read_calls(first, self._tools), rest
        except UnreadableCall:
            last, _, rest = held.rpartition(CLOSE)
            return read_calls(last, self._tools), rest

    def _release(self) -> Iterator[Meaning]:
        """Let go of text that cannot be the beginning of a call, nor white space before one."""
        tags = (*self._opens, CLOSE) if self._after_call else self._opens
        longest = max(map(len, tags))
        cut = self._held.find("<", max(0, len(self._held) - longest))
        while cut >= 0 and not any(tag.startswith(self._held[cut:]) for tag in tags):
            cut = self._held.find("<", cut + 1)
        ready = self._held if cut < 0 else self._held[:cut]
        ready = ready.rstrip()
        if ready:
            self._after_call = False
            self._held = self._held[len(ready) :]
            yield TextDelta(ready)

    def _told(self, calls: Sequence[Call]) -> Iterator[Meaning]:
        for name, arguments in calls:
            index, self.calls = self.calls, self.calls + 1
            yield ToolCallDelta(index, f"call_{self._mark}_{index}", name, arguments)


class Verbatim:
    """Takes a stream for text as it is."""

    calls = 0

    @staticmethod
    def feed(text: str) -> Iterator[Meaning]:
        """The text itself."""
        if text:
            yield TextDelta(text)

    @staticmethod
    def close(*, cut: bool = False) -> Iterator[Meaning]:
        """Nothing is held back."""
        del cut
        yield from ()


def _may_be_bare(text: str) -> bool:
    head = text.lstrip()[:3]
    return head.startswith("{") or "```".startswith(head)


class StopWatch:
    """Ends a text before the first of some strings, holding back what may be their beginning."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self.found = False
        self._stops = tuple(filter(None, stops))
        self._held = ""

    def feed(self, text: str) -> str:
        """The text that is certain."""
        if not self._stops:
            return text
        self._held += text
        places = [self._held.find(stop) for stop in self._stops]
        hits = [place for place in places if place >= 0]
        if hits:
            self.found = True
            ready, self._held = self._held[: min(hits)], ""
            return ready
        keep = max(overlap(self._held, stop) for stop in self._stops)
        cut = len(self._held) - keep
        ready, self._held = self._held[:cut], self._held[cut:]
        return ready

    def close(self) -> str:
        """What was held back when the text ended."""
        held, self._held = self._held, ""
        return held
