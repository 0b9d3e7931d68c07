"""Personal data out of a request, placeholders in.

Masking is all or nothing: what still holds something after it stays on this machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import unquote

from edgeroute.core.errors import PrivacyRefused
from edgeroute.core.messages import Message, Part, Reasoning, Text, ToolCall, ToolResult
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import Verdict
from edgeroute.privacy.inspecting.attachments import UnreadableFile
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.inspecting.json_texts import argument_texts, nested
from edgeroute.privacy.masking import shapes
from edgeroute.privacy.masking.arguments import ArgumentsRestorer
from edgeroute.privacy.masking.forms import KnownForms
from edgeroute.privacy.masking.frames import FrameRestorer
from edgeroute.privacy.masking.json_values import (
    is_kept,
    masked_arguments,
    masked_source,
    masked_value,
    strings,
)
from edgeroute.privacy.masking.links import links
from edgeroute.privacy.masking.placeholders import LITERAL, URL, MaskMap
from edgeroute.privacy.masking.residue import remains
from edgeroute.privacy.masking.restore import Restorer, Values

# What looks like a placeholder in the text as it was written gets one itself, and so comes back.
_LOOK_ALIKE: Final = re.compile(
    r"(?:<|&lt;|\\u003c)[A-Z][A-Z_]*_\d{1,6}(?:_[A-Z]+|_\d{1,6}){0,12}(?:>|&gt;|\\u003e)",
    re.IGNORECASE,
)


_AROUND: Final = " \t\r\n\"'`"  # what a finding may take along that is not of the value


class MaskSpan(NamedTuple):
    """A place ``[start, end)`` in a text, and the type of what stands there."""

    start: int
    end: int
    type: str


class _Planned(NamedTuple):
    """What a detector found in a text, and the people who were named up to it."""

    spans: Iterable[MaskSpan]
    people: frozenset[str]


_Plan = dict[str, _Planned]
_EVERYTHING: Final = _Planned((), frozenset())
_NO_VALUES: Final = frozenset({LITERAL, URL})
_NAME: Final = "PERSON"
_AROUND_VALUES: Final = frozenset({_NAME, "SENSITIVE", "PERSONAL_RECORDS"})


# How a request is masked, first to last: whether all findings that overlap become one, whether JSON
# numbers stay numbers, and whether the formats of schemas are kept.
_TRIES: Final = (
    (False, True, True),
    (False, False, True),
    (False, False, False),
    (True, False, False),
)


class Masker:
    """Masks the requests of one conversation and restores its answers.

    ``maskable`` says whether a finding of a type may be replaced at all (secrets may not).
    """

    def __init__(
        self, mapping: MaskMap, inspector: Inspector, maskable: Callable[[str], bool]
    ) -> None:
        self.mapping = mapping
        self._inspector = inspector
        self._maskable = maskable
        self._wanted: Mapping[str, str] = {}
        self._keeps = True
        self._forms: KnownForms | None = None
        self._size = -1
        self._restored: tuple[int, Values] | None = None

    async def mask_request(self, request: ChatRequest) -> ChatRequest:
        """``request`` with placeholders, checked as a whole once more.

        Raises:
            PrivacyRefused: something in it cannot be masked with certainty.
        """
        texts = texts_of(request)
        written = "\n".join(text for _, text in texts)
        self.mapping.free = lambda shape: shape not in written
        found: dict[str, list[MaskSpan]] = {}
        for origin, text in texts:
            verdict = await self._inspector.scan(text, full=True, origin=origin)
            found.setdefault(text, []).extend(self._spans(text, verdict))
        # A format that a detector would take for a value again is given up before the request is.
        for wide, numbers, formats in _TRIES:
            self._keeps = numbers
            self._wanted = shapes.wanted(request) if formats else {}
            plan = await self._planned(texts, found, wide=wide)
            result = _rewritten(request, partial(self._masked, plan=plan), self._number)
            verdict = await self._inspector.inspect(result)
            if not verdict.private:
                self._must_be_gone(result)
                return result
        raise PrivacyRefused(f"It cannot be masked with certainty. {verdict.reason}", _HINT)

    def _must_be_gone(self, result: ChatRequest) -> None:
        values = [entry.value for entry in self.mapping.entries if entry.type not in _NO_VALUES]
        given = [entry.placeholder for entry in self.mapping.entries if entry.shape]
        pattern = "|".join([_LOOK_ALIKE.pattern, *map(re.escape, given)])
        try:
            left = remains(result, values, self._known(), re.compile(pattern, re.IGNORECASE))
        except (ValueError, UnreadableFile):
            left = True
        if left:
            raise PrivacyRefused("A value stands where it cannot be masked.", _HINT)

    def _known(self) -> KnownForms:
        """The forms of everything that the mapping knows by now."""
        if self._forms is None or self._size != len(self.mapping):
            self._size = len(self.mapping)
            self._forms = KnownForms(self.mapping.entries)
        return self._forms

    def restorer(self) -> Restorer:
        """Puts the values back into what an answer says."""
        return Restorer(self._values())

    def arguments_restorer(self, tool: str = "") -> ArgumentsRestorer:
        """Puts the values back into the arguments of one call of ``tool``."""
        return ArgumentsRestorer(self._values(), tool)

    def frame_restorer(self, wire: str, origin: str) -> FrameRestorer:
        """Puts the values back into the events of one answer, which the model of ``origin`` gives
        in the format ``wire``.
        """
        return FrameRestorer(self._values(), wire, origin)

    def _values(self) -> Values:
        """What stands for what by now, made once for all parts of an answer."""
        if self._restored is None or self._restored[0] != len(self.mapping):
            self._restored = len(self.mapping), Values(self.mapping.entries)
        return self._restored[1]

    def _spans(self, text: str, verdict: Verdict) -> list[MaskSpan]:
        """What to replace in ``text``."""
        spans = [MaskSpan(*found.span(), LITERAL) for found in _LOOK_ALIKE.finditer(text)]
        for entry in self.mapping.entries:
            if entry.shape:  # somebody writes by himself what stands for a value
                mine = re.finditer(re.escape(entry.placeholder), text, re.IGNORECASE)
                spans += [MaskSpan(*found.span(), LITERAL) for found in mine]
        if not verdict.private:
            return spans
        if not verdict.findings or not verdict.complete:
            raise PrivacyRefused(f"It cannot be masked. {verdict.reason}", _HINT)
        for finding in verdict.findings:
            if not self._maskable(finding.type):
                raise PrivacyRefused(f"It is not masked, by your rules. {verdict.reason}", _HINT)
            inner = text[finding.start : finding.end]
            start = finding.start + len(inner) - len(inner.lstrip(_AROUND))
            end = start + len(inner.strip(_AROUND))
            if not 0 <= start < end <= len(text):
                raise PrivacyRefused(f"It cannot be masked. {verdict.reason}", _HINT)
            spans.append(MaskSpan(start, end, finding.type))
        return spans

    async def _planned(
        self,
        texts: Iterable[tuple[str, str]],
        found: Mapping[str, list[MaskSpan]],
        *,
        wide: bool,
    ) -> _Plan:
        """What is masked in each text, in the order of the texts: what stands in a text depends on
        nothing that is only said after it, so that the next turn begins with the same bytes.

        Findings overlap: a name inside "my daughter ... was diagnosed". The small ones keep more of
        the sentence; only if something is left to find after them, the large ones go.
        """
        kept: dict[str, list[MaskSpan]] = {}
        for origin, text in texts:
            if text in kept:
                continue
            inside = found[text]
            kept[text] = merged(inside) if wide else smallest(apart(inside, text))
            self._learn(text, kept[text])
            if not wide and len(kept[text]) < len(set(inside)):
                masked = self._masked(text, {text: _Planned(kept[text], frozenset())})
                if (await self._inspector.scan(masked, full=False, origin=origin)).private:
                    kept[text] = merged(inside)
                    self._learn(text, kept[text])
        plan: _Plan = {}
        seen: set[str] = set()
        for text, spans in kept.items():
            for spot in self._known().find(text):
                if len(spot.people) == 1:
                    seen |= spot.people
            plan[text] = _Planned(spans, frozenset(seen))
        return plan

    def _learn(self, text: str, spans: Iterable[MaskSpan]) -> None:
        """Take in what stands at ``spans``; whole names first, so that a part is known as one."""
        for span in sorted(spans, key=lambda one: -len(text[one.start : one.end].split())):
            value = text[span.start : span.end]
            if span.type == LITERAL or self._known().whole(value) is None:
                self.mapping.placeholder(span.type, value, self._wanted.get(span.type, ""))

    def _masked(self, text: str, plan: _Plan) -> str:
        planned = plan.get(text, _EVERYTHING)
        is_json = nested(text) is not None
        pieces: list[str] = []
        at = 0
        for place in self._places(text, planned):
            shape = ""
            if self._keeps and is_json and shapes.is_bare_number(text, place.start, place.end):
                shape = shapes.NUMBER
            value = text[place.start : place.end]
            pieces += (text[at : place.start], self._placeholder(value, place, planned, shape))
            at = place.end
        return "".join([*pieces, text[at:]])

    def _number(self, written: str) -> str:
        """A JSON number with another one of its length in its place, where it is a known value."""
        spot = self._known().whole(written)
        if spot is None or not self._keeps:
            return written
        return self.mapping.form(spot.people, spot.role, written, shapes.NUMBER)

    def _places(self, text: str, planned: _Planned) -> list[MaskSpan]:
        """What is replaced in ``text``: the spans, all known forms, and links that hold any."""
        known = self._known()
        places = [
            *planned.spans,
            *(MaskSpan(spot.start, spot.end, "") for spot in known.find(text)),
        ]
        places = _united(places)
        if "/" in text or ":" in text or "=" in text:
            for start, end in links(text):
                inside = any(start < place.end and end > place.start for place in places)
                if inside or known.find(unquote(text[start:end])):
                    places.append(MaskSpan(start, end, URL))
        return _united(places)

    def _placeholder(self, value: str, place: MaskSpan, planned: _Planned, shape: str) -> str:
        spot = None if place.type in _NO_VALUES else self._known().whole(value)
        if spot is None:
            type_ = place.type or "VALUE"
            return self.mapping.placeholder(type_, value, shape or self._wanted.get(type_, ""))
        people = spot.people & planned.people or spot.people
        type_ = min(people).rpartition("_")[0]
        return self.mapping.form(people, spot.role, value, shape or self._wanted.get(type_, ""))


def _united(places: Iterable[MaskSpan]) -> list[MaskSpan]:
    """Disjoint places: those that overlap become one, of the type of the longest that has one."""
    return merged(sorted(places, key=lambda one: (one.start, one.end)))


def smallest(spans: Iterable[MaskSpan]) -> list[MaskSpan]:
    """Disjoint spans: of those that overlap, the short ones stay."""
    kept: list[MaskSpan] = []
    for span in sorted(set(spans), key=lambda one: (one.end - one.start, one)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept)


def apart(spans: Iterable[MaskSpan], text: str) -> list[MaskSpan]:
    """``spans`` of ``text`` with names cut where they share letters with a value: of an address
    with a name in it, the domain would stay. What is left of a name that begins small is none.
    """
    spans = list(spans)
    values = sorted(span for span in spans if span.type not in _AROUND_VALUES)
    found = [span for span in spans if span.type != _NAME]
    for span in spans:
        start = span.start
        for value in [*values, MaskSpan(span.end, span.end, "")]:
            if span.type != _NAME or start >= value.end or value.start > span.end:
                continue
            piece = text[start : value.start].rstrip(_AROUND)
            blank = len(piece) - len(piece.lstrip(_AROUND))
            if len(piece) > blank and not piece[blank].islower():
                found.append(MaskSpan(start + blank, start + len(piece), _NAME))
            start = max(start, value.end)
    return found


def merged(spans: Iterable[MaskSpan]) -> list[MaskSpan]:
    """Disjoint spans: those that overlap become one, of the type of the longest."""
    found: list[MaskSpan] = []
    longest = 0
    for span in sorted(set(spans)):
        length = span.end - span.start
        if found and span.start < found[-1].end:
            last = found[-1]
            type_ = span.type if length > longest else last.type
            found[-1] = MaskSpan(last.start, max(last.end, span.end), type_)
            longest = max(longest, length)
        else:
            found.append(span)
            longest = length
    return found


def texts_of(request: ChatRequest) -> list[tuple[str, str]]:
    """The texts that may be masked, each once, with their origin (see Policy.private_origin)."""
    found: dict[tuple[str, str], None] = {}
    tools: dict[str, str] = {}

    def visit(origin: str, part: Part) -> None:
        if isinstance(part, (Text, Reasoning)):
            found[(origin, part.text)] = None
        elif isinstance(part, ToolCall):
            tools[part.id] = part.name
            found.update(dict.fromkeys((origin, text) for text in argument_texts(part.arguments)))
            found.update(dict.fromkeys((origin, leaf) for leaf in strings(nested(part.arguments))))
        elif isinstance(part, ToolResult):
            name = part.name or tools.get(part.call_id, "")
            for inner in part.parts:
                visit(f"tool:{name}", inner)

    for tool in request.tools:
        found[("system", tool.description)] = None
        found.update(dict.fromkeys(("system", leaf) for leaf in strings(tool.parameters)))
    for message in request.messages:
        for part in message.parts:
            visit(message.role, part)
    found.update(dict.fromkeys(("user", leaf) for leaf in strings(request.extra)))
    known = {text for _, text in found}
    own = (leaf for leaf in strings(request.source) if leaf not in known and not is_kept(leaf))
    found.update(dict.fromkeys(("user", leaf) for leaf in own))
    return [item for item in found if item[1].strip()]


def _rewritten(
    request: ChatRequest, masked: Callable[[str], str], number: Callable[[str], str]
) -> ChatRequest:
    """``request`` with every maskable text replaced."""

    def part(old: Part) -> Part:
        if isinstance(old, Text):
            return Text(masked(old.text))
        if isinstance(old, Reasoning):  # the payload went out masked and comes back as it was
            return replace(old, text=masked(old.text))
        if isinstance(old, ToolCall):
            return replace(old, arguments=masked_arguments(old.arguments, masked, number))
        if isinstance(old, ToolResult):
            inner = (Text(masked(p.text)) if isinstance(p, Text) else p for p in old.parts)
            return replace(old, parts=tuple(inner))
        return old

    def message(old: Message) -> Message:
        return replace(old, parts=tuple(part(one) for one in old.parts))

    return replace(
        request,
        messages=tuple(message(one) for one in request.messages),
        tools=tuple(
            replace(
                tool,
                description=masked(tool.description),
                parameters=masked_value(tool.parameters, masked),
            )
            for tool in request.tools
        ),
        extra=masked_value(request.extra, masked, number),
        source=masked_source(request.source, masked, number),
    )


_HINT: Final = "A local model can answer it."
