"""The chat app on the real engine: what the strip promises is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.verdict import PrivacyMode
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, house
from tests.support.scripted_provider import always
from tests.tui.driver import running

CLOUD_ANSWER = "A table of buckets."

pytestmark = pytest.mark.timeout(180)


async def test_an_open_message_goes_where_the_strip_says(tmp_path: Path) -> None:
    """The strip names the provider before sending; the answer and its receipt line follow."""
    async with house(tmp_path) as home, running(home.runtime) as chat:
        await chat.type(OPEN)
        assert "mock/m" in chat.strip
        assert home.cloud["mock"].connections == 0, "nothing is sent while typing"
        await chat.press("enter")
        await chat.until(lambda: [answer.text for answer in chat.answers] == [CLOUD_ANSWER])
        assert len(home.cloud["mock"].requests) == 1
        assert home.runtime.receipts.list(left_machine=True)


async def test_a_private_message_stays_and_latches_the_chat(tmp_path: Path) -> None:
    """With a social security number the strip says local, the local model answers, the provider
    gets nothing, and the next harmless message stays too.
    """
    async with house(tmp_path) as home, running(home.runtime) as chat:
        await chat.type(PRIVATE)
        assert "LOCAL" in chat.strip
        await chat.press("enter")
        await chat.until(lambda: [answer.text for answer in chat.answers] == [LOCAL_ANSWER])
        await chat.idle()
        await chat.send("And what is a heap?")
        await chat.until(lambda: [answer.text for answer in chat.answers] == [LOCAL_ANSWER] * 2)
        assert home.cloud["mock"].connections == 0
        assert home.cloud["mock"].bytes_received == 0


async def test_not_personal_lets_a_message_leave(tmp_path: Path) -> None:
    """What the user puts on the allow list no longer keeps a new chat here."""
    text = "Explain the number 521-44-9821 in a social security context"
    async with house(tmp_path) as home, running(home.runtime) as chat:
        await chat.type(text)
        assert "mock/m" not in chat.strip.splitlines()[0]
        home.runtime.lists.allow("521-44-9821")
        await chat.type("?")
        assert "mock/m" in chat.strip


async def test_the_mode_key_keeps_a_chat_here(tmp_path: Path) -> None:
    """After ctrl+t an open message is answered here and nothing leaves."""
    async with house(tmp_path) as home, running(home.runtime) as chat:
        await chat.press("ctrl+t")
        assert chat.chat.state.mode is PrivacyMode.PRIVATE
        await chat.send(OPEN)
        await chat.until(lambda: [answer.text for answer in chat.answers] == [LOCAL_ANSWER])
        assert home.cloud["mock"].connections == 0


async def test_a_dead_provider_is_made_good_here(tmp_path: Path) -> None:
    """With every provider failing the answer comes from this machine."""
    down = {"mock": always(replies.error(503))}
    async with house(tmp_path, down) as home, running(home.runtime) as chat:
        await chat.send(OPEN)
        await chat.until(lambda: [answer.text for answer in chat.answers] == [LOCAL_ANSWER])


async def test_an_invalid_policy_ends_the_app_with_its_place(tmp_path: Path) -> None:
    """The app does not go on with rules that are not valid: it ends and names file and line."""
    broken = {"privacy.yaml": "level: loose\n"}
    async with house(tmp_path, rules=broken) as home, running(home.runtime) as chat:
        await chat.until(lambda: chat.app.return_code == 1)
        assert "privacy.yaml:1" in str(chat.app._exit_renderables)
