"""Personal data out of a request, placeholders in.

Masking is all or nothing: what still holds something after it stays on this machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, NamedTuple

from edgeroute.core.errors import PrivacyRefused
from edgeroute.core.messages import Message, Part, Reasoning, Text, ToolCall, ToolResult
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import Verdict
from edgeroute.privacy.inspecting.attachments import UnreadableFile
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.inspecting.json_texts import argument_texts, nested
from edgeroute.privacy.masking.placeholders import MaskMap
from edgeroute.privacy.masking.residue import remains
from edgeroute.privacy.masking.restore import Restorer

# What looks like a placeholder in the text as it was written gets one itself, and so comes back.
_LOOK_ALIKE: Final = re.compile(
    r"(?:<|&lt;|\\u003c)[A-Z][A-Z_]*_\d{1,6}(?:_[A-Z]+)?(?:>|&gt;|\\u003e)", re.IGNORECASE
)
_LITERAL: Final = "LITERAL"
_NAMES_AND_WORDS: Final = frozenset(
    {"art", "bill", "chase", "dawn", "drew", "faith", "frank", "grace", "grant", "hope", "jack"}
    | {"joy", "mark", "may", "miles", "pat", "rich", "rob", "rose", "sue", "summer", "will"}
)
_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"  # names of files and variables are words too
_SHORTEST: Final = 3  # characters of a value that is also looked for where nothing was found


class MaskSpan(NamedTuple):
    """A place ``[start, end)`` in a text, and the type of what stands there."""

    start: int
    end: int
    type: str


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

    async def mask_request(self, request: ChatRequest) -> ChatRequest:
        """``request`` with placeholders, checked as a whole once more.

        Raises:
            PrivacyRefused: something in it cannot be masked with certainty.
        """
        found: dict[str, list[MaskSpan]] = {}
        for origin, text in _texts(request):
            verdict = await self._inspector.scan(text, full=True, origin=origin)
            found.setdefault(text, []).extend(self._spans(text, verdict))
        # Findings overlap: a name inside "my daughter ... was diagnosed". The small ones keep more
        # of the sentence; only if something is left to find after them, the large ones go.
        for disjoint in (smallest, merged):
            spans = {text: disjoint(inside) for text, inside in found.items()}
            result = self._rewritten(request, spans)
            verdict = await self._inspector.inspect(result)
            if not verdict.private:
                self._must_be_gone(result)
                return result
        raise PrivacyRefused(f"It cannot be masked with certainty. {verdict.reason}", _HINT)

    def _must_be_gone(self, result: ChatRequest) -> None:
        values = [entry.value for entry in self.mapping.entries if entry.type != _LITERAL]
        names = [
            part
            for part in self.mapping.name_parts()
            if len(part) >= _SHORTEST and part.lower() not in _NAMES_AND_WORDS
        ]
        try:
            left = remains(result, values, names, _LOOK_ALIKE)
        except (ValueError, UnreadableFile):
            left = True
        if left:
            raise PrivacyRefused("A value stands where it cannot be masked.", _HINT)

    def restorer(self, *, in_json: bool = False) -> Restorer:
        """Puts the values back into an answer; ``in_json`` into a tool call's arguments."""
        values = {entry.placeholder: entry.value for entry in self.mapping.entries}
        return Restorer(values, in_json=in_json)

    def _spans(self, text: str, verdict: Verdict) -> list[MaskSpan]:
        """What to replace in ``text``."""
        spans = [MaskSpan(*found.span(), _LITERAL) for found in _LOOK_ALIKE.finditer(text)]
        if not verdict.private:
            return spans
        if not verdict.findings or not verdict.complete:
            raise PrivacyRefused(f"It cannot be masked. {verdict.reason}", _HINT)
        for finding in verdict.findings:
            if not self._maskable(finding.type):
                raise PrivacyRefused(f"It is not masked, by your rules. {verdict.reason}", _HINT)
            inner = text[finding.start : finding.end]
            start = finding.start + len(inner) - len(inner.lstrip())
            end = start + len(inner.strip())
            if not 0 <= start < end <= len(text):
                raise PrivacyRefused(f"It cannot be masked. {verdict.reason}", _HINT)
            spans.append(MaskSpan(start, end, finding.type))
        return spans

    def _rewritten(self, request: ChatRequest, spans: Mapping[str, list[MaskSpan]]) -> ChatRequest:
        values = [(text[s.start : s.end], s.type) for text, inside in spans.items() for s in inside]
        # Whole names first, so that a part of one is known for what it is.
        for value, type_ in sorted(values, key=lambda item: -len(item[0].split())):
            self.mapping.placeholder(type_, value)
        known = _search(self.mapping)
        return _rewritten(request, lambda text: self._masked(text, spans.get(text, ()), known))

    def _masked(self, text: str, spans: Iterable[MaskSpan], known: re.Pattern[str] | None) -> str:
        places = [
            (span.start, span.end, self.mapping.placeholder(span.type, text[span.start : span.end]))
            for span in spans
        ]
        for match in known.finditer(text) if known is not None else ():
            start, end = match.span()
            if _may_be_a_word(text, match) or any(
                start < other_end and end > other for other, other_end, _ in places
            ):
                continue
            type_ = "PERSON" if match.lastgroup == "part" else _LITERAL
            places.append((start, end, self.mapping.placeholder(type_, match.group())))
        pieces: list[str] = []
        at = 0
        for start, end, placeholder in sorted(places):
            pieces += [text[at:start], placeholder]
            at = end
        return "".join([*pieces, text[at:]])


def smallest(spans: Iterable[MaskSpan]) -> list[MaskSpan]:
    """Disjoint spans: of those that overlap, the short ones stay."""
    kept: list[MaskSpan] = []
    for span in sorted(set(spans), key=lambda one: (one.end - one.start, one.start)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept)


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


def _search(mapping: MaskMap) -> re.Pattern[str] | None:
    """Finds known values as whole words, in any case, with any spaces; the longest first.

    Parts of known names are found as they are written.
    """
    patterns = []
    for value in sorted({entry.value for entry in mapping.entries}, key=len, reverse=True):
        words = [re.escape(word) for word in value.split()]
        if len(value) < _SHORTEST or not words:
            continue
        before = _BEFORE if value[0].isalnum() else ""
        after = _AFTER if value[-1].isalnum() else ""
        patterns.append(before + r"[\s_]+".join(words) + after)
    if not patterns:
        return None
    whole = f"(?i:{'|'.join(patterns)})"
    parts = [re.escape(part) for part in mapping.name_parts() if len(part) >= _SHORTEST]
    part = rf"|(?P<part>{_BEFORE}(?:{'|'.join(parts)}){_AFTER})" if parts else ""
    return re.compile(whole + part)


def _may_be_a_word(text: str, match: re.Match[str]) -> bool:
    """Whether a part of a name starts a sentence and may be a word there: "Will you ..."."""
    if match.lastgroup != "part" or match.group().lower() not in _NAMES_AND_WORDS:
        return False
    before = text[max(0, match.start() - 3) : match.start()].rstrip(" \"'(")
    return not before or before[-1] in ".!?:\n"


def _texts(request: ChatRequest) -> list[tuple[str, str]]:
    """The texts that may be masked, each once, with their origin (see Policy.private_origin)."""
    found: dict[tuple[str, str], None] = {}
    tools: dict[str, str] = {}

    def visit(origin: str, part: Part) -> None:
        if isinstance(part, (Text, Reasoning)):
            found[(origin, part.text)] = None
        elif isinstance(part, ToolCall):
            tools[part.id] = part.name
            found.update(dict.fromkeys((origin, text) for text in argument_texts(part.arguments)))
            found.update(dict.fromkeys((origin, leaf) for leaf in _strings(nested(part.arguments))))
        elif isinstance(part, ToolResult):
            name = part.name or tools.get(part.call_id, "")
            for inner in part.parts:
                visit(f"tool:{name}", inner)

    for message in request.messages:
        for part in message.parts:
            visit(message.role, part)
    for tool in request.tools:
        found[("system", tool.description)] = None
        found.update(dict.fromkeys(("system", leaf) for leaf in _strings(tool.parameters)))
    found.update(dict.fromkeys(("user", leaf) for leaf in _strings(request.extra)))
    return [item for item in found if item[1].strip()]


def _rewritten(request: ChatRequest, masked: Callable[[str], str]) -> ChatRequest:
    """``request`` with every maskable text replaced."""

    def part(old: Part) -> Part:
        if isinstance(old, Text):
            return Text(masked(old.text))
        if isinstance(old, Reasoning):  # the payload went out masked and comes back as it was
            return replace(old, text=masked(old.text))
        if isinstance(old, ToolCall):
            return replace(old, arguments=_masked_arguments(old.arguments, masked))
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
                parameters=_masked_value(tool.parameters, masked),
            )
            for tool in request.tools
        ),
        extra=_masked_value(request.extra, masked),
    )


def _masked_arguments(arguments: str, masked: Callable[[str], str]) -> str:
    """A call's arguments with masked strings, written as they were where that is possible."""
    written = masked(arguments)
    try:
        new = _masked_value(json.loads(arguments), masked)
    except ValueError:
        return written
    for text in (arguments, written):
        with suppress(ValueError):
            if json.loads(text) == new:
                return text
    return json.dumps(new, ensure_ascii=False)


def _masked_value(value: Any, masked: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {key: _masked_value(item, masked) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_value(item, masked) for item in value]
    return value


def _strings(value: Any) -> Iterable[str]:
    """Every string in a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


_HINT: Final = "A local model can answer it."
