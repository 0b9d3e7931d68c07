"""The wire format of OpenAI's image generation, which Gemini's compatible address speaks as well.

Answers come whole. A picture is its bytes, or an address that is kept as it came and never fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from edgeroute.core.answer import Answer
from edgeroute.core.events import Delta, Finish, ImageDelta, UsageDelta
from edgeroute.core.messages import Image, user
from edgeroute.core.pictures import media_type_of
from edgeroute.core.request import ChatRequest
from edgeroute.core.usage import Usage
from edgeroute.wire.errors import WireError
from edgeroute.wire.format import Envelope, Target, WireFormat
from edgeroute.wire.json_data import (
    Json,
    flag,
    integer,
    mapping,
    mappings,
    model_name,
    raise_if_fault,
    string,
)
from edgeroute.wire.openai_chat.answer import encode_error
from edgeroute.wire.parts import decode_base64, encode_base64
from edgeroute.wire.sse import ServerSentEvent
from edgeroute.wire.usage import from_openai

NAME: Final = "openai-images"
MAX_PICTURES: Final = 10
MAX_BYTES: Final = 32 * 1024 * 1024  # of one picture

# These have a noun of their own, ask for a stream, or would identify the user elsewhere.
_KNOWN: Final = frozenset(
    {
        "model", "prompt", "stream", "partial_images", "user", "safety_identifier", "metadata",
        "store",
    }
)  # fmt: skip


def decode_request(body: Json) -> ChatRequest:
    """The request in ``body``; size, quality and the like go on unchanged.

    Raises:
        WireError: something is missing, of the wrong type, or asks for a stream.
    """
    prompt = string(body.get("prompt"))
    if not prompt.strip():
        raise WireError("prompt must be a text.")
    number = integer(body.get("n"), "n")
    if number is not None and not 1 <= number <= MAX_PICTURES:
        raise WireError(f"n must be from 1 to {MAX_PICTURES}.")
    if flag(body.get("stream"), "stream"):
        raise WireError("Pictures come whole.", "Leave stream out.")
    return ChatRequest(
        messages=(user(prompt),),
        model=model_name(body),
        wire=NAME,
        extra={key: value for key, value in body.items() if key not in _KNOWN},
        task="image",
        pictures="only",
        user=string(body.get("user")),
        front_door="http",
    )


def encode_request(request: ChatRequest, target: Target) -> dict[str, Any]:
    """The body for ``target``: what the user asked last is the prompt, nothing before it leaves."""
    said = (message.text for message in reversed(request.messages) if message.role == "user")
    extra = request.extra if request.wire == NAME else {}
    asked = {"model": target.card.wire_id, "response_format": "b64_json", **extra}
    return asked | {"prompt": next(filter(str.strip, said), "")}


class ImagesDecoder:
    """Reads one answer."""

    def __init__(self) -> None:
        self.ended = self.untold = False

    def feed(self, event: ServerSentEvent) -> list[Delta]:  # noqa: ARG002
        """Nothing: this format has no stream that we ask for.

        Raises:
            WireError: always.
        """
        raise WireError("Pictures do not come as a stream.")

    def close(self) -> list[Delta]:
        """Nothing was held back."""
        return []

    def whole(self, body: Json) -> list[Delta]:
        """The pictures, what they used, and ``Finish``.

        Raises:
            WireFault: the provider reports an error.
            WireError: there is something else than pictures, or they are too many or too large.
        """
        raise_if_fault(body)
        entries = mappings(body.get("data"))
        if len(entries) > MAX_PICTURES:
            raise WireError(f"There are more than {MAX_PICTURES} pictures.")
        deltas: list[Delta] = [ImageDelta(_picture(entry)) for entry in entries]
        usage = mapping(body.get("usage"))
        if usage:
            deltas.append(UsageDelta(from_openai(usage), string(body.get("model"))))
        self.ended = True
        return [*deltas, Finish("stop")]


def _picture(entry: Json) -> Image:
    text, url = string(entry.get("b64_json")), string(entry.get("url"))
    if not text:
        if not url.startswith("https://"):
            raise WireError("A picture has neither bytes nor a web address.")
        return Image("", url=url)
    if len(text) > MAX_BYTES * 4 // 3 + 4:
        raise WireError(f"A picture is larger than {MAX_BYTES >> 20} MiB.")
    data = decode_base64(text) or b""
    media_type = media_type_of(data)
    if not media_type:
        raise WireError("What should be a picture is none.")
    return Image(media_type, data)


def encode_answer(answer: Answer, envelope: Envelope) -> dict[str, Any]:
    """The body of a whole answer."""
    kinds = {image.media_type.rpartition("/")[2].partition("+")[0] for image in answer.images}
    body: dict[str, Any] = {"created": envelope.created, "data": list(_entries(answer))}
    if len(kinds) == 1 and "" not in kinds:
        body["output_format"] = kinds.pop()
    return body | ({"usage": _counts(answer.usage)} if answer.usage.total else {})


def _entries(answer: Answer) -> Iterator[dict[str, str]]:
    for image in answer.images:
        yield {"b64_json": encode_base64(image.data)} if image.data else {"url": image.url}


def _counts(usage: Usage) -> dict[str, Any]:
    """Only text is ever sent, and only pictures are taken back."""
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"text_tokens": usage.input, "image_tokens": 0},
        "output_tokens": usage.output,
        "output_tokens_details": {"text_tokens": 0, "image_tokens": usage.output},
        "total_tokens": usage.total,
    }


FORMAT: Final = WireFormat(
    name=NAME,
    path="/images/generations",
    id_prefix="img-",
    encode_request=encode_request,
    decoder=ImagesDecoder,
    decode_request=decode_request,
    encode_answer=encode_answer,
    encode_error=encode_error,
)
