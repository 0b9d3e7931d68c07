"""Mask mode: placeholders go out, the real values come back, and nothing else leaves."""

from __future__ import annotations

import asyncio
from pathlib import Path

from edgeroute.core.model_card import Place
from edgeroute.core.verdict import PrivacyMode
from tests.support import replies
from tests.support.house import house
from tests.support.scripted_provider import always


async def test_mask_mode_sends_placeholders_and_restores_them(tmp_path: Path) -> None:
    """In mask mode the provider sees placeholders only; the answer has the real values."""
    mail = "anna.berg@fjordmail.no"
    echo = always(replies.chat("I wrote to <EMAIL_ADDRESS_1> for you."))
    async with house(tmp_path, {"mock": echo}) as home:
        seen = await home.ask(
            f"Write a short note to {mail} about lunch.", privacy=PrivacyMode.MASK
        )
        sent = home.cloud["mock"].requests[0].body.decode()
        assert mail not in sent
        assert "<EMAIL_ADDRESS_1>" in sent
        assert seen.text == f"I wrote to {mail} for you."
        assert seen.receipt.masked == {"EMAIL_ADDRESS": 1}
        assert not seen.receipt.latched
        kept = home.runtime.conversations.messages(seen.receipt.conversation)
        assert mail in kept[0].text


async def test_what_must_not_be_masked_stays_here(tmp_path: Path) -> None:
    """A secret is never replaced and sent: it stays, in mask mode too."""
    async with house(tmp_path) as home:
        seen = await home.ask(
            "Why does this fail: AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzzzzKEYq",
            privacy=PrivacyMode.MASK,
        )
        assert seen.receipt.route is Place.LOCAL
        assert home.cloud["mock"].connections == 0


async def test_a_masked_value_stays_masked_where_it_says_nothing(tmp_path: Path) -> None:
    """A value that was masked once is masked in a turn that would be open without it, and keeps the
    conversation here where it cannot be.
    """
    wife = "Call my wife on +44 20 7946 0958 about her diabetes."
    async with house(tmp_path) as home:
        first = await home.ask(wife, privacy=PrivacyMode.MASK)
        name = first.receipt.conversation
        assert first.receipt.masked
        number = "What is 442079460958 in words?"
        seen = await home.ask(number, conversation=name)
        assert seen.receipt.route is Place.LOCAL
        assert seen.receipt.latched
        sent = b"".join(request.body for request in home.cloud["mock"].requests)
        assert b"0958" not in sent


async def test_turns_at_the_same_time_forget_no_masked_value(tmp_path: Path) -> None:
    """What several requests of one conversation mask at once is all known to the next one."""
    mails = [f"anna{n}@fjordmail.no" for n in range(5)]
    async with house(tmp_path) as home:
        home.runtime.conversations.create(PrivacyMode.MASK, id="mine")
        await asyncio.gather(*(home.ask(f"Write to {m}.", conversation="mine") for m in mails))
        kept = home.runtime.conversations.masks("mine")["map"]
        assert all(mail in kept for mail in mails)
        sent = b"".join(request.body for request in home.cloud["mock"].requests)
        assert b"fjordmail" not in sent
