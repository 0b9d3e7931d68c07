"""The old text completions, which editors still use: in from callers only, never to a provider."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from edgeroute.core.answer import Answer
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import Answered, Event, Failed, TextDelta
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.wire import fill
from edgeroute.wire.errors import WireError
from edgeroute.wire.format import CallerFormat, Envelope
from edgeroute.wire.json_data import Json, integer, model_name, sampling, string, strings
from edgeroute.wire.openai_chat.answer import DONE, encode_error, frame
from edgeroute.wire.usage import to_openai_chat

_DEFAULT_TOKENS: Final = 16  # as this format has it


_MOST: Final = 64


def texts_asked(body: Json) -> tuple[tuple[str, int], ...]:
    """The prompts in ``body``, each with how many answers it is to have.

    Raises:
        WireError: something is of the wrong type, or too many are wanted.
    """
    prompts = strings(body.get("prompt"), "prompt")
    wanted = integer(body.get("n"), "n")
    number = 1 if wanted is None else wanted
    if not 1 <= number * len(prompts) <= _MOST:
        raise WireError(f"prompt and n must ask for 1 to {_MOST} texts.")
    made = integer(body.get("best_of"), "best_of")
    if made not in (None, number):
        raise WireError(
            "best_of must be as many as n: every text that is made is given.",
            "Leave best_of away.",
        )
    return tuple((prompt, number) for prompt in prompts)


def decode_request(body: Json) -> ChatRequest:
    """The request in ``body``: one prompt, perhaps with a suffix to write towards.

    Raises:
        WireError: something is missing, of the wrong type, or more than one prompt.
    """
    prompts = strings(body.get("prompt"), "prompt")
    gap = fill.gap(prompts[0], body.get("suffix")) if len(prompts) == 1 else None
    if len(prompts) != 1 or not (prompts[0] or gap):
        raise WireError("prompt must be one text.", "Send several prompts without stream.")
    if body.get("n") not in (None, 1) or body.get("echo"):
        raise WireError("n must be 1 and echo must be false in a stream.", "Leave stream out.")
    if body.get("best_of") not in (None, 1):
        raise WireError("best_of must be 1 in a stream.", "Leave best_of away.")
    if body.get("logprobs") is not None:
        raise WireError(
            "logprobs is not taken with old completions, which models that chat answer.",
            "Ask /v1/chat/completions for logprobs and top_logprobs.",
        )
    drawn = sampling(body, "max_tokens", stop="stop", seed="seed")
    if drawn.max_output_tokens is None:
        drawn = replace(drawn, max_output_tokens=_DEFAULT_TOKENS)
    return ChatRequest(
        messages=gap or (user(prompts[0]),),
        model=model_name(body),
        sampling=drawn,
        user=string(body.get("user")),
        front_door="http",
        fill=gap is not None,
    )


def encode_answer(answer: Answer, envelope: Envelope) -> dict[str, Any]:
    """The body of a whole answer."""
    body = _body(envelope, answer.text, _finish_reason(answer))
    return body | {"model": answer.model, "usage": to_openai_chat(answer.usage)}


def _finish_reason(answer: Answer) -> str:
    return answer.finish if answer.finish in {"length", "content_filter"} else "stop"


def _body(envelope: Envelope, text: str, finish: str | None) -> dict[str, Any]:
    return {
        "id": envelope.id,
        "object": "text_completion",
        "created": envelope.created,
        "model": envelope.model,
        "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish}],
    }


class CompletionEncoder:
    """Writes one streamed text completion."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope

    def feed(self, event: Event) -> list[bytes]:
        """The bytes of one event."""
        match event:
            case TextDelta(text=text) if text:
                return [frame(_body(self._envelope, text, None))]
            case Answered(answer=answer):
                return self._close(answer)
            case Failed(error=error):
                return self.error(error)
        return []

    def idle(self) -> list[bytes]:
        """A piece without words."""
        return [frame(_body(self._envelope, "", None))]

    def _close(self, answer: Answer) -> list[bytes]:
        frames = [frame(_body(self._envelope, "", _finish_reason(answer)))]
        if self._envelope.usage:
            counts = {"choices": [], "usage": to_openai_chat(answer.usage)}
            frames.append(frame(_body(self._envelope, "", None) | counts))
        return [*frames, DONE]

    def error(self, error: EdgeRouteError) -> list[bytes]:
        """The bytes that end the stream with an error."""
        return [frame(encode_error(error)), DONE]


_FIELDS: Final = frozenset(
    {
        "model", "prompt", "suffix", "max_tokens", "temperature", "top_p", "n", "echo", "stop",
        "seed", "stream", "stream_options", "user", "best_of", "logprobs",
    }
)  # fmt: skip


def ignored_fields(body: Json) -> tuple[str, ...]:
    """The fields of ``body`` that change nothing here."""
    return tuple(name for name, value in body.items() if name not in _FIELDS and value)


FORMAT: Final = CallerFormat(
    name="legacy-completions",
    path="/completions",
    id_prefix="cmpl-",
    decode_request=decode_request,
    encode_answer=encode_answer,
    encode_error=encode_error,
    encoder=CompletionEncoder,
    ignored=ignored_fields,
)
