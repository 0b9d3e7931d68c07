"""One word from a local model, with how likely it is."""

from __future__ import annotations

import asyncio
import math

import pytest

from edgeroute.core.errors import LocalModelError
from edgeroute.local.backends.endpoint import Endpoint
from edgeroute.local.backends.yes_no import YesNo, share_of_yes
from tests.local.backends.test_endpoint import Server
from tests.support.fake_omlx import serving


def said(*likeliest: tuple[str, float]) -> dict[str, object]:
    """An answer with the probabilities of its first token."""
    top = [{"token": word, "logprob": math.log(share)} for word, share in likeliest]
    token = {**top[0], "top_logprobs": top}
    message = {"role": "assistant", "content": likeliest[0][0]}
    choice = {"message": message, "finish_reason": "length", "logprobs": {"content": [token]}}
    return {"choices": [choice]}


async def ask(server: Server, seconds: float = 5.0) -> float:
    """The share of yes in the answer of ``server``, asked from a thread."""
    async with serving(server.app) as root:
        reader = YesNo(lambda: Endpoint("studio", f"{root}/v1", model="m"))
        assert reader.model == "local/m"
        return await asyncio.to_thread(reader.chance_of_yes, "Is it?", "Some text.", seconds)


async def test_the_two_words_are_weighed_against_each_other() -> None:
    """Every spelling of yes and no counts, everything else is left out."""
    server = Server(said(("Yes", 0.3), (" yes", 0.1), ("no", 0.1), ("Well", 0.5)))
    assert await ask(server) == pytest.approx(0.8)


async def test_one_token_is_asked_for_and_the_question_comes_first() -> None:
    """What never changes stands before the text, so that it is read once."""
    server = Server(said(("no", 0.9)))
    assert await ask(server) == 0
    (asked,) = server.asked
    assert (asked["max_tokens"], asked["temperature"], asked["top_logprobs"]) == (1, 0, 20)
    messages = asked["messages"]
    assert isinstance(messages, list)
    assert [message["role"] for message in messages] == ["system", "user"]
    assert "Some text." not in str(messages[0])


async def test_a_server_without_probabilities_gives_no_opinion() -> None:
    """It is an error with what to do, never a guess."""
    with pytest.raises(LocalModelError, match="how likely"):
        await ask(Server())


def test_another_word_is_no_answer() -> None:
    """A model that says neither word has not answered."""
    with pytest.raises(LocalModelError, match="neither yes nor no"):
        share_of_yes((("Maybe", -0.1),))


async def test_a_slow_model_is_given_up() -> None:
    """The time limit holds for the whole question."""
    server = Server(said(("yes", 0.9)))
    with pytest.raises(TimeoutError):
        await ask(server, seconds=0.0)
