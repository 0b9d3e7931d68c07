"""Fixtures of the chat app's tests."""

from __future__ import annotations

import pytest

from tests.tui.fake_runtime import FakeRuntime


@pytest.fixture
def runtime() -> FakeRuntime:
    """A scripted runtime with a few chats."""
    return FakeRuntime()
