"""What may differ between a request that a caller sends and the one that a provider of the same
wire format gets: these fields and headers, and nothing else by a single byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tests.support.scripted_provider import Received

CHANGED = frozenset({"model", "stream", "store"})
"""The provider's own name of the model; every answer is streamed; it stores nothing."""
LEFT_OUT = frozenset(
    {"user", "safety_identifier", "client_metadata", "metadata", "previous_response_id"}
)
"""Who asks, with which installation, in which session; what is stored is stored here."""
LIMITS = ("max_tokens", "max_completion_tokens")
"""One limit of chat completions, by the name that the model takes."""
ADDED = frozenset({*LIMITS, "include", "prompt_cache_key", "stream_options"})
"""What a wire needs, asked for where the caller has not, or added to: encrypted reasoning instead
of a stored response, one cache for one session, the count of tokens.
"""
MAY_DIFFER = CHANGED | LEFT_OUT | ADDED
HANDED_ON = frozenset({"anthropic-version", "anthropic-beta", "openai-beta"})
"""Headers that pass with their value."""
OURS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host",
     "user-agent", "authorization", "x-api-key"}
)  # fmt: skip
"""Headers of our own connection: an `authorization` or `x-api-key` holds the provider's key. All
other headers, of sessions, retries and machines, end here.
"""
Members = list[tuple[str, str]]


def members(text: str) -> Members:
    """The names of an object's members in their order, each with its value as it is written."""
    read = json.JSONDecoder().raw_decode
    found: Members = []
    at = text.index("{") + 1
    while True:
        at = _past(text, at, ", \r\n\t")
        if text[at] == "}":
            return found
        name, at = read(text, at)
        start = _past(text, at, ": \r\n\t")
        _, at = read(text, start)
        found.append((name, text[start:at]))


def _past(text: str, at: int, letters: str) -> int:
    while text[at] in letters:
        at += 1
    return at


def kept(received: Received) -> Members:
    """The members that must pass unchanged."""
    return [one for one in members(received.body.decode()) if one[0] not in MAY_DIFFER]


def check(before: Sequence[Received], after: Sequence[Received]) -> None:
    """Each request to the provider is one of the caller's with nothing but these differences."""
    left = list(before)
    for one in after:
        same = next((each for each in left if kept(each) == kept(one)), None)
        assert same is not None, f"no caller has sent {one.body[:2000]!r}"
        left.remove(same)
        _check_fields(dict(members(same.body.decode())), dict(members(one.body.decode())))
        _check_headers(same.headers, one)
    assert left == []


def _check_fields(sent: Mapping[str, str], got: Mapping[str, str]) -> None:
    assert sent.keys() - got.keys() <= LEFT_OUT | CHANGED | {*LIMITS}
    assert got.keys() - sent.keys() <= ADDED | CHANGED
    assert got.get("store", "false") == "false"
    assert got.get("metadata", sent.get("metadata")) == sent.get("metadata")
    limits = [{one[name] for name in LIMITS if name in one} for one in (sent, got)]
    assert not limits[0] or limits[0] == limits[1]
    assert sent.get("prompt_cache_key") in {None, got.get("prompt_cache_key")}
    for name in {"include", "stream_options"} & sent.keys():
        given, passed = json.loads(sent[name]), json.loads(got[name])
        assert [one for one in given if one in passed] == list(given)


def _check_headers(sent: Mapping[str, str], got: Received) -> None:
    assert got.headers.keys() <= OURS | HANDED_ON
    assert got.headers["user-agent"] == "edgeroute"
    for name in HANDED_ON & sent.keys():
        assert got.headers[name] == sent[name]
    for name in {"authorization", "x-api-key"} & sent.keys():
        assert sent[name] not in got.headers.values()
