"""A small model's answer says how far it goes, where a mistake would cost more than time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from edgeroute.core.answer import Answer
from edgeroute.core.messages import Message, Text, ToolCall, assistant
from edgeroute.core.model_card import Place
from edgeroute.core.usage import Usage
from edgeroute.engine.running.trust import how_far

SMALL = "local/small"


def told(
    domain: str = "",
    *found: str,
    front_door: str = "chat",
    before: str = "",
    grade: int = 1,
    place: Place = Place.LOCAL,
    said: Message | None = None,
) -> str:
    """The sentence beside an answer of the small model."""
    decision: Any = SimpleNamespace(
        request=SimpleNamespace(front_door=front_door),
        session=SimpleNamespace(model=before),
        signals=SimpleNamespace(domain=domain),
        privacy=SimpleNamespace(
            verdict=SimpleNamespace(findings=[SimpleNamespace(type=one) for one in found])
        ),
    )
    return how_far(
        decision, Answer(said or assistant("Yes."), "stop", Usage(), SMALL), grade, place
    )


@pytest.mark.parametrize(
    ("domain", "found", "about"),
    [
        ("medical", [], "health"),
        ("legal", ["PERSON"], "the law"),
        ("", ["PERSON", "IBAN_CODE"], "money"),
        ("", ["MEDICAL_RECORD"], "health"),
    ],
)
def test_health_law_and_money_are_named(domain: str, found: list[str], about: str) -> None:
    """In the app and on the command line, once in a conversation."""
    for door in ("chat", "cli"):
        assert f"about {about}" in told(domain, *found, front_door=door)
    assert told(domain, *found, before=SMALL) == ""


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    """Other topics, larger or managed models, calls of tools, and programs."""
    assert told("", "PERSON") == told("medical", grade=2) == ""
    assert told("medical", place=Place.CLOUD) == told("medical", front_door="http") == ""
    called = Message("assistant", (Text("x"), ToolCall("1", "f", "{}")))
    assert told("medical", said=called) == ""
