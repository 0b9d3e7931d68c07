"""Pictures on the wire."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from edgeroute.core.answer import Answer
from edgeroute.core.messages import Image, Message, assistant, system, user
from edgeroute.core.request import ChatRequest
from edgeroute.core.usage import Usage
from edgeroute.wire import openai_images
from edgeroute.wire.errors import WireError, WireFault
from edgeroute.wire.format import Envelope
from edgeroute.wire.formats import IMAGES
from edgeroute.wire.sse import ServerSentEvent
from tests.support.replies import PNG
from tests.support.wire import answer_of, target

ENVELOPE = Envelope("img-1", "acme/one", 7)


def entry(data: bytes) -> dict[str, str]:
    """One picture of an answer."""
    return {"b64_json": base64.b64encode(data).decode()}


def test_the_prompt_is_the_last_question() -> None:
    """Only what the user asked last leaves, not the conversation before it."""
    said = (system("Be brief."), user("A secret."), assistant("Well."), user("A red fox."))
    body = IMAGES.encode_request(ChatRequest(said), target())
    assert body == {"model": "one-2026", "response_format": "b64_json", "prompt": "A red fox."}


def test_a_callers_wishes_go_on_unchanged() -> None:
    """Size, quality and number reach the model; who asks does not."""
    asked = {"prompt": "A fox.", "n": 2, "size": "1024x1024", "quality": "low", "user": "ann"}
    request = IMAGES.decode_request({"model": "gpt-image-2", **asked})
    assert (request.model, request.task, request.pictures) == ("gpt-image-2", "image", "only")
    assert request.user == "ann"
    body = IMAGES.encode_request(request, target())
    assert {key: body[key] for key in ("n", "size", "quality")} == {
        "n": 2,
        "size": "1024x1024",
        "quality": "low",
    }
    assert "user" not in body


@pytest.mark.parametrize(
    "body",
    [{}, {"prompt": " "}, {"prompt": 3}, {"prompt": "x", "n": 0}, {"prompt": "x", "n": 99},
     {"prompt": "x", "n": "2"}, {"prompt": "x", "stream": True}],
)  # fmt: skip
def test_a_wrong_request_is_refused(body: dict[str, Any]) -> None:
    """No prompt, a senseless number or a wish for a stream is the caller's mistake."""
    with pytest.raises(WireError):
        IMAGES.decode_request(body)


def test_an_answer_becomes_bytes_and_counts() -> None:
    """Base64 becomes bytes of the kind that they are; an address is kept as it came."""
    url = "https://files.example.com/a.png"
    usage = {"input_tokens": 5, "output_tokens": 9, "total_tokens": 14}
    body = {"data": [entry(PNG), {"url": url}], "usage": usage}
    answer = answer_of(IMAGES.decode_answer(body))
    assert answer.images == (Image("image/png", PNG), Image("", url=url))
    assert (answer.usage, answer.finish) == (Usage(5, output_visible=9), "stop")
    assert answer.complete


@pytest.mark.parametrize(
    "data",
    [
        [entry(b"GIF89a")] * 11,
        [entry(b"<script>")],
        [{"b64_json": "%%%"}],
        [{"url": "file:///etc/passwd"}],
        [{}],
    ],
    ids=["too many", "no picture", "no base64", "no web address", "nothing"],
)
def test_what_is_no_picture_is_no_answer(data: list[dict[str, str]]) -> None:
    """An answer that holds something else is not taken for one."""
    with pytest.raises(WireError):
        IMAGES.decode_answer({"data": data})


def test_a_picture_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture beyond the limit is refused before it is decoded."""
    monkeypatch.setattr(openai_images, "MAX_BYTES", 30)
    with pytest.raises(WireError, match="larger"):
        IMAGES.decode_answer({"data": [entry(PNG)]})


def test_an_error_in_a_whole_answer_is_told() -> None:
    """An error object is the provider's error, not an empty answer."""
    with pytest.raises(WireFault, match="no"):
        IMAGES.decode_answer({"error": {"message": "no", "code": "moderation_blocked"}})


def test_no_picture_at_all_is_an_empty_answer() -> None:
    """Where nothing was drawn the answer is whole and empty, so that another model is asked."""
    answer = answer_of(IMAGES.decode_answer({"data": []}))
    assert (answer.images, answer.complete) == ((), True)


def test_a_stream_is_no_answer() -> None:
    """Pictures that come as a stream, which nobody asked for, are not of this format."""
    with pytest.raises(WireError):
        IMAGES.decoder().feed(ServerSentEvent("", "{}"))


def test_the_endpoints_answer() -> None:
    """Callers get base64, the kind and the counts."""
    message = Message("assistant", (Image("image/png", PNG),))
    answer = Answer(message, "stop", Usage(5, output_visible=9), "acme/one")
    body = IMAGES.encode_answer(answer, ENVELOPE)
    assert body["data"] == [entry(PNG)]
    assert (body["created"], body["output_format"]) == (7, "png")
    assert body["usage"]["input_tokens_details"] == {"text_tokens": 5, "image_tokens": 0}
    assert body["usage"]["total_tokens"] == 14
