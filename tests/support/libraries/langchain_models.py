"""LangChain's own tests of a chat model, for `ChatOpenAI` on both wires and `ChatAnthropic`."""

from __future__ import annotations

import os
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests

KEY = os.environ["KEY"]


class _OpenAI(ChatModelIntegrationTests):  # type: ignore[misc]
    kind, wire = "CHAT_MODEL", False

    @property
    def chat_model_class(self) -> Any:
        """The class under test."""
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        """What it is made with."""
        return {
            "model": os.environ[self.kind], "base_url": os.environ["OPENAI_BASE"], "api_key": KEY,
            "use_responses_api": self.wire, "stream_usage": True, "max_retries": 0,
        }  # fmt: skip


class TestChat(_OpenAI):
    """Chat completions."""


class TestResponses(_OpenAI):
    """Responses."""

    kind, wire = "RESPONSES_MODEL", True


class TestMessages(ChatModelIntegrationTests):  # type: ignore[misc]
    """Messages."""

    @property
    def chat_model_class(self) -> Any:
        """The class under test."""
        return ChatAnthropic

    @property
    def chat_model_params(self) -> dict[str, Any]:
        """What it is made with."""
        return {
            "model": os.environ["MESSAGES_MODEL"], "api_key": KEY, "max_tokens": 1000,
            "base_url": os.environ["ANTHROPIC_BASE"].removesuffix("/v1"), "max_retries": 0,
        }  # fmt: skip
