"""Old text completions."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types import Completion

from edgeroute.core.request import Sampling
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import load_object
from edgeroute.wire.legacy_completions import FORMAT, texts_asked


def test_a_prompt_is_one_user_message() -> None:
    """The prompt, the sampling and the old default of 16 tokens."""
    request = FORMAT.decode_request({"prompt": ["hi"], "model": "local", "stop": "\n", "seed": 3})
    assert [(message.role, message.text) for message in request.messages] == [("user", "hi")]
    assert request.sampling == Sampling(max_output_tokens=16, stop=("\n",), seed=3)
    assert request.model == "local"


def test_a_suffix_asks_to_fill_the_gap() -> None:
    """Editors send what stands before and after the cursor."""
    marked = "<|fim_prefix|>def f(<|fim_suffix|>return x<|fim_middle|>"
    for body in ({"prompt": "def f(", "suffix": "return x"}, {"prompt": marked}):
        request = FORMAT.decode_request(body)
        assert request.fill
        assert [message.text for message in request.messages] == ["def f(", "return x"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": ""},
        {"prompt": ["a", "b"]},
        {"prompt": [1, 2]},
        {"prompt": "a", "n": 2},
        {"prompt": "a", "echo": True},
        {"prompt": "a", "max_tokens": "x"},
        {"prompt": "a", "best_of": 2},
        {"prompt": "a", "logprobs": 0},
    ],
)
def test_a_bad_request_is_refused_with_a_sentence(body: dict[str, Any]) -> None:
    """A caller's mistake is a wire error, whatever its shape."""
    with pytest.raises(WireError, match=r"\.$"):
        FORMAT.decode_request(body)


@pytest.mark.parametrize("asked", [{"best_of": 3}, {"n": 2, "best_of": 3}, {"best_of": "x"}])
def test_no_more_texts_are_made_than_given(asked: dict[str, Any]) -> None:
    """What `best_of` would choose from is refused by name; as many as are given is what happens."""
    with pytest.raises(WireError, match="best_of"):
        texts_asked({"prompt": "a", **asked})
    assert texts_asked({"prompt": "a", "n": 2, "best_of": 2}) == (("a", 2),)


def test_our_answers_are_what_the_official_client_reads(answers: list[Any], streams: Any) -> None:
    """A whole answer validates against OpenAI's own types; a stream adds up to its text."""
    for answer, envelope in answers:
        Completion.model_validate(FORMAT.encode_answer(answer, envelope))
        *chunks, end = [event.data for event in streams(FORMAT, answer, envelope)]
        assert end == "[DONE]"
        texts = [load_object(chunk)["choices"][0]["text"] for chunk in chunks[:-1]]
        assert "".join(texts) == answer.text
        assert '"total_tokens"' in chunks[-1]
