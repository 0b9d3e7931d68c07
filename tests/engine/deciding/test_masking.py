"""Mask mode: placeholders go out, the real values come back, and nothing else leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from edgeroute.core.errors import StoreError
from edgeroute.core.events import (
    Delta,
    Finish,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)
from edgeroute.core.model_card import Place
from edgeroute.core.usage import Usage
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.deciding.masking import MaskedRequest, Masking
from edgeroute.engine.deciding.session import Session
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.masking.masker import Masker
from edgeroute.privacy.masking.placeholders import Masked, MaskMap
from tests.support import replies
from tests.support.detectors import PlantDetector
from tests.support.house import house, request
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


async def test_values_of_documentation_do_not_end_masking(tmp_path: Path) -> None:
    """Published example values beside real ones, or alone, neither count nor keep a prompt here."""
    dummies = "jsmith@example.com, 4242 4242 4242 4242, AKIAIOSFODNN7EXAMPLE"
    async with house(tmp_path) as home:
        for more in ("", " and anna.berg@fjordmail.no"):
            seen = await home.ask(f"Send it to {dummies}{more}.", privacy=PrivacyMode.MASK)
            assert seen.receipt.route is Place.CLOUD
        sent = b"".join(request.body for request in home.cloud["mock"].requests)
        assert b"anna" not in sent


async def test_what_must_not_be_masked_stays_here(tmp_path: Path) -> None:
    """A secret is never replaced and sent: it stays, in mask mode too."""
    async with house(tmp_path) as home:
        seen = await home.ask(
            "Why does this fail: AWS_SECRET_ACCESS_KEY=vT8qLr2XnKd5WzPb7YhMc4JfGs9RtEa1UoQi6DyN",
            privacy=PrivacyMode.MASK,
        )
        assert seen.receipt.route is Place.LOCAL
        assert home.cloud["mock"].connections == 0


async def test_a_masked_value_stays_masked_where_it_says_nothing(tmp_path: Path) -> None:
    """A value that was masked once is masked in a turn that would be open without it, and keeps the
    conversation here where it cannot be.
    """
    wife = "Call my wife on +44 20 7947 3158 about her diabetes."
    async with house(tmp_path) as home:
        first = await home.ask(wife, privacy=PrivacyMode.MASK)
        name = first.receipt.conversation
        assert first.receipt.masked
        seen = await home.ask("What is 442079473158 in words?", conversation=name)
        assert seen.receipt.route is Place.CLOUD
        seen = await home.ask("Decode NDQyMDc5NDczMTU4 for me.", conversation=name)
        assert seen.receipt.route is Place.LOCAL
        assert seen.receipt.latched
        sent = b"".join(request.body for request in home.cloud["mock"].requests)
        assert b"0958" not in sent


_SUMMARY = """Sum up this chat.
# ASSISTANT
fixtures/people.yaml
<<<<<<< SEARCH
  email: torunn.berg@fjordmail.no
=======
  email: torunn.berg@fjordmail.no
  vip: true
>>>>>>> REPLACE
# USER
I ran this command: pytest -q
Traceback (most recent call last):
  File "test_money.py", line 12, in test_total
AssertionError: assert 3 == 4
FAILED test_money.py::test_total - AssertionError
"""


@pytest.mark.parametrize("allowed", [False, True])
async def test_what_was_masked_in_one_conversation_is_masked_in_the_next(
    tmp_path: Path, *, allowed: bool
) -> None:
    """A summary of a masked session leaves without its values, though it is another conversation
    in which they say nothing by themselves; what the user has let leave since is written out.
    """
    mail = "torunn.berg@fjordmail.no"
    async with house(tmp_path) as home:
        await home.ask(f"My neighbour is reached at {mail}.", privacy=PrivacyMode.MASK)
        if allowed:
            home.privacy.lists.allow(mail)
        seen = await home.ask(_SUMMARY, privacy=PrivacyMode.MASK)
        assert seen.receipt.route is Place.CLOUD
        assert seen.receipt.masked == ({} if allowed else {"EMAIL_ADDRESS": 1})
        last = home.cloud["mock"].requests[-1].body.decode()
        assert (mail in last) is allowed


def _kept(value: str, _: Mapping[str, str]) -> dict[str, str]:
    return {"map": value}


async def test_nobody_is_told_what_others_have_masked(tmp_path: Path) -> None:
    """Each person's masked values are known to their own conversations alone."""
    mail = "torunn.berg@fjordmail.no"
    async with house(tmp_path) as home:
        masks = home.stores.masks
        for owner in ("", "anna", "ben"):
            made = home.stores.conversations.create(PrivacyMode.MASK, owner=owner)
            masks.change(made.id, partial(_kept, owner or mail))
        assert masks.of_others("", 9) == [{"map": mail}]
        assert masks.of_others("ben~new", 9) == [{"map": "ben"}]


async def test_turns_at_the_same_time_forget_no_masked_value(tmp_path: Path) -> None:
    """What several requests of one conversation mask at once is all known to the next one."""
    mails = [f"anna{n}@fjordmail.no" for n in range(5)]
    async with house(tmp_path) as home:
        home.runtime.conversations.create(PrivacyMode.MASK, id="mine")
        await asyncio.gather(*(home.ask(f"Write to {m}.", conversation="mine") for m in mails))
        kept = home.stores.masks.get("mine")["map"]
        assert all(mail in kept for mail in mails)
        sent = b"".join(request.body for request in home.cloud["mock"].requests)
        assert b"fjordmail" not in sent


async def _restored(deltas: list[Delta]) -> list[Delta]:
    """What a conversation that knows Anna's address makes of ``deltas``."""
    known = MaskMap(
        [Masked("<EMAIL_ADDRESS_1>", "EMAIL_ADDRESS", 'anna"@fjordmail.no', "EMAIL_ADDRESS_1")]
    )
    masker = Masker(known, Inspector(PlantDetector(), lambda: "v1"), lambda _: True)
    masked = MaskedRequest(request("Hi"), {"EMAIL_ADDRESS": 1}, masker)

    async def said() -> AsyncIterator[Delta]:
        for delta in deltas:
            yield delta

    return [delta async for delta in masked.restored(said(), "")]


async def test_an_answer_has_the_real_values_again() -> None:
    """In text, thoughts and calls, wherever the pieces are cut; each call is one JSON text, each
    kind has its own place, and everything else passes as it is.
    """
    pieces: list[Delta] = [
        ReasoningDelta("<EMAIL_"),
        TextDelta("To <EMAIL_ADD"),
        ReasoningDelta("ADDRESS_1> it is"),
        ReasoningDelta(payload="sealed"),
        TextDelta("RESS_1>."),
        ToolCallDelta(0, "c1", "send", '{"to": "<EMAIL_ADD'),
        ToolCallDelta(1, "c2", "send", '{"cc": "x"}'),
        ToolCallDelta(0, arguments='RESS_1>"}'),
        UsageDelta(Usage(1)),
        Finish("stop"),
    ]
    told = await _restored(pieces)
    address = 'anna"@fjordmail.no'
    text = "".join(one.text for one in told if isinstance(one, TextDelta))
    thought = "".join(one.text for one in told if isinstance(one, ReasoningDelta))
    assert (text, thought) == (f"To {address}.", f"{address} it is")
    calls = [one for one in told if isinstance(one, ToolCallDelta)]
    first = "".join(one.arguments for one in calls if one.index == 0)
    assert json.loads(first) == {"to": address}
    assert [(one.id, one.name) for one in calls] == [("c1", "send"), ("c2", "send"), ("", "")]
    assert ReasoningDelta(payload="sealed") in told
    assert told[-2:] == [UsageDelta(Usage(1)), Finish("stop")]


async def test_what_was_held_back_is_told_before_the_end() -> None:
    """An answer that ends in the middle of what could become a placeholder loses no character."""
    told = await _restored(
        [
            TextDelta("a < b <EMA"), ReasoningDelta("see <"), ToolCallDelta(2, "c", "f", '"<EM'),
            Finish("length"),
        ]
    )  # fmt: skip
    assert told[-1] == Finish("length")
    assert "".join(one.text for one in told if isinstance(one, TextDelta)) == "a < b <EMA"
    assert "".join(one.text for one in told if isinstance(one, ReasoningDelta)) == "see <"
    calls = [one for one in told if isinstance(one, ToolCallDelta)]
    assert "".join(one.arguments for one in calls) == '"<EM'
    assert {one.index for one in calls} == {2}
    assert await _restored([TextDelta("done"), Finish("stop")]) == [
        TextDelta("done"), Finish("stop"),
    ]  # fmt: skip


async def test_only_what_may_be_masked_is(tmp_path: Path) -> None:
    """What the rules keep here is not replaced but makes the prompt stay; a conversation that is
    not stored is masked all the same, and nothing is kept of it.
    """
    async with house(tmp_path) as home:
        masks = home.stores.masks
        masking = Masking(masks, home.runtime.inspector, home.privacy.policy, lambda _: False)
        alone = Session("", PrivacyMode.MASK, exists=False)
        assert not await masking.knows_values(alone, request("Hello."))
        masked = await masking.mask(alone, request("Write to anna.berg@fjordmail.no."))
        assert masked is not None
        assert masked.types == {"EMAIL_ADDRESS": 1}
        assert masked.request.messages[0].text == "Write to <EMAIL_ADDRESS_1>."
        secret = "AWS_SECRET_ACCESS_KEY=vT8qLr2XnKd5WzPb7YhMc4JfGs9RtEa1UoQi6DyN"
        assert await masking.mask(alone, request(secret)) is None
        mine = Session(home.stores.conversations.create(id="mine").id, PrivacyMode.MASK)
        assert not await masking.knows_values(mine, request("Hello."))
        for _ in range(2):
            again = await masking.mask(mine, request("Write to anna.berg@fjordmail.no."))
            assert again is not None
            assert "<EMAIL_ADDRESS_1>" in again.request.messages[0].text
        assert await masking.knows_values(mine, request("Hello."))
        assert set(masks.get("mine")) == {"map"}


async def test_a_lost_record_of_masks_masks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was masked before may be anything, so nothing can be masked with certainty."""

    def lost(*_: object) -> None:
        raise StoreError("The disk is broken.", "Mend it.")

    async with house(tmp_path) as home:
        masks = home.stores.masks
        masking = Masking(masks, home.runtime.inspector, home.privacy.policy, lambda _: False)
        mine = Session(home.stores.conversations.create(id="mine").id, PrivacyMode.MASK)
        monkeypatch.setattr(masks, "get", lost)
        assert await masking.knows_values(mine, request("Hello."))
        assert await masking.mask(mine, request("Write to anna.berg@fjordmail.no.")) is None
