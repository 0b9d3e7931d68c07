# ruff: noqa: INP001, T201  (a script that prints)
"""Anthropic's Python library against the endpoint."""

from __future__ import annotations

import os
import sys

from anthropic import Anthropic

client = Anthropic(
    base_url=os.environ.get("EDGEROUTE_URL", "http://127.0.0.1:8377"),
    api_key=os.environ["EDGEROUTE_TOKEN"],
)
prompt = sys.argv[1] if len(sys.argv) > 1 else "Explain how a hash table works."
answer = client.messages.with_raw_response.create(
    model="auto", max_tokens=1000, messages=[{"role": "user", "content": prompt}]
)
print(answer.headers["x-edgeroute-route"], answer.headers["x-edgeroute-reason"], file=sys.stderr)
for block in answer.parse().content:
    if block.type == "text":
        print(block.text)
