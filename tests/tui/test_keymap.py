"""One table of keys, and the user's own."""

from __future__ import annotations

import pytest
from textual.actions import parse

from edgeroute.core.errors import SettingsError
from edgeroute.tui import keymap
from edgeroute.tui.chat.screen import ChatScreen
from edgeroute.tui.commands import COMMANDS, matching, palette, parsed
from edgeroute.tui.widgets.transcript.block import Block
from tests.tui.fake_runtime import FakeRuntime


def test_the_defaults_have_no_conflict() -> None:
    """Every key of the table means one thing."""
    keys = keymap.keys_with({})
    assert keys["privacy"] == "ctrl+t"


def test_own_keys_win_and_none_unbinds() -> None:
    """A user's key replaces the default."""
    keys = keymap.keys_with({"privacy": "ctrl+y", "theme": "none"})
    assert keys["privacy"] == "ctrl+y"
    assert keys["theme"] == ""


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({"nonsense": "f9"}, "is no action"),
        ({"privacy": "ctrl+o"}, "both"),
        ({"privacy": "enter"}, "needs enter"),
    ],
)
def test_wrong_keys_are_refused_with_a_sentence(own: dict[str, str], sentence: str) -> None:
    """Unknown actions, conflicts and keys of the message box are errors at start."""
    with pytest.raises(SettingsError, match=sentence):
        keymap.keys_with(own)


def test_every_action_exists(runtime: FakeRuntime) -> None:
    """No key and no command leads nowhere, and nothing can be done by neither."""
    calls = [*(a.action for a in keymap.CHAT), *(c.action for c in COMMANDS)]
    named = {parse(call)[1] for call in calls}
    actions = ChatScreen(runtime.real, keymap.keys_with({})).actions
    assert named == {*actions._quick, *actions._dialogs}
    assert all(hasattr(Block, f"action_{parse(a.action)[1]}") for a in keymap.ON_MESSAGE)


def test_help_lists_every_action() -> None:
    """The help screen is made from the table, unbound actions left out."""
    rows = keymap.help_rows(keymap.keys_with({"theme": "none"}))
    texts = [text for group in rows.values() for _, text in group]
    assert "Choose a theme" not in texts
    tables = (keymap.CHAT, keymap.ON_MESSAGE, keymap.ON_CHAT, keymap.ON_SENT, keymap.ON_RULES,
              keymap.ON_SETTINGS)  # fmt: skip
    assert len(texts) == sum(map(len, tables))


def test_commands_complete_until_the_first_space() -> None:
    """``/mo`` is completed, ``/model x`` is parsed, a path is a message."""
    assert [c.name for c in matching("/mo")] == ["model", "models"]
    assert matching("/model x") == []
    found = parsed("/model x y")
    assert found is not None
    assert (found[0].name, found[1]) == ("model", "x y")
    assert parsed("/usr/bin is a folder") is None


def test_the_palette_says_group_key_and_command() -> None:
    """Everything is in it once, with the user's own keys; what needs the message box is not."""
    rows = palette(keymap.keys_with({"theme": "ctrl+y"}))
    ways = {name: way for name, way, _ in rows}
    assert ways["App: Choose a theme"] == "ctrl+y · /theme"
    assert ways["Chats: Begin a new chat"] == "ctrl+n · /new"
    actions = [action for _, _, action in rows]
    assert len(actions) == len(set(actions))
    assert {c.action for c in COMMANDS} <= set(actions)
    assert "newline" not in actions
