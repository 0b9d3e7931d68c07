"""Answers in the form of OpenAI chat completions, whole or streamed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from edgeroute.core.errors import EdgeRouteError, ErrorKind, LocalModelError
from edgeroute.core.events import ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.local.worker.host import Counts, Token
from edgeroute.local.worker.service import Ended, Piece, Step

DONE: Final = b"data: [DONE]\n\n"
_CODES: Final = {
    ErrorKind.UNKNOWN_MODEL: (404, "model_not_found"),
    ErrorKind.BAD_REQUEST: (400, "invalid_request"),
}


def error_body(error: EdgeRouteError) -> tuple[int, dict[str, Any]]:
    """The status and body that tell of ``error``."""
    status, code = error.http_status, error.code
    if isinstance(error, LocalModelError):
        status, code = _CODES.get(error.kind, (status, code))
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return status, {
        "error": {"message": error.message, "hint": error.hint, "type": kind, "code": code}
    }


def frame(body: Mapping[str, Any]) -> bytes:
    """One event of a stream."""
    return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"


class Reply:
    """One answer of ``model``. ``created`` is Unix time; ``logprobs`` and ``usage`` as asked."""

    def __init__(
        self,
        id: str,  # noqa: A002
        model: str,
        created: int,
        *,
        logprobs: bool = False,
        usage: bool = True,
    ) -> None:
        self._head = {"id": id, "created": created, "model": model}
        self._logprobs = logprobs
        self._usage = usage
        self._begun = False
        self._reasoning_tokens = 0
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._chances: list[dict[str, Any]] = []
        self._ended: Ended | None = None

    def feed(self, step: Step) -> list[bytes]:
        """The events of one step."""
        if isinstance(step, Ended):
            self._ended = step
            frames = [self._chunk({}, finish=step.finish)]
            if self._usage:
                counts = {"choices": [], "usage": self._counts(step.counts)}
                frames.append(frame(self._stream_head() | counts))
            return [*frames, DONE]
        chances = self._note(step)
        frames = [self._chunk(_delta(meaning)) for meaning in step.meanings]
        if chances:
            frames.append(self._chunk({}, chances=chances))
        return frames

    def whole(self) -> dict[str, Any]:
        """The body of the answer once it has ended."""
        assert self._ended is not None
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._content)}
        if self._reasoning:
            message["reasoning_content"] = "".join(self._reasoning)
        if self._calls:
            message["content"] = message["content"] or None
            message["tool_calls"] = list(self._calls.values())
        choice = {
            "index": 0,
            "message": message,
            "logprobs": {"content": self._chances} if self._logprobs else None,
            "finish_reason": self._ended.finish,
        }
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [choice],
            "usage": self._counts(self._ended.counts),
        }

    def _note(self, piece: Piece) -> list[dict[str, Any]]:
        for meaning in piece.meanings:
            if isinstance(meaning, TextDelta):
                self._content.append(meaning.text)
            elif isinstance(meaning, ReasoningDelta):
                self._reasoning.append(meaning.text)
            else:
                self._calls[meaning.index] = _call(meaning)
        thinks = any(isinstance(meaning, ReasoningDelta) for meaning in piece.meanings)
        self._reasoning_tokens += thinks
        # As elsewhere, only tokens of the visible answer have probabilities.
        if thinks or not self._logprobs or piece.token is None or piece.token.logprob is None:
            return []
        chances = [_chances(piece.token)]
        self._chances += chances
        return chances

    def _stream_head(self) -> dict[str, Any]:
        return {**self._head, "object": "chat.completion.chunk"}

    def _chunk(
        self,
        delta: dict[str, Any],
        *,
        finish: str | None = None,
        chances: list[dict[str, Any]] | None = None,
    ) -> bytes:
        if not self._begun:
            self._begun = True
            delta = {"role": "assistant", **delta}
        choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish}
        if chances:
            choice["logprobs"] = {"content": chances}
        return frame(self._stream_head() | {"choices": [choice]})

    def _counts(self, counts: Counts) -> dict[str, Any]:
        return {
            "prompt_tokens": counts.prompt,
            "completion_tokens": counts.output,
            "total_tokens": counts.prompt + counts.output,
            "prompt_tokens_details": {"cached_tokens": counts.cached},
            "completion_tokens_details": {"reasoning_tokens": self._reasoning_tokens},
        }


def _delta(meaning: TextDelta | ReasoningDelta | ToolCallDelta) -> dict[str, Any]:
    if isinstance(meaning, TextDelta):
        return {"content": meaning.text}
    if isinstance(meaning, ReasoningDelta):
        return {"reasoning_content": meaning.text}
    return {"tool_calls": [{"index": meaning.index, **_call(meaning)}]}


def _call(meaning: ToolCallDelta) -> dict[str, Any]:
    return {
        "id": meaning.id,
        "type": "function",
        "function": {"name": meaning.name, "arguments": meaning.arguments},
    }


def _chances(token: Token) -> dict[str, Any]:
    return {
        **_chance(token.raw, token.logprob or 0.0),
        "top_logprobs": [_chance(raw, logprob) for raw, logprob in token.top],
    }


def _chance(raw: bytes, logprob: float) -> dict[str, Any]:
    return {"token": raw.decode("utf-8", "replace"), "logprob": logprob, "bytes": list(raw)}
