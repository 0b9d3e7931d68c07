"""What goes out of the state of a chat."""

from __future__ import annotations

from dataclasses import replace

from edgeroute.core.messages import system, user
from edgeroute.tui.chat.state import NO_SYSTEM, ChatState


def test_a_system_prompt_that_was_taken_off_goes_out_no_more() -> None:
    """Though it is stored with the first turn; where none was ever chosen, the stored one stays."""
    said = (system("For the client."), user("Hi"))
    chosen = ChatState(messages=said, system="client", instructions="Be short.")
    assert chosen.context == (system("Be short."), said[1])
    assert replace(chosen, system=NO_SYSTEM, instructions="").context == said[1:]
    assert ChatState(messages=said).context == said
