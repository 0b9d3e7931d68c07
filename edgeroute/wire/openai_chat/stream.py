"""A chat completion's answer, streamed or whole, as deltas.

Reasoning that the model wants back is kept as a JSON object of message fields:
``reasoning_content``, ``reasoning_details``, or ``content`` where it stood in the content itself;
with ``extra_content``, a list of what the calls were signed with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from edgeroute.core.answer import FinishReason
from edgeroute.core.events import (
    Delta,
    Finish,
    LogprobsDelta,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)
from edgeroute.wire import usage
from edgeroute.wire.errors import WireError, WireFault
from edgeroute.wire.json_data import (
    Json,
    dump_text,
    load_piece,
    mapping,
    mappings,
    message_of,
    raise_if_fault,
    string,
)
from edgeroute.wire.openai_chat.calls import CallTracker
from edgeroute.wire.sse import ServerSentEvent
from edgeroute.wire.think import CLOSE, OPEN, Piece, ThinkTags

_FINISH: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
    "safety": "content_filter",
    "refusal": "refusal",
}
_FAILED: Final = frozenset({"error", "insufficient_system_resource", "network_error", "abort"})
_PLAIN: Final = frozenset({"content", "role"})
_CHOICE: Final = frozenset({"delta", "finish_reason", "index", "logprobs"})
_CHUNK: Final = frozenset(
    {"choices", "created", "id", "model", "object", "obfuscation", "service_tier",
     "system_fingerprint", "usage"}
)  # fmt: skip
_KEEP_ALIVE: Final = re.compile(r"(chatcmpl-)?keep-?alive", re.IGNORECASE)


class ChatDecoder:
    """Reads one streamed chat completion."""

    def __init__(self) -> None:
        self.ended = self.untold = False
        self._think = ThinkTags()
        self._calls = CallTracker()
        self._finish = self._stop = ""
        self._refused = False
        self._said = False
        self._done = False
        self._fields: dict[str, str] = {}
        self._details: list[dict[str, Any]] = []
        self._thinking_parts: list[dict[str, Any]] = []
        self._in_content: list[str] = []

    def feed(self, event: ServerSentEvent) -> list[Delta]:
        """The deltas of one event."""
        data = event.data.strip()
        if self.ended or not data:
            return []
        if data == "[DONE]":
            self.ended = True
            # The server's word that it has ended, where it has not said how.
            self._finish = self._finish or ("stop" if self._said else "")
            return self.close()
        if data == "null" or event.event not in {"message", "error"}:
            return []
        chunk = load_piece(data)
        if event.event == "error":
            raise WireFault(chunk, message_of(chunk.get("error", chunk)))
        more = self._more_text(chunk)
        return list(self._chunk(chunk)) if more is None else [more]

    def _more_text(self, chunk: Json) -> TextDelta | None:
        """The delta of a chunk that says nothing but more visible text, as most do."""
        text = more_text(chunk) if self._said and self._think.over else ""
        return TextDelta(text) if text and not _waits(chunk) else None

    def whole(self, body: Json) -> list[Delta]:
        """The deltas of a whole answer."""
        raise_if_fault(body)
        if not mappings(body.get("choices")):
            raise WireError("The answer holds no choices.")
        return [*self._chunk(body), *self.close()]

    def close(self) -> list[Delta]:
        """What was held back, and the finish if the model said that it ended."""
        if self._done:
            return []
        self._done = True
        deltas = list(self._pieces(self._think.close()))
        if self._finish:
            deltas += self._calls.close()
            payload = self._payload()
            if payload:
                deltas.append(ReasoningDelta(payload=payload))
            deltas.append(Finish(self._reason(), self._finish, self._stop))
        return deltas

    def _reason(self) -> FinishReason:
        if self._refused:
            return "refusal"
        reason = _FINISH.get(self._finish.lower(), "stop")
        return "tool_calls" if reason == "stop" and self._calls.any else reason

    def _chunk(self, chunk: Json) -> Iterator[Delta]:
        raise_if_fault(chunk)
        if _waits(chunk):
            return
        for choice in mappings(chunk.get("choices")):
            if choice.get("index") in (None, 0):  # one answer is read, whatever else was asked for
                self._said = True
                yield from self._choice(choice, chunk)
        counts = chunk.get("usage") or mapping(chunk.get("x_groq")).get("usage")
        if counts and mapping(counts):
            yield UsageDelta(usage.from_openai(mapping(counts)), string(chunk.get("model")))

    def _choice(self, choice: Json, chunk: Json) -> Iterator[Delta]:
        delta = mapping(choice.get("delta") or choice.get("message"))
        if delta.keys() <= _PLAIN:  # most pieces are
            yield from self._content(delta.get("content"))
        else:
            yield from self._other_fields(delta, string(chunk.get("id")))
        if choice.get("logprobs"):
            yield from _chances(choice)
        finish = string(choice.get("finish_reason"))
        if finish in _FAILED:
            raise WireFault(chunk, f"The provider ended the answer with {finish}.")
        self._finish = finish or self._finish
        # vLLM and SGLang say which stop sequence it was.
        self._stop = string(choice.get("stop_reason") or choice.get("matched_stop")) or self._stop
        if not chunk.get("usage") and choice.get("usage"):  # Moonshot
            yield UsageDelta(
                usage.from_openai(mapping(choice["usage"])), string(chunk.get("model"))
            )

    def _other_fields(self, delta: Json, answer_id: str) -> Iterator[Delta]:
        self.untold = self.untold or bool(delta.get("audio"))
        yield from self._reasoning(delta)
        yield from self._content(delta.get("content"))
        refusal = string(delta.get("refusal"))
        if refusal:
            self._refused = True
            yield TextDelta(refusal)
        yield from self._tool_calls(delta, answer_id)

    def _tool_calls(self, delta: Json, answer_id: str) -> Iterator[ToolCallDelta]:
        calls = mappings(delta.get("tool_calls"))
        legacy = mapping(delta.get("function_call"))
        if not calls and legacy:
            calls = [{"index": 0, "function": legacy}]
        for call in calls:
            if "custom" in call:  # only who speaks this format asks for such calls
                self.untold = True
            else:
                yield from self._calls.feed(call, answer_id)

    def _reasoning(self, delta: Json) -> Iterator[Delta]:
        details = mappings(delta.get("reasoning_details"))
        for detail in details:
            self._keep_detail(detail)
        for field in ("reasoning_content", "reasoning"):
            text = string(delta.get(field))
            if text:
                self._fields[field] = self._fields.get(field, "") + text
                yield ReasoningDelta(text)
                return
        if details:
            text = "".join(string(d.get("text")) or string(d.get("summary")) for d in details)
            if text:
                yield ReasoningDelta(text)

    def _keep_detail(self, detail: Json) -> None:
        """Join the fragments of one detail: text grows, everything else is set once."""
        last = self._details[-1] if self._details else None
        same = (
            last is not None
            and last.get("type") == detail.get("type")
            and last.get("index") == detail.get("index")
            and (not detail.get("id") or last.get("id") in (None, detail.get("id")))
            and last.get("type") != "reasoning.encrypted"
        )
        if last is None or not same:
            self._details.append(dict(detail))
            return
        for key, value in detail.items():
            if key in {"text", "summary"} and isinstance(value, str):
                last[key] = string(last.get(key)) + value
            elif value is not None:
                last[key] = value

    def _content(self, content: object) -> Iterator[Delta]:
        if isinstance(content, str):
            yield from self._pieces(self._think.feed(content))
        for part in mappings(content):
            if part.get("type") == "thinking":
                yield from self._thinking_part(part)
            else:
                text = string(part.get("text"))
                if text:
                    yield TextDelta(text)

    def _thinking_part(self, part: Json) -> Iterator[Delta]:
        thinking = part.get("thinking")
        text = string(thinking) or "".join(string(p.get("text")) for p in mappings(thinking))
        last = self._thinking_parts[-1] if self._thinking_parts else None
        if last is None or last.get("signature"):
            last = {"type": "thinking", "thinking": [{"type": "text", "text": ""}]}
            self._thinking_parts.append(last)
        last["thinking"][0]["text"] += text
        last |= {k: v for k, v in part.items() if k not in {"type", "thinking"} and v is not None}
        if text:
            yield ReasoningDelta(text)

    def _pieces(self, pieces: list[Piece]) -> Iterator[Delta]:
        for kind, text in pieces:
            if kind == "text":
                yield TextDelta(text)
            else:
                self._in_content.append(text)
                yield ReasoningDelta(text)

    def _payload(self) -> str:
        payload: dict[str, Any] = {}
        if self._details:
            payload["reasoning_details"] = self._details
        elif self._fields:
            payload |= self._fields
        if self._thinking_parts:
            payload["content"] = self._thinking_parts
        elif self._in_content:
            payload["content"] = f"{OPEN}{''.join(self._in_content)}{CLOSE}\n\n"
        if self._calls.signatures:
            payload["extra_content"] = self._calls.signatures
        return dump_text(payload) if payload else ""


def more_text(chunk: Json) -> str:
    """The visible text of a chunk that says nothing but that; empty for any other."""
    choices = chunk.get("choices")
    if not (chunk.keys() <= _CHUNK and isinstance(choices, list) and len(choices) == 1):
        return ""
    choice = choices[0]
    if not (isinstance(choice, dict) and choice.keys() <= _CHOICE):
        return ""
    more = choice.get("index") or choice.get("finish_reason") or choice.get("logprobs")
    if more or chunk.get("usage") or chunk.get("object") == "error":
        return ""
    delta = choice.get("delta")
    if not (isinstance(delta, dict) and delta.keys() <= _PLAIN):
        return ""
    return string(delta.get("content"))


def _waits(chunk: Json) -> bool:
    """Whether a chunk only keeps the connection open."""
    model, name = string(chunk.get("model")), string(chunk.get("id"))
    return bool(_KEEP_ALIVE.match(model) or _KEEP_ALIVE.match(name))


def _chances(choice: Json) -> Iterator[LogprobsDelta]:
    tokens = mappings(mapping(choice.get("logprobs")).get("content"))
    known = tuple(value for token in tokens if (value := _chance(token)) is not None)
    if known:
        yield LogprobsDelta(known, tuple(filter(None, map(_alternatives, tokens))))


def _alternatives(token: Json) -> tuple[tuple[str, float], ...]:
    return tuple(
        (str(other.get("token", "")), value)
        for other in mappings(token.get("top_logprobs"))
        if (value := _chance(other)) is not None
    )


def _chance(token: Json) -> float | None:
    value = token.get("logprob")
    return float(value) if isinstance(value, int | float) else None
