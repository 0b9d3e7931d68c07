"""Answers to prompts, as the official clients read them."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import anthropic
import openai
import pytest

from edgeroute.core.errors import ErrorKind, NothingAnswered, PrivacyRefused, ProviderError
from edgeroute.core.events import Answered, AttemptStarted, Folded, TextDelta
from edgeroute.core.messages import Image, Message
from edgeroute.core.verdict import PrivacyMode
from tests.support.endpoint import (
    ANSWER,
    MODEL,
    RECEIPT,
    Endpoint,
    failing_script,
    finished,
    planned,
    script,
    thinking_script,
)
from tests.support.replies import PNG

HI: Any = [{"role": "user", "content": "hi"}]


@pytest.fixture
def oai(endpoint: Endpoint) -> Any:
    """OpenAI's own client, pointed at the endpoint."""
    with openai.OpenAI(
        base_url=endpoint.address + "/v1", api_key=endpoint.token, max_retries=0
    ) as client:
        yield client


@pytest.fixture
def claude(endpoint: Endpoint) -> Any:
    """Anthropic's own client, pointed at the endpoint."""
    with anthropic.Anthropic(
        base_url=endpoint.address, api_key=endpoint.token, max_retries=0
    ) as client:
        yield client


def test_openai_chat(oai: Any, endpoint: Endpoint) -> None:
    """A whole chat completion."""
    answer = oai.chat.completions.create(model="auto", messages=HI, temperature=0.5)
    assert answer.choices[0].message.content == "Hello there"
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (7, 2)
    assert (answer.model, answer.id) == (MODEL, "chatcmpl-r1")
    request = endpoint.engine.requests[0]
    assert (request.messages[0].text, request.sampling.temperature) == ("hi", 0.5)
    assert request.front_door == "http"


def test_openai_chat_stream(oai: Any) -> None:
    """A streamed chat completion, with counts when they are asked for."""
    stream = oai.chat.completions.create(
        model="auto", messages=HI, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == "Hello there"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 9


def test_counts_only_when_asked_for(oai: Any) -> None:
    """A chunk without choices surprises clients that did not ask for counts."""
    stream = oai.chat.completions.create(model="auto", messages=HI, stream=True)
    assert all(chunk.choices for chunk in stream)


def test_openai_tools_stream(oai: Any, endpoint: Endpoint) -> None:
    """Tool calls put together by the client's own accumulator."""
    endpoint.engine.script = thinking_script()
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    with oai.chat.completions.stream(model="auto", messages=HI, tools=[tool]) as stream:
        final = stream.get_final_completion()
    message = final.choices[0].message
    assert [(c.id, c.function.name, c.function.arguments) for c in message.tool_calls] == [
        ("c1", "f", '{"a":1}'),
        ("c2", "g", "{}"),
    ]
    assert final.choices[0].finish_reason == "tool_calls"


def test_openai_responses(oai: Any, endpoint: Endpoint) -> None:
    """A whole response with reasoning, text and calls."""
    endpoint.engine.script = thinking_script()
    answer = oai.responses.create(model="auto", input="hi", instructions="Be brief.")
    assert answer.output_text == "Look."
    assert [item.type for item in answer.output] == [
        *("reasoning", "message", "function_call", "function_call")
    ]
    assert answer.usage.total_tokens == 9
    assert endpoint.engine.requests[0].messages[0].role == "system"


def test_openai_responses_stream(oai: Any, endpoint: Endpoint) -> None:
    """A streamed response, put together by the client's own accumulator."""
    endpoint.engine.script = thinking_script()
    with oai.responses.stream(model="auto", input="hi") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert final.output_text == "Look."
    assert final.output[2].arguments == '{"a":1}'


def test_openai_completions(oai: Any, endpoint: Endpoint) -> None:
    """Old text completions, whole and streamed."""
    answer = oai.completions.create(model="auto", prompt="hi", max_tokens=5)
    assert answer.choices[0].text == "Hello there"
    stream = oai.completions.create(model="auto", prompt="hi", stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream) == "Hello there"
    assert [r.sampling.max_output_tokens for r in endpoint.engine.requests] == [5, 16]


def test_anthropic_messages(claude: Any, endpoint: Endpoint) -> None:
    """A whole message."""
    answer = claude.messages.create(model="auto", max_tokens=50, messages=HI, system="Be brief.")
    assert answer.content[0].text == "Hello there"
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (7, 2)
    assert endpoint.engine.requests[0].messages[0].role == "system"


def test_anthropic_messages_stream(claude: Any, endpoint: Endpoint) -> None:
    """A streamed message, put together by the client's own accumulator."""
    endpoint.engine.script = thinking_script()
    with claude.messages.stream(model="auto", max_tokens=50, messages=HI) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert final.content[0].signature.startswith("edgeroute.")
    assert final.content[2].input == {"a": 1}
    assert final.stop_reason == "tool_use"
    assert final.usage.output_tokens == 2


def test_thinking_comes_back_whole(claude: Any, endpoint: Endpoint) -> None:
    """A client that keeps the conversation returns the payload with its origin."""
    endpoint.engine.script = thinking_script()
    answer = claude.messages.create(model="auto", max_tokens=50, messages=HI)
    turn = {"role": "assistant", "content": [block.model_dump() for block in answer.content]}
    claude.messages.create(model="auto", max_tokens=50, messages=[*HI, turn, *HI])
    thought = endpoint.engine.requests[1].messages[1].parts[0]
    assert (thought.origin, thought.payload) == ("acme/one", '{"reasoning_content":"Hm."}')  # type: ignore[union-attr]


def test_tokens_are_counted_here(claude: Any, endpoint: Endpoint) -> None:
    """The count is an estimate of this machine; no provider is asked."""
    counted = claude.messages.count_tokens(model="auto", messages=HI)
    assert counted.input_tokens == 42
    assert len(endpoint.engine.requests) == 1


def test_the_tokens_of_a_response_are_counted_here(oai: Any, endpoint: Endpoint) -> None:
    """The same for OpenAI's clients; what it would go on from must be there."""
    counted = oai.responses.input_tokens.count(model="auto", input="hi")
    assert (counted.object, counted.input_tokens) == ("response.input_tokens", 42)
    with pytest.raises(openai.BadRequestError, match="Previous response"):
        oai.responses.input_tokens.count(model="auto", input="hi", previous_response_id="resp_none")
    assert len(endpoint.engine.requests) == 1


def test_what_cannot_be_done_is_refused_by_name(oai: Any, endpoint: Endpoint) -> None:
    """With what to do instead, and nobody is asked: some fields of old completions, and a stream of
    a conversation that is made shorter.
    """
    asked: dict[str, Any] = {"model": "auto", "prompt": "hi"}
    for fields, name in (({"best_of": 2}, "best_of"), ({"logprobs": 3}, "logprobs")):
        with pytest.raises(openai.BadRequestError, match=name):
            oai.completions.create(**asked, **fields)
    with pytest.raises(openai.BadRequestError, match="whole"):
        oai.responses.compact(model="auto", input="hi", extra_body={"stream": True})
    assert endpoint.engine.requests == []
    assert oai.completions.create(**asked, best_of=1).choices[0].text == "Hello there"


def test_errors_of_messages_name_their_request(claude: Any, endpoint: Endpoint) -> None:
    """In the body as in the header: unknown routes, bad bodies, and failed answers by receipt."""
    for path in ("/v1/messages/batches", "/v1/messages"):
        with pytest.raises(anthropic.APIStatusError) as caught:
            claude.post(path, body={"model": 1}, cast_to=object)
        told = caught.value.response
        assert told.json()["request_id"] == told.headers["request-id"] == caught.value.request_id
    endpoint.engine.script = failing_script(PrivacyRefused("It must stay.", "Pull a model."))
    with pytest.raises(anthropic.PermissionDeniedError) as refused:
        claude.messages.create(model="auto", max_tokens=5, messages=HI)
    told = refused.value.response
    assert told.json()["request_id"] == f"req_{told.headers['x-edgeroute-receipt']}"


def test_errors_have_status_and_hint(oai: Any, claude: Any, endpoint: Endpoint) -> None:
    """A failed request has its own status, and its sentence says what to do next."""
    endpoint.engine.script = failing_script(PrivacyRefused("It must stay.", "Pull a model."))
    with pytest.raises(openai.PermissionDeniedError, match=r"It must stay\. Pull a model\."):
        oai.chat.completions.create(model="auto", messages=HI)
    with pytest.raises(openai.PermissionDeniedError):
        oai.responses.create(model="auto", input="hi")
    with pytest.raises(anthropic.PermissionDeniedError, match="Pull a model"):
        claude.messages.create(model="auto", max_tokens=5, messages=HI)
    with pytest.raises(anthropic.PermissionDeniedError):
        claude.messages.create(model="auto", max_tokens=5, messages=HI, stream=True)


def test_errors_before_the_first_word_keep_their_status(oai: Any, endpoint: Endpoint) -> None:
    """A stream that has not begun can still say 503."""
    endpoint.engine.script = failing_script(NothingAnswered("Nobody answered."))
    with pytest.raises(openai.InternalServerError) as caught:
        oai.chat.completions.create(model="auto", messages=HI, stream=True)
    assert caught.value.status_code == 503
    assert caught.value.response.headers["x-edgeroute-receipt"] == "r1"


def test_errors_inside_a_stream_are_raised_by_the_clients(
    oai: Any, claude: Any, endpoint: Endpoint
) -> None:
    """A stream that breaks off never looks like a whole answer."""
    endpoint.engine.script = failing_script(NothingAnswered("It broke off."), "Hel")
    with pytest.raises(openai.APIError, match="It broke off"):
        list(oai.chat.completions.create(model="auto", messages=HI, stream=True))
    with pytest.raises(openai.APIError, match="It broke off"):
        list(oai.completions.create(model="auto", prompt="hi", stream=True))
    with pytest.raises(anthropic.APIStatusError, match="It broke off"):
        list(claude.messages.create(model="auto", max_tokens=5, messages=HI, stream=True))
    events = list(oai.responses.create(model="auto", input="hi", stream=True))
    assert (events[-1].type, events[-1].response.status) == ("response.failed", "failed")
    assert events[-1].response.error.message == "It broke off."


def test_an_overflow_inside_a_stream_is_known_as_one(
    oai: Any, claude: Any, endpoint: Endpoint
) -> None:
    """Where the status has gone out already, the error still has the code or the words by which
    clients know that they must compact.
    """
    overflow = ProviderError(ErrorKind.CONTEXT, "acme", "It is too long.", parameter="messages")
    endpoint.engine.script = failing_script(overflow, "Hel")
    with pytest.raises(openai.APIError) as caught:
        list(oai.chat.completions.create(model="auto", messages=HI, stream=True))
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")
    last = list(oai.responses.create(model="auto", input="hi", stream=True))[-1]
    told = last.response.error
    assert (told.code, told.param) == ("context_length_exceeded", "messages")
    with pytest.raises(anthropic.APIStatusError, match=r"prompt is too long: It is too long\."):
        list(claude.messages.create(model="auto", max_tokens=5, messages=HI, stream=True))


@pytest.mark.parametrize("stream", [False, True])
def test_headers_tell_where_it_went(endpoint: Endpoint, stream: Any) -> None:
    """Receipt, model, route and reason are in the headers, in a stream before its first byte."""
    status, headers, _ = endpoint.post(stream=stream)
    told = {name: headers.get(f"x-edgeroute-{name}") for name in ("receipt", "model", "route")}
    assert status == 200
    assert told == {"receipt": "r1", "model": MODEL, "route": "cloud"}
    assert headers["x-edgeroute-reason"] == "It is cheap."
    endpoint.engine.script[0] = replace(planned(), because="It is short, so a small one is asked.")
    _, headers, _ = endpoint.post(stream=stream)
    assert headers["x-edgeroute-reason"] == "It is short, so a small one is asked."


def test_headers_of_a_stream_tell_of_the_model_that_speaks(endpoint: Endpoint) -> None:
    """An attempt that failed before its first word is not the one the headers name."""
    endpoint.engine.script = [
        planned(),
        AttemptStarted(1, MODEL, "It is cheap."),
        AttemptStarted(2, "local/small", "All else failed\u2026"),
        TextDelta("Hi"),
        Answered(ANSWER, RECEIPT),
    ]
    _, headers, _ = endpoint.post(stream=True)
    assert headers["x-edgeroute-model"] == "local/small"
    assert headers["x-edgeroute-route"] == "local"
    assert headers["x-edgeroute-reason"] == "All else failed?"


def test_callers_headers_reach_the_engine(endpoint: Endpoint) -> None:
    """Privacy, conversation, tier, task and user are taken from the headers."""
    body = {"messages": HI, "user": "from the body"}
    wishes = {
        "X_EdgeRoute_Privacy": "Private",
        "X_EdgeRoute_Conversation": "c-9",
        "X_EdgeRoute_Tier": "premium",
        "X_EdgeRoute_Task": "refactor",
        "X_EdgeRoute_User": "ann",
    }
    status, _, _ = endpoint.ask("POST", "/v1/chat/completions", body, **wishes)
    request = endpoint.engine.requests[0]
    assert status == 200
    assert request.privacy is PrivacyMode.PRIVATE
    assert (request.conversation, request.tier, request.task) == ("c-9", "premium", "refactor")
    assert request.user == "ann"


def test_how_a_program_introduces_itself_is_kept_and_no_other_header(endpoint: Endpoint) -> None:
    """What the marks of agents need is there, cut to a length; keys and cookies are not."""
    told = {"User_Agent": "codex_cli_rs/1.0", "X_OpenAI_Subagent": "review" * 1_000}
    status, _, _ = endpoint.ask(
        "POST", "/v1/chat/completions", {"messages": HI}, **told, Cookie="a=b", X_Title="Mine"
    )
    request = endpoint.engine.requests[0]
    assert status == 200
    assert request.introduction == {
        "user-agent": "codex_cli_rs/1.0", "x-openai-subagent": ("review" * 1_000)[:4_000],
        "x-title": "Mine",
    }  # fmt: skip
    assert request.headers == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X_EdgeRoute_Privacy", "none"),
        ("X_EdgeRoute_Privcy", "private"),
        ("X_EdgeRoute_Tier", "gold"),
        ("X_EdgeRoute_Task", "dance"),
        ("X_EdgeRoute_Conversation", "../x"),
        ("X_EdgeRoute_Deadline", "soon"),
        ("X_EdgeRoute_Deadline", "0"),
    ],
)
def test_a_wish_that_means_nothing_is_refused(endpoint: Endpoint, name: str, value: str) -> None:
    """A mistyped wish for privacy does not pass in silence."""
    status, _, data = endpoint.ask(
        "POST", "/v1/chat/completions", {"messages": HI}, **{name: value}
    )
    assert status == 400
    assert json.loads(data)["error"]["code"] == "bad_header"
    assert endpoint.engine.requests == []


def test_how_long_a_caller_waits_for_the_local_model_is_heard(endpoint: Endpoint) -> None:
    """In seconds."""
    endpoint.ask("POST", "/v1/chat/completions", {"messages": HI}, X_EdgeRoute_Deadline="2.5")
    assert endpoint.engine.requests[-1].deadline == 2.5


def test_a_caller_cannot_steer_where_it_goes(endpoint: Endpoint) -> None:
    """Addresses, keys, headers, files and other receivers in a body are dropped at the door."""
    names = [
        *("base_url", "api_base", "api_key", "api_version", "headers", "extra_headers"),
        *("default_headers", "extra_body", "extra_query", "organization", "project"),
        *("azure_endpoint", "azure_ad_token", "custom_llm_provider", "model_list", "models"),
        *("fallbacks", "context_window_fallbacks", "provider", "route", "transforms", "plugins"),
        *("webhook_url", "callbacks", "success_callback", "mock_response", "file_path"),
        *("aws_access_key_id", "vertex_credentials", "proxy", "http_client", "baseURL"),
        *("deployment_id", "mcp_servers", "background", "guardrails", "timeout"),
    ]
    endpoint.post(**dict.fromkeys(names, "https://evil.example"), logprobs=True)
    assert endpoint.engine.requests[0].extra == {"logprobs": True}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a":NaN}', b'{"messages":[]}', b"\xff"])
def test_a_bad_body_is_the_callers_mistake(endpoint: Endpoint, path: str, body: bytes) -> None:
    """A body that is no request is a 400 in the caller's own format."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\nConnection: close\r\n"
        f"x-api-key: {endpoint.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    answer = endpoint.raw(head.encode() + body)
    assert answer.startswith(b"HTTP/1.1 400 ")
    error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert error["type"] == "invalid_request_error"
    assert endpoint.engine.requests == []


@pytest.mark.parametrize("start", [planned("cascade"), planned(verify="local/small")])
def test_words_that_may_be_withdrawn_are_held_back(endpoint: Endpoint, start: Any) -> None:
    """In a cascade, or before a check, the caller reads only what stands at the end."""
    endpoint.engine.script = [
        start,
        AttemptStarted(1, "local/small", "First try."),
        TextDelta("A weak answer"),
        Folded("local/small", "A weak answer", "It did not hold."),
        AttemptStarted(2, MODEL, "Second try."),
        TextDelta("Hello there"),
        Answered(ANSWER, RECEIPT),
    ]
    _, headers, data = endpoint.post(stream=True)
    assert b"weak" not in data
    assert b"Hello there" in data
    assert headers["x-edgeroute-model"] == MODEL


def test_words_that_were_read_cannot_be_withdrawn(endpoint: Endpoint) -> None:
    """A stream whose words are withdrawn ends with an error, never with two answers."""
    endpoint.engine.script = [*script("Half")[:3], Folded(MODEL, "Half", "No."), *script("New")]
    _, _, data = endpoint.post(stream=True)
    assert b"withdrawn" in data
    assert b"New" not in data


def test_an_engine_that_breaks_tells_nothing(endpoint: Endpoint) -> None:
    """An unknown error inside is a 500 without a word of the prompt."""
    endpoint.engine.breaks = True
    for stream in (False, True):
        status, _, body = endpoint.post(stream=stream)
        assert status == 500
        assert "secret" not in str(body)


def test_a_truncated_answer_says_so(oai: Any, endpoint: Endpoint) -> None:
    """The finish reason reaches the caller."""
    endpoint.engine.script = script("Hello there", answer=finished("length"))
    answer = oai.chat.completions.create(model="auto", messages=HI)
    assert answer.choices[0].finish_reason == "length"
    assert oai.responses.create(model="auto", input="hi").status == "incomplete"


def test_pictures_as_the_official_client_reads_them(oai: Any, endpoint: Endpoint) -> None:
    """A picture comes as base64 with its counts, and with the headers of every answer."""
    message = Message("assistant", (Image("image/png", PNG),))
    endpoint.engine.script = script(answer=replace(ANSWER, message=message))
    raw = oai.images.with_raw_response.generate(
        prompt="A red fox.", model="auto", size="1024x1024", background="transparent"
    )
    answer = raw.parse()
    assert base64.b64decode(answer.data[0].b64_json) == PNG
    assert (answer.output_format, answer.usage.total_tokens) == ("png", 9)
    assert raw.headers["x-edgeroute-receipt"] == "r1"
    (request,) = endpoint.engine.requests
    assert (request.messages[0].text, request.task, request.pictures) == (
        "A red fox.",
        "image",
        "only",
    )
    assert request.extra == {"size": "1024x1024", "background": "transparent"}


def test_a_refused_picture_is_an_error(oai: Any, endpoint: Endpoint) -> None:
    """A private prompt is 403, a wish for a stream 400, both with a sentence."""
    endpoint.engine.script = failing_script(PrivacyRefused("It stays here."))
    with pytest.raises(openai.PermissionDeniedError, match="It stays here"):
        oai.images.generate(prompt="A portrait of Ann.", model="auto")
    with pytest.raises(openai.BadRequestError, match="whole"):
        oai.images.generate(prompt="A fox.", model="auto", stream=True)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
def test_formats_of_text_take_no_picture(endpoint: Endpoint, path: str) -> None:
    """Whoever asks in them for a picture is answered in words."""
    body = {"model": "auto", "messages": HI, "input": "hi", "max_tokens": 9}
    status, _, _ = endpoint.ask("POST", path, body, X_EdgeRoute_Task="image")
    assert status == 200
    assert endpoint.engine.requests[0].pictures == "no"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/chat/completions", {"messages": HI, "stream": "true"}, "stream"),
        ("/v1/responses", {"input": "hi", "stream": 1}, "stream"),
        ("/v1/messages", {"messages": HI, "thinking": "hard"}, "thinking"),
        ("/v1/completions", {"prompt": "hi", "stream": []}, "stream"),
        ("/v1/images/generations", {"prompt": "A fox.", "stream": 0}, "stream"),
        ("/api/chat", {"messages": HI, "stream": "no"}, "stream"),
        ("/api/chat", {"stream": "no"}, "stream"),
        ("/api/chat", {"options": 5}, "options"),
        ("/api/chat", {"tools": {}}, "tools"),
        ("/api/generate", {"suffix": 0}, "suffix"),
        ("/api/generate", {"prompt": "hi", "think": "hard"}, "think"),
        ("/v1/messages", {"messages": HI, "tools": "look"}, "tools"),
        ("/v1/responses", {"input": "hi", "previous_response_id": 0}, "previous_response_id"),
        (
            "/v1/chat/completions",
            {"messages": HI, "max_tokens": 0, "max_completion_tokens": 5},
            "max_tokens",
        ),
        ("/api/show", {"model": []}, "model"),
        ("/api/embeddings", {"prompt": 5}, "prompt"),
        ("/edgeroute/v1/explain", {"prompt": "hi", "full": "yes"}, "full"),
    ],
)
def test_a_wish_of_the_wrong_type_is_refused(
    endpoint: Endpoint, path: str, body: dict[str, Any], field: str
) -> None:
    """By its name; it is not taken for none."""
    status, _, data = endpoint.ask("POST", path, body)
    assert status == 400
    assert f"{field} must be" in data.decode()


def test_several_texts_come_in_one_answer(oai: Any, endpoint: Endpoint) -> None:
    """Each prompt as often as wanted, in order, with its prompt before it where that is wanted; the
    tokens are those of all.
    """
    one = oai.completions.create(model="auto", prompt="a")
    many = oai.completions.create(model="auto", prompt=["a", "b"], n=2, echo=True)
    said = one.choices[0].text
    assert [choice.text for choice in many.choices] == [p + said for p in ("a", "a", "b", "b")]
    assert [choice.index for choice in many.choices] == [0, 1, 2, 3]
    assert many.usage.total_tokens == 4 * one.usage.total_tokens
    asked = [request.messages[0].text for request in endpoint.engine.requests]
    assert asked == ["a", "a", "a", "b", "b"]
    for body in ({"prompt": ["a"] * 65}, {"prompt": "a", "n": 65}, {"prompt": ["a"], "n": 0}):
        with pytest.raises(openai.BadRequestError, match="1 to 64"):
            oai.completions.create(model="auto", **body)
    with pytest.raises(openai.BadRequestError, match="Leave stream out"):
        oai.completions.create(model="auto", prompt="a", n=2, stream=True)


def test_a_text_that_fails_fails_them_all(oai: Any, endpoint: Endpoint) -> None:
    """With its own error; none is asked for after it."""
    endpoint.engine.script = failing_script(PrivacyRefused("It must stay.", "Pull a model."))
    with pytest.raises(openai.PermissionDeniedError, match="It must stay"):
        oai.completions.create(model="auto", prompt=["a", "b"])
    assert len(endpoint.engine.requests) == 1
