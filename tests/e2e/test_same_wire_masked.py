"""In mask mode, too, what the provider says passes as it came, with the values put back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.e2e.test_same_wire import (
    FOUND,
    MESSAGE,
    PATHS,
    SEARCHING,
    ask,
    block,
    body,
    chunk,
    message_end,
    named,
    serving,
)
from tests.support import replies
from tests.support.installation import Endpoint, Installation
from tests.support.model_files import require
from tests.support.scripted_provider import Received, Reply, ScriptedProvider

pytestmark = pytest.mark.timeout(180)
MAIL = "milena.kowalczyk@fjordmail.no"
ASKED = f"My sister's address is {MAIL}. Search and write to her."


def behave(request: Received) -> Reply:
    """An answer that speaks of the placeholder, cut in the middle, in text and in arguments."""
    (mark,) = set(re.findall(r"<EMAIL\w*>", request.json["messages"][0]["content"]))
    name, half = json.dumps(mark)[1:-1], len(mark) // 2
    if request.path.endswith(PATHS["manth"]):
        use = {"type": "tool_use", "id": "t1", "name": "edit", "input": {}}
        events = [
            named("message_start", message=MESSAGE),
            *block(0, {"type": "thinking", "thinking": "", "signature": ""},
                   {"type": "thinking_delta", "thinking": f"To {mark}"},
                   {"type": "signature_delta", "signature": "EqQBCg9" * 20}),
            *SEARCHING,
            *block(3, {"type": "text", "text": ""},
                   {"type": "text_delta", "text": f"To {mark[:half]}"},
                   {"type": "text_delta", "text": mark[half:]}),
            *block(4, use,
                   {"type": "input_json_delta", "partial_json": f'{{"text": "To {name[:half]}'},
                   {"type": "input_json_delta", "partial_json": f'{name[half:]}"}}'}),
            *message_end("tool_use"),
        ]  # fmt: skip
        return replies.stream(events)
    return replies.stream([
        chunk({"index": 0, "delta": {"role": "assistant", "content": f"To {mark[:half]}"}}),
        chunk({"index": 0, "delta": {"content": mark[half:]}}),
        chunk({"index": 1, "delta": {"content": f"For {mark}"}}),
        chunk({"index": 0, "delta": {"content": " <EM"}}),
        chunk({"index": 0, "delta": {}, "finish_reason": "stop"}),
        chunk({"index": 1, "delta": {}, "finish_reason": "stop"}),
        replies.DONE,
    ])  # fmt: skip


def test_values_are_put_back_into_passing_events(installation: Installation) -> None:
    """Search results and signatures stay, the caller reads the value, and the signed thinking goes
    back to the provider as it was signed.
    """
    require("rampart")
    with ScriptedProvider(behave) as provider, serving(installation, provider, "mask") as endpoint:
        whole = ask(endpoint, "manth", body("manth", ASKED)).json()
        thought, _, found, text, use = whole["content"]
        assert found == FOUND
        assert (thought["thinking"], text["text"]) == (f"To {MAIL}", f"To {MAIL}")
        assert use["input"] == {"text": f"To {MAIL}"}
        streamed = ask(endpoint, "manth", body("manth", ASKED, stream=True)).text
        assert "web_search_tool_result" in streamed
        assert "<EMAIL" not in streamed
        _turn_two(endpoint, whole, provider)
        chat = ask(endpoint, "mchat", body("mchat", ASKED, n=2)).json()
        said = [choice["message"]["content"] for choice in chat["choices"]]
        assert said == [f"To {MAIL} <EM", f"For {MAIL}"]
    for request in provider.requests:
        assert MAIL.partition("@")[0] not in request.body.decode()


def _turn_two(endpoint: Endpoint, whole: dict[str, Any], provider: ScriptedProvider) -> None:
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "Sent."}
    asked = body("manth", ASKED)
    asked["messages"] += [{"role": "assistant", "content": whole["content"]},
                          {"role": "user", "content": [result]}]  # fmt: skip
    answer = ask(endpoint, "manth", asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-edgeroute-route"] == "cloud", answer.headers["x-edgeroute-reason"]
    thought = provider.requests[-1].json["messages"][1]["content"][0]
    assert thought["signature"] == "EqQBCg9" * 20
    assert re.fullmatch(r"To <EMAIL\w*>", thought["thinking"])
