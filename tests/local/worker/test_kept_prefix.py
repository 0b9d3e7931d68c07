"""A question that is asked aside: its beginning is kept, and so is the conversation."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.model_files import SMALL, require

SCRIPT = """
import json, sys
from pathlib import Path
from edgeroute.core.messages import Message, Text, user
from edgeroute.core.request import ChatRequest, Sampling
from edgeroute.local.files.catalogue import load
from edgeroute.local.worker.host import Host
from edgeroute.local.worker.prompt import write
host = Host(load().builds["qwen2.5-coder-0.5b"], Path(sys.argv[1]), 512, 1)
question = Message("system", (Text("Is the text about food? Say yes or no."),))
def ask(text, aside):
    messages = (question, user(text)) if aside else (user(text),)
    prompt = write(ChatRequest(messages), host.build.style, "never")
    sampling = Sampling(temperature=0, max_output_tokens=1)
    keep = host.opening(prompt) if aside else 0
    tokens = host.read(prompt)
    (token, *_) = host.draw(tokens, sampling, None, 1, keep)
    return [host.counts.cached, len(tokens), token.text, token.logprob]
chat = "Tell me of a boat on a lake. " * 2
print(json.dumps([ask(chat, False), ask("Soup!", True), ask(chat, False), ask("Soup!", True)]))
"""


@pytest.mark.model
def test_neither_the_conversation_nor_the_question_is_read_again() -> None:
    """After a question aside the conversation is still in the cache, and the answers are alike."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(require(SMALL))],
        capture_output=True,
        text=True,
        check=False,
    )
    chat, question, chat_again, question_again = json.loads(done.stdout)
    assert chat[0] == 0
    assert chat_again[0] >= chat[1] - 1
    assert question_again[0] > question[1] // 2
    assert chat_again[2:] == [chat[2], pytest.approx(chat[3], abs=0.05)]
    assert question_again[2:] == [question[2], pytest.approx(question[3], abs=0.05)]
