"""How a request is cut into passages."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.messages import Message, Text, ToolCall, ToolResult, assistant, system, user
from edgeroute.core.request import ChatRequest, ClientProfile, Sampling
from edgeroute.privacy.inspecting.passages import WINDOW, Borders, Passage, contents
from edgeroute.wire import capsule
from edgeroute.wire.json_data import dump, dump_text


def borders(texts: list[str]) -> list[Passage]:
    """The borders between a user's texts."""
    found: list[Passage] = []
    reader = Borders()
    for text in texts:
        found += reader.between("m", text)
        reader.after(text)
    return found


def test_places_and_origins_are_named() -> None:
    """Each passage says where it stands and who wrote it."""
    request = ChatRequest(
        (
            system("s"),
            user("u"),
            assistant("a"),
            Message("assistant", (ToolCall("c1", "read_mail", "{}"),)),
            Message("tool", (ToolResult("c1", (Text("r"),)),)),
        )
    )
    found = {p.text: (p.where, p.origin) for p in contents(request).passages}
    assert found["s"] == ("messages[0]", "system")
    assert found["u"] == ("messages[1]", "user")
    assert found["a"] == ("messages[2]", "assistant")
    assert found["r"] == ("messages[4]", "tool:read_mail")


@given(texts=st.lists(st.text(max_size=600), max_size=6))
def test_borders_are_short_and_few(texts: list[str]) -> None:
    """There is one passage for each border, of bounded length, whatever the texts."""
    joined = borders(texts)
    assert len(joined) == sum(bool(text.strip()) for text in texts[1:])
    assert all(len(passage.text) <= 3 * WINDOW for passage in joined)


@given(before=st.text("ab ", max_size=400), after=st.text("ab ", max_size=400))
def test_a_border_holds_both_ends(before: str, after: str) -> None:
    """The last word before a border and the first one after it stand next to each other."""
    first, second = f"{before} last", f"first {after}"
    passage = borders([first, second])[0]
    assert "last first" in passage.text
    assert "lastfirst" in passage.text
    assert bool(passage.near) is (max(len(first), len(second)) > WINDOW)


def test_an_old_border_does_not_change() -> None:
    """A further turn adds one border and leaves the old ones as they were."""
    turns = [f"turn {n} " * n for n in range(12)]
    assert borders(turns)[:-1] == borders(turns[:-1])


@pytest.mark.parametrize("forged", [True, False])
def test_a_capsule_that_nobody_here_sealed_cannot_be_read(*, forged: bool) -> None:
    """What only looks like ours keeps the request here; what is ours is opened and read."""
    payload = dump_text(
        {"type": "thinking", "thinking": "Hm, Ada Lovelace.", "signature": "x" * 80}
    )
    body = dump({"origin": "anthropic", "payload": payload})
    sealed = (
        "edgeroute." + base64.urlsafe_b64encode(body).decode()
        if forged
        else capsule.seal("anthropic", payload)
    )
    block = {"type": "thinking", "thinking": "", "signature": sealed}
    found = contents(
        ChatRequest((user("Hi"),), source={"messages": [{"role": "assistant", "content": [block]}]})
    )
    assert bool(found.closed) is forged
    assert any("Lovelace" in passage.text for passage in found.passages) is not forged


def test_a_models_name_is_read_by_itself() -> None:
    """Beside other settings it would look like a part of somebody's record."""
    stop = Sampling(stop=("\n",))
    asked = ChatRequest((user("count"),), model="corner/claude-opus", sampling=stop, wire="w")
    read = [passage.text for passage in contents(asked).passages if passage.where == "settings"]
    assert "model: corner/claude-opus" in read
    assert not any("corner" in text and "wire" in text for text in read)


def test_a_person_of_the_office_is_not_read() -> None:
    """The name of a token's owner is known here and never sent; one that a caller sends is read."""
    asked = ChatRequest((user("count"),), user="Anna Lovelace", wire="w", task="chat")
    known = replace(asked, client=ClientProfile("Anna Lovelace", person=True))
    read = [[passage.text for passage in contents(one).passages] for one in (asked, known)]
    assert "user: Anna Lovelace" in read[0]
    assert not any("Lovelace" in text for text in read[1])
