"""Answers in the form of OpenAI chat completions, whole or streamed."""

from __future__ import annotations

from typing import Any, Final

from edgeroute.core.answer import AnswerDraft
from edgeroute.core.errors import EdgeRouteError, ErrorKind, LocalModelError
from edgeroute.core.events import ReasoningDelta, TextDelta
from edgeroute.core.usage import Usage
from edgeroute.local.worker.host import Counts, Token
from edgeroute.local.worker.steps import Ended, Piece, Step, Waits
from edgeroute.wire.format import Envelope
from edgeroute.wire.openai_chat.answer import ChatEncoder, encode_answer, frame

WAITS: Final = "edgeroute.waits"  # the kind of an event that says how long it takes to begin
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


class Reply:
    """One answer inside ``envelope``, with log probabilities where they were asked for."""

    def __init__(self, envelope: Envelope, *, logprobs: bool = False) -> None:
        self._envelope = envelope
        self._logprobs = logprobs
        self._encoder = ChatEncoder(envelope)
        self._draft = AnswerDraft(envelope.model)
        self._reasoning_tokens = 0
        self._chances: list[dict[str, Any]] = []

    def feed(self, step: Step) -> list[bytes]:
        """The events of one step."""
        if isinstance(step, Ended):
            self._draft.finish = step.finish
            self._draft.usage = self._usage(step.counts)
            return self._encoder.end(step.finish, self._draft.usage)
        if isinstance(step, Waits):
            return [frame({"object": WAITS, "ahead": step.ahead, "seconds": step.seconds})]
        chances = self._note(step)
        frames = [each for meaning in step.meanings for each in self._encoder.feed(meaning)]
        if chances:
            frames.append(self._encoder.chunk({}, logprobs={"content": chances}))
        return frames

    def whole(self) -> dict[str, Any]:
        """The body of the answer once it has ended."""
        body = encode_answer(self._draft.answer(), self._envelope)
        if self._logprobs:
            body["choices"][0]["logprobs"] = {"content": self._chances}
        return body

    def _note(self, piece: Piece) -> list[dict[str, Any]]:
        for meaning in piece.meanings:
            if isinstance(meaning, TextDelta):
                self._draft.add_text(meaning.text)
            elif isinstance(meaning, ReasoningDelta):
                self._draft.add_reasoning(meaning.text)
            else:
                self._draft.add_tool_call(
                    meaning.index, meaning.id, meaning.name, meaning.arguments
                )
        self._reasoning_tokens += piece.thoughts
        # As elsewhere, only tokens of the visible answer have probabilities.
        if (
            piece.thoughts
            or not self._logprobs
            or piece.token is None
            or piece.token.logprob is None
        ):
            return []
        chances = [_chances(piece.token)]
        self._chances += chances
        return chances

    def _usage(self, counts: Counts) -> Usage:
        reasoning = min(self._reasoning_tokens, counts.output)
        return Usage(
            input_uncached=counts.prompt - counts.cached,
            cache_read=counts.cached,
            output_visible=counts.output - reasoning,
            output_reasoning=reasoning,
        )


def _chances(token: Token) -> dict[str, Any]:
    return {
        **_chance(token.raw, token.logprob or 0.0),
        "top_logprobs": [_chance(raw, logprob) for raw, logprob in token.top],
    }


def _chance(raw: bytes, logprob: float) -> dict[str, Any]:
    return {"token": raw.decode("utf-8", "replace"), "logprob": logprob, "bytes": list(raw)}
