"""What the chats of programs are called."""

from __future__ import annotations

import pytest

from edgeroute.core.messages import assistant, user
from edgeroute.engine.recording.program_titles import program_title

ASKED = "Round the sum of invoices."


@pytest.mark.parametrize(
    "said",
    [
        ASKED,
        f"<system-reminder>\nAs you answer, mind <a>.\n</system-reminder>\n{ASKED}",
        f"<environment_context>\n  <cwd>/tmp</cwd>\n</environment_context>\n\n{ASKED}",
        f"<environment_details>x</environment_details><user_query>{ASKED}</user_query>",
        f"<note>{ASKED}</note>",
    ],
)
def test_a_chat_of_a_program_is_called_by_what_its_user_asked(said: str) -> None:
    """What the program wrote around it is no title, and neither are marks."""
    assert program_title((user(said), assistant("Done.")), "") == ASKED


def test_an_errand_of_an_agent_says_what_it_is() -> None:
    """Else it would look like a second chat about the same."""
    assert program_title((user(ASKED),), "background") == f"background: {ASKED}"


def test_what_only_a_program_said_has_no_title_of_its_own() -> None:
    """The first words are taken then, as for everybody."""
    assert program_title((user("<system-reminder>Mind it.</system-reminder>"),), "") == ""
