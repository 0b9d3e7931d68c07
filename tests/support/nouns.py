"""Hypothesis strategies for the shared nouns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Unreadable,
)
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.usage import Cost, Usage
from edgeroute.core.verdict import PrivacyMode

# Lone surrogates and NUL included: hostile clients send them.
texts = st.text(st.characters(exclude_categories=()), max_size=40)
words = st.sampled_from(["", "chat", "refactor", "openai/gpt-5.5", "default", "é", "日本"])
blobs = st.binary(max_size=40)
counts = st.integers(0, 2**40)
moments = st.integers(0, 4_000_000_000_000_000).map(
    lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n)
)
amounts = st.integers(0, 10**15).map(lambda n: Decimal(n) / Decimal(10**12))

_simple_parts = (
    st.builds(Text, texts)
    | st.builds(Image, texts, blobs, texts, texts)
    | st.builds(File, texts, texts, blobs)
)
parts = (
    _simple_parts
    | st.builds(ToolCall, texts, texts, texts)
    | st.builds(Reasoning, texts, texts, texts)
    | st.builds(Unreadable, texts, texts)
    | st.builds(
        ToolResult,
        texts,
        st.lists(_simple_parts | st.builds(Unreadable, texts, texts), max_size=3).map(tuple),
        texts,
        st.booleans(),
    )
)
messages = st.builds(
    Message,
    st.sampled_from(["system", "user", "assistant", "tool"]),
    st.lists(parts, max_size=3).map(tuple),
    texts,
)
usages = st.builds(
    Usage, counts, counts, counts, counts, counts, counts, st.none() | amounts, st.booleans()
)
costs = st.builds(Cost, amounts, st.sampled_from(["reported", "computed", "estimated"])) | st.just(
    Cost(None, "unknown")
)
attempts = st.builds(
    Attempt,
    model=words,
    place=st.sampled_from(Place),
    started=moments,
    outcome=st.sampled_from(["answered", "failed", "cancelled", "rejected"]),
    duration_ms=counts,
    first_token_ms=st.none() | counts,
    reason=texts,
    error=words,
    detail=texts,
    status=st.none() | st.integers(100, 599),
    host=words,
    bytes_sent=counts,
    usage=usages,
    cost=costs,
    rate=words,
    role=st.sampled_from(["answer", "judge", "verify"]),
)
receipts = st.builds(
    Receipt,
    id=st.uuids().map(str),
    created=moments,
    conversation=words,
    front_door=st.sampled_from(["chat", "cli", "http"]),
    mode=st.sampled_from(PrivacyMode),
    private=st.booleans(),
    privacy_reason=texts,
    findings=st.dictionaries(words, st.integers(0, 99), max_size=3),
    latched=st.booleans(),
    rule=words,
    why=texts,
    route=st.none() | st.sampled_from(Place),
    model=words,
    attempts=st.lists(attempts, max_size=3).map(tuple),
    task=words,
    tier=words,
    user=texts,
    input_tokens=counts,
    duration_ms=counts,
    first_token_ms=st.none() | counts,
    error=texts,
    notes=st.lists(texts, max_size=2).map(tuple),
    masked=st.dictionaries(words, st.integers(0, 99), max_size=3),
)
