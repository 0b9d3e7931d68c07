"""What left is read as it left: word for word, with placeholders, with whatever judged it."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.messages import assistant, user
from edgeroute.core.sent import SentPart, SentRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.admin.sent_requests import SentRequests
from tests.support import replies
from tests.support.house import OPEN, PRIVATE, House, house
from tests.support.receipts import attempt, receipt
from tests.support.scripted_provider import always

MAIL = "anna.berg@fjordmail.no"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def sent(home: House) -> SentRequests:
    """The service of ``home``."""
    return home.runtime.admin.sent


async def test_the_text_is_the_one_that_the_provider_received(tmp_path: Path) -> None:
    """To the byte; a second request names what had left before; what stays here is not listed."""
    async with house(tmp_path) as home:
        await home.ask(PRIVATE)
        first = (await home.ask(OPEN, front_door="chat")).receipt
        talk = [user(OPEN), assistant("A table of buckets."), user("And a heap?")]
        await home.ask(talk, front_door="chat", conversation=first.conversation)
        later, earlier = (sent(home).read(one) for one in sent(home).latest())
        received = [one.body for one in home.cloud["mock"].requests if one.body]
        assert [earlier.body, later.body] == received
        digests = [hashlib.sha256(body).hexdigest() for body in received]
        assert [one.request.attempt.digest for one in (earlier, later)] == digests
        assert earlier.parts[0] == SentPart("user", OPEN)
        assert later.parts[0] == earlier.parts[0]
        assert (earlier.known, later.known) == (0, 1)
        assert later.before == earlier.request
        assert [one.chat for one in sent(home).of(first.conversation)] == [OPEN, OPEN]
        assert [one.receipt.id for one in sent(home).of(first.id)] == [first.id]
        with pytest.raises(EdgeRouteError, match="There is no conversation"):
            sent(home).of("nobody")


async def test_masked_text_is_read_as_it_left(tmp_path: Path) -> None:
    """Placeholders, and never what they stand for, in every form of the document."""
    async with house(tmp_path) as home:
        await home.ask(f"Write to {MAIL}.", privacy=PrivacyMode.MASK)
        found = sent(home).latest()
        texts = [sent(home).document(found, style) for style in ("markdown", "html", "json")]
        (entry,) = json.loads(texts[2])["requests"]
        texts.append(base64.b64decode(entry["body"]).decode())
        assert not any(MAIL in text for text in texts)
        assert all("Write to" in text for text in (*texts[:2], texts[3]))
        assert "1 x EMAIL_ADDRESS" in texts[0]


async def test_of_what_is_not_to_be_stored_no_word_is_kept(tmp_path: Path) -> None:
    """Neither the text nor a digest that it could be guessed from; the entry says why."""
    async with house(tmp_path) as home:
        await home.ask(OPEN, store=False, front_door="http")
        (one,) = sent(home).latest()
        text = sent(home).read(one)
        assert (text.gone, text.body, one.attempt.digest) == ("unstored", b"", "")
        assert "wanted nothing stored" in sent(home).document([one])
        assert "buckets" not in sent(home).document([one])


async def test_who_stores_nothing_is_not_recorded_by_a_later_request(tmp_path: Path) -> None:
    """A conversation that keeps no text keeps no digest, whatever a later request of it says."""
    async with house(tmp_path) as home:
        await home.ask(OPEN, store=False, conversation="quiet", front_door="http")
        await home.ask("yes", conversation="quiet", front_door="http")
        attempts = [one.attempt for one in sent(home).latest()]
        assert len(attempts) == 2
        assert not any(one.digest for one in attempts)


async def test_every_try_that_left_is_listed(tmp_path: Path) -> None:
    """A provider that failed received the text, too."""
    broken = {"one": always(replies.error(503)), "two": always(replies.chat("Slots."))}
    async with house(tmp_path, broken) as home:
        await home.ask(OPEN)
        hosts = [(one.attempt.model, sent(home).read(one).gone) for one in sent(home).latest()]
        assert ("two/m", "") in hosts
        assert ("one/m", "") in hosts


async def test_a_text_that_made_room_says_so(tmp_path: Path) -> None:
    """The receipt stays, and with it when, where to and how much."""
    async with house(tmp_path, settings="[privacy]\nsent_megabytes = 0\n") as home:
        await home.ask(OPEN)
        (one,) = sent(home).latest()
        assert sent(home).read(one).gone == "let go"
        assert "sent_megabytes" in sent(home).document([one])


async def test_an_answer_under_way_says_so(tmp_path: Path) -> None:
    """Its text is kept when it ends; where the program ended first, that is said."""
    async with house(tmp_path) as home:
        running = attempt(outcome="interrupted", digest="0" * 64)
        for created, gone in ((home.runtime.clock.now(), "running"), (NOW, "ended")):
            one = SentRequest(receipt(running, created=created), running)
            assert sent(home).read(one).gone == gone
