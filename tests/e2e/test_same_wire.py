"""Caller and provider speak one wire: what passes through the real endpoint, byte by byte."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import openai
import pytest

from tests.support import replies
from tests.support.installation import Endpoint, Installation
from tests.support.scripted_provider import Received, Reply, ScriptedProvider, Sleep, always

pytestmark = pytest.mark.timeout(120)
PATHS = {"manth": "/messages", "mresp": "/responses", "mchat": "/chat/completions"}
WIRES = {"manth": "anthropic-messages", "mresp": "openai-responses", "mchat": "openai-chat"}
SIGNATURE = "EqQBCg9" * 20


def named(kind: str, **fields: Any) -> bytes:
    """An event named by its type."""
    return replies.event(json.dumps({"type": kind, **fields}), kind)


def chunk(*choices: dict[str, Any], **fields: Any) -> bytes:
    """An event of a chat completion."""
    head = {"id": "c-up", "object": "chat.completion.chunk", "created": 1, "model": "up"}
    return replies.event(json.dumps({**head, "service_tier": "flex", "choices": choices, **fields}))


MESSAGE: dict[str, Any] = {
    "id": "msg_up", "type": "message", "role": "assistant", "model": "up", "content": [],
    "stop_reason": None, "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 1, "server_tool_use": {"web_search_requests": 1}},
}  # fmt: skip
SEARCH = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": [
    {"type": "web_search_result", "title": "News", "url": "https://example.com/a",
     "encrypted_content": "Eo8CCioIAxgC"}]}  # fmt: skip
CITATION = {"type": "web_search_result_location", "url": "https://example.com/a", "title": "News",
            "cited_text": "It is out.", "encrypted_index": "Eo8C"}  # fmt: skip


def block(number: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[bytes]:
    """The events of one content block."""
    return [
        named("content_block_start", index=number, content_block=start),
        *(named("content_block_delta", index=number, delta=delta) for delta in deltas),
        named("content_block_stop", index=number),
    ]


def message_end(reason: str) -> list[bytes]:
    """The last events of a message."""
    delta = {"stop_reason": reason, "stop_sequence": "END" if reason == "stop_sequence" else None}
    return [named("message_delta", delta=delta, usage={"output_tokens": 9}), named("message_stop")]


SEARCHING = [
    *block(1, SEARCH, {"type": "input_json_delta", "partial_json": '{"query": "out?"}'}),
    *block(2, FOUND),
]
ITEMS: list[dict[str, Any]] = [
    {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAAAAB" * 20},
    {"id": "ws_1", "type": "web_search_call", "status": "completed",
     "action": {"type": "search", "query": "out?"}},
    {"id": "ctc_1", "type": "custom_tool_call", "status": "completed", "call_id": "call_1",
     "name": "apply_patch", "input": "*** Begin Patch\n*** End Patch"},
    {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [
        {"type": "output_text", "text": "Out.", "logprobs": [], "annotations": [
            {"type": "url_citation", "start_index": 0, "end_index": 4, "title": "News",
             "url": "https://example.com/a"}]}]},
]  # fmt: skip
RESPONSE = {"id": "resp_up", "object": "response", "created_at": 1, "status": "in_progress",
            "model": "up", "output": [], "service_tier": "default", "tools": []}  # fmt: skip
COMPLETED = {**RESPONSE, "status": "completed", "output": ITEMS, "usage": {
    "input_tokens": 3, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 2,
    "output_tokens_details": {"reasoning_tokens": 1}, "total_tokens": 5}}  # fmt: skip
TOKENS = {"content": [{"token": "Out", "logprob": -0.1, "bytes": [79], "top_logprobs": []}],
          "refusal": None}  # fmt: skip
STREAMS: dict[str, list[bytes]] = {
    "manth": [
        named("message_start", message=MESSAGE),
        *block(0, {"type": "thinking", "thinking": "", "signature": ""},
               {"type": "thinking_delta", "thinking": "Hm."},
               {"type": "signature_delta", "signature": SIGNATURE}),
        named("ping"),
        *SEARCHING,
        *block(3, {"type": "text", "text": "", "citations": []},
               {"type": "text_delta", "text": "Out."},
               {"type": "citations_delta", "citation": CITATION}),
        *message_end("stop_sequence"),
    ],
    "mresp": [
        named("response.created", sequence_number=0, response=RESPONSE),
        *(named("response.output_item.done", sequence_number=n, output_index=n - 1, item=item)
          for n, item in enumerate(ITEMS, 1)),
        named("response.something_new", sequence_number=5, obfuscation="x"),
        named("response.completed", sequence_number=6, response=COMPLETED),
    ],
    "mchat": [
        chunk({"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None}),
        chunk({"index": 0, "delta": {"content": "Out"}, "logprobs": TOKENS}),
        chunk({"index": 1, "delta": {"content": "Yes"}, "logprobs": TOKENS}),
        chunk({"index": 0, "delta": {"annotations": [{"type": "url_citation"}]}}),
        chunk({"index": 0, "delta": {}, "finish_reason": "stop"}),
        chunk({"index": 1, "delta": {}, "finish_reason": "stop"}),
        chunk(usage=replies.chat_usage(3)),
        replies.DONE,
    ],
}  # fmt: skip
WHOLES: dict[str, dict[str, Any]] = {
    "manth": {**MESSAGE, "stop_reason": "stop_sequence", "stop_sequence": "END", "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": SIGNATURE},
        {**SEARCH, "input": {"query": "out?"}}, FOUND,
        {"type": "text", "text": "Out.", "citations": [CITATION]}],
        "usage": {"input_tokens": 3, "output_tokens": 9,
                  "server_tool_use": {"web_search_requests": 1}}},
    "mresp": COMPLETED,
    "mchat": {"id": "c-up", "object": "chat.completion", "created": 1, "model": "up",
              "service_tier": "flex", "usage": replies.chat_usage(3), "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Out", "annotations": [
            {"type": "url_citation"}]}, "logprobs": TOKENS, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": "Yes"}, "logprobs": TOKENS,
         "finish_reason": "stop"}]},
}  # fmt: skip


def body(name: str, text: str = "Is it out?", **fields: Any) -> dict[str, Any]:
    """A request of the wire of provider ``name``."""
    asked = (
        {"input": text} if name == "mresp" else {"messages": [{"role": "user", "content": text}]}
    )
    return {"model": f"{name}/gpt-5.5", "max_tokens": 99, **asked, **fields}


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    """One host that speaks all three wires."""
    with ScriptedProvider() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def endpoint(shared_installation: Installation, provider: ScriptedProvider) -> Iterator[Endpoint]:
    """A real endpoint before it."""
    with serving(shared_installation, provider) as served:
        yield served


@pytest.fixture(scope="module")
def brittle(
    tmp_path_factory: pytest.TempPathFactory, provider: ScriptedProvider
) -> Iterator[Endpoint]:
    """An endpoint whose providers may come to rest."""
    other = Installation(tmp_path_factory.mktemp("brittle") / "home")
    with serving(other, provider) as served:
        yield served
    other.stop_worker()


def serving(installation: Installation, provider: ScriptedProvider, mode: str = "auto") -> Any:
    """A running endpoint that knows ``provider`` under three names."""
    settings = [f'[privacy]\nmode = "{mode}"\n[local]\nmodel = "qwen2.5-coder-0.5b"\n']
    for name, wire in WIRES.items():
        settings.append(
            f'[providers.{name}]\nwire = "{wire}"\nbase_url = "{provider.base_url}"\n'
            'models = ["gpt-5.5"]\n'
        )
    installation.configure("".join(settings))
    return installation.serving()


def ask(endpoint: Endpoint, name: str, asked: dict[str, Any], path: str = "") -> httpx.Response:
    """The answer of the endpoint."""
    return httpx.post(
        endpoint.base_url + (path or PATHS[name]), json=asked, timeout=60, trust_env=False,
        headers={"authorization": f"Bearer {endpoint.token}"},
    )  # fmt: skip


def ours(event: bytes, sent: bytes) -> bytes:
    """``sent`` with our id and model where ``event`` has them."""
    head, _, data = sent.decode().partition("data: ")
    told, came = event.decode().partition("data: ")[2], data
    if told == came:
        return sent
    mine, theirs = json.loads(told), json.loads(came)
    for holder in (None, "message", "response"):
        place, other = (x if holder is None else x.get(holder) or {} for x in (theirs, mine))
        if place.get("id") in {"msg_up", "resp_up", "c-up"}:
            place |= {"id": other["id"], "model": other["model"]}
            assert other["model"].endswith("/gpt-5.5")
    return f"{head}data: {json.dumps(theirs, separators=(',', ':'))}\n\n".encode()


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_passes_but_for_id_and_model(
    endpoint: Endpoint, provider: ScriptedProvider, name: str
) -> None:
    """Every event comes in its order and form, and those without id or model byte for byte."""
    provider.behave(always(replies.stream(STREAMS[name])))
    more: dict[str, Any] = {"stream_options": {"include_usage": True}, "n": 2}
    more = more if name == "mchat" else {}
    answer = ask(endpoint, name, body(name, stream=True, **more))
    events = [event + b"\n\n" for event in answer.content.split(b"\n\n") if event]
    assert len(events) == len(STREAMS[name])
    assert events == [ours(*pair) for pair in zip(events, STREAMS[name], strict=True)]
    assert len(provider.requests) == 1
    assert provider.requests[0].path == "/v1" + PATHS[name]
    assert "x-edgeroute-warning" not in answer.headers


@pytest.mark.parametrize("name", STREAMS)
def test_a_whole_answer_is_the_stream_put_together(
    endpoint: Endpoint, provider: ScriptedProvider, name: str
) -> None:
    """Who asks without a stream gets what the provider's whole answer would be."""
    provider.behave(always(replies.stream(STREAMS[name])))
    found = ask(endpoint, name, body(name)).json()
    assert found == WHOLES[name] | {"id": found["id"], "model": f"{name}/gpt-5.5"}


@pytest.mark.parametrize("stream", [True, False])
def test_a_turn_of_server_tools_alone_is_an_answer(
    endpoint: Endpoint, provider: ScriptedProvider, *, stream: bool
) -> None:
    """A paused turn in which only the provider's own tools worked is not asked for again."""
    events = [named("message_start", message=MESSAGE), *SEARCHING, *message_end("pause_turn")]
    provider.behave(always(replies.stream(events)))
    answer = ask(endpoint, "manth", body("manth", stream=stream))
    assert (answer.status_code, len(provider.requests)) == (200, 1)
    assert "pause_turn" in answer.text
    assert "web_search_tool_result" in answer.text


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_that_breaks_ends_in_its_own_form(
    brittle: Endpoint, provider: ScriptedProvider, name: str
) -> None:
    """After words were shown, the caller's own SDK raises an error, and nothing follows."""
    whole = STREAMS[name]
    cut = whole[:-4] if name == "manth" else whole[: 5 if name == "mresp" else 3]
    provider.behave(always(replies.cut_stream(cut)))
    with pytest.raises((openai.APIError, anthropic.APIError)):
        read_by_sdk(brittle, name)
    assert len(provider.requests) == 1


def read_by_sdk(endpoint: Endpoint, name: str) -> str:
    """The text of a streamed answer, as the official SDK of the wire reads it."""
    root = endpoint.base_url.removesuffix("/v1")
    if name == "manth":
        client = anthropic.Anthropic(api_key=endpoint.token, base_url=root, max_retries=0)
        said = [{"role": "user", "content": "Is it out?"}]
        with client.messages.stream(model="manth/gpt-5.5", max_tokens=99, messages=said) as stream:  # type: ignore[arg-type]
            return "".join(stream.text_stream)
    other = openai.OpenAI(api_key=endpoint.token, base_url=endpoint.base_url, max_retries=0)
    if name == "mresp":
        events = other.responses.create(model="mresp/gpt-5.5", input="Is it out?", stream=True)
        last = list(events)[-1]
        if last.type == "response.failed":
            assert last.response.error is not None
            raise openai.APIError(last.response.error.message, None, body=None)  # type: ignore[arg-type]
        return last.response.output_text  # type: ignore[union-attr]
    asked: Any = {"model": "mchat/gpt-5.5", "messages": [{"role": "user", "content": "Out?"}]}
    chunks = other.chat.completions.create(**asked, stream=True)
    return "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)


@pytest.mark.parametrize(
    ("name", "text"), [("manth", "Out."), ("mresp", "Out."), ("mchat", "OutYes")]
)
def test_the_official_sdks_read_what_passes(
    endpoint: Endpoint, provider: ScriptedProvider, name: str, text: str
) -> None:
    """The parsers of both vendors take the streams with all that is in them."""
    provider.behave(always(replies.stream(STREAMS[name])))
    assert read_by_sdk(endpoint, name) == text


def test_a_failure_before_the_first_word_is_rescued_on_another_wire(
    installation: Installation, provider: ScriptedProvider
) -> None:
    """Thoughts of a provider that fails are not shown, and another's whole answer is."""
    hidden = {"manth": STREAMS["manth"][:4], "mresp": STREAMS["mresp"][:2],
              "mchat": [chunk({"index": 0, "delta": {"reasoning_content": "Hm."}})]}  # fmt: skip
    failed: list[str] = []

    def behave(request: Received) -> Reply:
        spoken = next(each for each, path in PATHS.items() if request.path.endswith(path))
        if not failed or failed[0] == spoken:
            failed.append(spoken)
            return replies.cut_stream(hidden[spoken])
        if spoken == "mresp":
            return replies.stream(STREAMS["mresp"])
        return replies.answer(request, "Out.")

    with serving(installation, provider) as endpoint:
        for name in STREAMS:
            failed.clear()
            provider.behave(behave)
            answer = ask(endpoint, name, body(name, stream=True, model="auto"))
            assert answer.status_code == 200
            assert failed
            assert "Out" in answer.text
            assert "Hm." not in answer.text
            assert '"error":{' not in answer.text


def test_hanging_up_reaches_the_provider(endpoint: Endpoint, provider: ScriptedProvider) -> None:
    """A caller who goes away in the middle of a stream that passes ends it at its source."""
    before = provider.hang_ups
    provider.behave(always(replies.stream([*STREAMS["mchat"][:2], Sleep(30)])))
    headers = {"authorization": f"Bearer {endpoint.token}"}
    with httpx.stream("POST", endpoint.base_url + PATHS["mchat"], timeout=60, trust_env=False,
                      json=body("mchat", stream=True), headers=headers) as answer:  # fmt: skip
        next(answer.iter_bytes())
    deadline = time.monotonic() + 10
    while provider.hang_ups == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert provider.hang_ups == before + 1


PATCH = {"type": "custom", "name": "apply_patch", "description": "Edits files."}
CALLED = {"index": 0, "id": "call_9", "type": "function", "function": {
    "name": "apply_patch", "arguments": '{"input":"*** Begin Patch\\n*** End Patch"}'}}  # fmt: skip


@pytest.mark.parametrize("stream", [True, False])
def test_a_custom_tool_is_called_through_a_chat_provider(
    endpoint: Endpoint, provider: ScriptedProvider, *, stream: bool
) -> None:
    """The tool and its history go as functions, and the call comes back with its one text."""
    events = [
        chunk({"index": 0, "delta": {"role": "assistant", "tool_calls": [CALLED]}}),
        chunk({"index": 0, "delta": {}, "finish_reason": "tool_calls"}),
        replies.DONE,
    ]
    provider.behave(always(replies.stream(events)))
    history = [
        {"type": "message", "role": "user", "content": "Rename x to y"},
        {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "*** B"},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "ok"},
    ]
    asked = {"model": "mchat/gpt-5.5", "input": history, "tools": [PATCH], "stream": stream}
    answer = ask(endpoint, "mresp", asked)
    sent = provider.requests[0].json
    assert sent["tools"][0]["function"]["name"] == "apply_patch"
    assert json.loads(sent["messages"][1]["tool_calls"][0]["function"]["arguments"]) == {
        "input": "*** B"
    }
    whole = (
        answer.json() if not stream else json.loads(answer.text.rpartition("data: ")[2])["response"]
    )
    (item,) = whole["output"]
    assert (item["type"], item["input"]) == ("custom_tool_call", "*** Begin Patch\n*** End Patch")


def test_a_chat_callers_custom_tool_works_across_wires(
    endpoint: Endpoint, provider: ScriptedProvider
) -> None:
    """The form of chat completions, too, gets its custom call back from another wire."""
    use = {"type": "tool_use", "id": "t1", "name": "apply_patch", "input": {}}
    piece = {"type": "input_json_delta", "partial_json": '{"input":"*** B"}'}
    events = [
        named("message_start", message=MESSAGE),
        *block(0, use, piece),
        *message_end("tool_use"),
    ]
    provider.behave(always(replies.stream(events)))
    tool = {"type": "custom", "custom": {"name": "apply_patch", "description": "Edits files."}}
    for stream in (True, False):
        asked = body("mchat", model="manth/gpt-5.5", tools=[tool], stream=stream, n=2)
        answer = ask(endpoint, "mchat", asked)
        assert '"custom":{"name":"apply_patch","input":"*** B"}' in answer.text
        assert answer.headers["x-edgeroute-warning"] == "manth/gpt-5.5 was not told of: n."
    assert [tool["name"] for tool in provider.requests[0].json["tools"]] == ["apply_patch"]
