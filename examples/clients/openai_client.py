# ruff: noqa: INP001, T201  (a script that prints)
"""OpenAI's Python library against the endpoint, streaming."""

from __future__ import annotations

import os
import sys

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("EDGEROUTE_URL", "http://127.0.0.1:8377") + "/v1",
    api_key=os.environ["EDGEROUTE_TOKEN"],
)
prompt = sys.argv[1] if len(sys.argv) > 1 else "Explain how a hash table works."
answer = client.chat.completions.with_raw_response.create(
    model="auto", messages=[{"role": "user", "content": prompt}], stream=True
)
# Where it is answered is known before the first word.
print(answer.headers["x-edgeroute-route"], answer.headers["x-edgeroute-reason"], file=sys.stderr)
for chunk in answer.parse():
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
print()
