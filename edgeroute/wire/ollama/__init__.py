"""Ollama's wire, which many desktop tools look for: in from callers only, never to a provider."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from edgeroute.wire.format import CallerFormat
from edgeroute.wire.ollama import answer, caller

CHAT: Final = CallerFormat(
    name="ollama-chat",
    path="/chat",
    id_prefix="",
    decode_request=caller.decode_chat,
    encode_answer=answer.encode_chat,
    encode_error=answer.encode_error,
    encoder=answer.chat_encoder,
    media_type="application/x-ndjson",
    streams=True,
    ignored=caller.ignored_options,
)
GENERATE: Final = replace(
    CHAT,
    name="ollama-generate",
    path="/generate",
    decode_request=caller.decode_generate,
    encode_answer=answer.encode_generate,
    encoder=answer.generate_encoder,
)
