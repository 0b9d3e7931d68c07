"""What a request asks for where its caller says nothing."""

from __future__ import annotations

from dataclasses import asdict

from edgeroute.core.messages import user
from edgeroute.core.request import TIERS, ChatRequest, ClientProfile, Sampling, Tool


def test_a_caller_who_says_nothing_gets_the_usual() -> None:
    """Any model, text, the model's own sampling, the settings' privacy and tier, kept like any
    other; a picture may be the answer.
    """
    plain = asdict(ChatRequest((user("Hi"),)))
    plain.pop("messages")
    assert plain == {
        "model": "auto",
        "tools": (),
        "tool_choice": "auto",
        "parallel_tool_calls": None,
        "response_format": None,
        "response_format_name": "answer",
        "sampling": {
            "temperature": None,
            "top_p": None,
            "max_output_tokens": None,
            "stop": (),
            "seed": None,
            "logprobs": False,
            "top_logprobs": 0,
        },
        "reasoning_effort": "",
        "wire": "",
        "extra": {},
        "source": None,
        "headers": {},
        "conversation": "",
        "privacy": None,
        "held": "",
        "tier": None,
        "deadline": 0.0,
        "task": "",
        "pictures": "yes",
        "user": "",
        "commit": None,
        "front_door": "cli",
        "store": True,
        "fill": False,
        "replaces": "",
        "client": None,
        "introduction": {},
    }
    assert ChatRequest(()).sampling == Sampling()


def test_a_tool_may_be_a_name_alone() -> None:
    """Without a description, without parameters, and as strict as the model likes."""
    assert asdict(Tool("t")) == {
        "name": "t", "description": "", "parameters": {}, "strict": None, "custom": False,
    }  # fmt: skip


def test_tiers_are_named_from_the_cheapest_up() -> None:
    """These words stand in settings and headers."""
    assert TIERS == ("free", "balanced", "premium")


def test_a_connected_program_may_use_what_its_profile_names() -> None:
    """Patterns of managed models; without any, all of them."""
    some = ClientProfile("script", models=("acme/*", "other/one"))
    assert [some.allows(name) for name in ("acme/x", "other/one", "other/two")] == [
        True, True, False,
    ]  # fmt: skip
    assert ClientProfile("script").allows("other/two")


def test_a_request_knows_who_asks_and_by_which_policy() -> None:
    """A program that is not known has no name and no policy of its own."""
    asked = ChatRequest((), client=ClientProfile("script", policy="cheapest"))
    assert (asked.client_name, asked.policy) == ("script", "cheapest")
    assert (ChatRequest(()).client_name, ChatRequest(()).policy) == ("", "")
