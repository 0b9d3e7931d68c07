"""One table of everything a key can do: it makes the bindings, the help screen and the footer.

A user's own keys stand in config.toml under ``[chat.keys]`` by action id; ``none`` unbinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from textual.binding import Binding

from edgeroute.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class KeyAction:
    """Something a key does. ``id`` is what users name; ``action`` is what the screen runs."""

    id: str
    keys: str
    action: str
    label: str
    help: str
    group: str
    footer: bool = False


CHAT: Final = (
    KeyAction("help", "f1", "show_help", "help", "All keys and commands", "App", footer=True),
    KeyAction("newline", "ctrl+j,shift+enter,alt+enter", "newline", "newline",
           "Begin a new line in the message", "Message", footer=True),
    KeyAction("privacy", "ctrl+t", "cycle_privacy", "privacy",
           "Change how much of this chat stays here", "Message", footer=True),
    KeyAction("route", "ctrl+o", "show_plan", "route",
           "Show the plan for the next message, and change it", "Message", footer=True),
    KeyAction("model", "ctrl+l", "pick_model", "model",
           "Choose the model for the next message", "Message", footer=True),
    KeyAction("findings", "f4", "show_findings", "personal data",
           "List the personal data found in the message", "Message"),
    KeyAction("attach", "ctrl+shift+a,alt+a", "attach", "attach",
           "Attach a file (or type @ and its path)", "Message"),
    KeyAction("editor", "ctrl+g", "open_editor", "editor",
           "Write the message in $EDITOR", "Message"),
    KeyAction("prompts", "ctrl+r", "search_prompts", "past prompts",
           "Search what you asked before", "Message"),
    KeyAction("stop", "escape", "stop", "stop",
           "Stop the answer, keep what came; twice when idle: edit the last message", "Answer"),
    KeyAction("up", "alt+up", "block(-1)", "block up",
           "Go to the message or code block above", "Answer"),
    KeyAction("down", "alt+down", "block(1)", "block down",
           "Go to the message or code block below", "Answer"),
    KeyAction("page_up", "pageup", "page(-1)", "page up",
           "Scroll the chat up a page, from the message box too", "Answer"),
    KeyAction("page_down", "pagedown", "page(1)", "page down",
           "Scroll the chat down a page", "Answer"),
    KeyAction("first", "ctrl+home", "edge(-1)", "first message",
           "Go to the beginning of the chat", "Answer"),
    KeyAction("last", "ctrl+end", "edge(1)", "last message",
           "Go to the end of the chat", "Answer"),
    KeyAction("copy_last", "alt+c", "copy_last", "copy code",
           "Copy the newest code block, else the newest answer", "Answer"),
    KeyAction("trace", "f2", "show_trace", "trace",
           "Why the last answer went where it went", "Answer"),
    KeyAction("good", "f6", "thumb('up')", "good",
           "The last answer was good; again takes it back", "Answer"),
    KeyAction("bad", "f7", "thumb('down')", "bad",
           "The last answer was not; again takes it back", "Answer"),
    KeyAction("new", "ctrl+n", "new_chat", "new chat",
           "Begin a new chat", "Chats", footer=True),
    KeyAction("chats", "ctrl+s", "show_chats", "chats",
           "List of chats: open, rename, delete, fork, export, pin", "Chats", footer=True),
    KeyAction("find", "ctrl+f", "find", "find", "Search the text of all chats", "Chats",
              footer=True),
    KeyAction("sidebar", "ctrl+b", "toggle_sidebar", "sidebar", "Show or hide the chats", "Chats"),
    KeyAction("to_sidebar", "alt+s", "focus_sidebar", "to the sidebar",
           "Walk over the chats at the left: enter opens, delete deletes, esc leaves", "Chats"),
    KeyAction("spend", "f3", "show_spend", "spend", "What was spent, and what was saved", "App"),
    KeyAction("providers", "f5", "show_providers", "providers",
           "Providers: their state and keys", "App"),
    KeyAction("left", "f8", "show_left", "left machine",
           "What left this machine: the very text, when, and to whom", "App"),
    KeyAction("theme", "f10", "pick_theme", "theme", "Choose a theme", "App"),
    KeyAction("interrupt", "ctrl+c", "interrupt", "copy or quit",
           "Copy the selection; else stop; twice to quit", "App"),
    KeyAction("quit", "ctrl+q", "quit_app", "quit", "Quit", "App"),
)  # fmt: skip

ON_MESSAGE: Final = (
    KeyAction("copy", "y", "press('copy')", "copy", "Copy the message or code block",
           "On a message",
           footer=True),
    KeyAction("slide_left", "left", "slide(-1)", "left",
           "Move a table that is wider than the page", "On a message"),
    KeyAction("slide_right", "right", "slide(1)", "right",
           "Move it the other way", "On a message"),
    KeyAction("edit", "e", "press('edit')", "edit",
           "Edit the question and ask again", "On a message", footer=True),
    KeyAction("again", "r", "press('again')", "again", "Ask again", "On a message",
           footer=True),
    KeyAction("again_local", "l", "press('again_local')", "local",
           "Ask again, here only", "On a message",
           footer=True),
    KeyAction("unfold", "f", "unfold", "unfold", "Show or hide withdrawn answers", "On a message"),
    KeyAction("branch", "b", "press('branch')", "branch", "A new chat from here", "On a message",
           footer=True),
    KeyAction("rate_good", "plus", "press('up')", "good",
           "Good answer; again takes it back", "On a message"),
    KeyAction("rate_bad", "minus", "press('down')", "bad",
           "Not a good answer; again takes it back", "On a message"),
    KeyAction("details", "enter", "press('details')", "trace", "The whole receipt", "On a message",
           footer=True),
)  # fmt: skip

# Never a letter: letters filter the list. Never ctrl+p: it opens the palette everywhere.
ON_CHAT: Final = (
    KeyAction("rename_chat", "ctrl+r", "take('rename')", "rename", "Give it a name",
              "In the chats"),
    KeyAction("delete_chat", "ctrl+d", "take('delete')", "delete", "Delete it", "In the chats"),
    KeyAction("fork_chat", "ctrl+b", "take('fork')", "fork", "A new chat that begins like it",
           "In the chats"),
    KeyAction("export_chat", "ctrl+x", "take('export')", "export", "Write it to a Markdown file",
           "In the chats"),
    KeyAction("pin_chat", "ctrl+t", "take('pin')", "pin", "Keep it at the top; again lets it go",
           "In the chats"),
)  # fmt: skip

ON_SENT: Final = (
    KeyAction("export_sent_chat", "ctrl+x", "take('chat')", "export its chat",
              "One document of all that left of its chat", "In what left"),
    KeyAction("export_sent", "ctrl+e", "take('all')", "export all",
              "One document of all that left this machine", "In what left"),
)  # fmt: skip

ON_RULES: Final = (
    KeyAction("test_prompt", "ctrl+t", "take('test')", "test a prompt",
              "What the rules say of a prompt; nothing is sent", "In the rules"),
    KeyAction("switch_policy", "ctrl+o", "take('switch')", "other policy",
              "Choose another policy", "In the rules"),
)  # fmt: skip

ON_SETTINGS: Final = (
    KeyAction("reset_setting", "ctrl+r", "take('reset')", "reset",
              "Give the setting its default again", "In the settings"),
)  # fmt: skip

# Keys that the message box or the terminal needs; no action may take them.
RESERVED: Final = frozenset({"enter", "tab", "backspace", "up", "down", "left", "right", "ctrl+m"})


def keys_with(own: Mapping[str, str]) -> dict[str, str]:
    """The keys of every action of the chat, the user's ``own`` winning.

    Raises:
        SettingsError: an unknown action, a key that is needed elsewhere, or one key twice.
    """
    known = {action.id: action for action in CHAT}
    for name in own:
        if name not in known:
            raise SettingsError(
                f"chat.keys.{name} is no action.", hint=f"Known are: {', '.join(sorted(known))}."
            )
    keys = {name: own.get(name, action.keys).replace(" ", "") for name, action in known.items()}
    keys = {name: "" if text == "none" else text for name, text in keys.items()}
    taken: dict[str, str] = {}
    for name, text in keys.items():
        for key in filter(None, text.split(",")):
            if key in RESERVED:
                raise SettingsError(f"chat.keys.{name}: the message box needs {key}.")
            if key in taken:
                raise SettingsError(
                    f"chat.keys: {key} is set for both {taken[key]} and {name}.",
                    hint="Give one of them another key, or none.",
                )
            taken[key] = name
    return keys


def bindings(
    actions: Iterable[KeyAction],
    keys: Mapping[str, str] = MappingProxyType({}),
    *,
    screen: bool = False,
) -> list[Binding]:
    """Bindings for ``actions`` with ``keys`` by id; those of the ``screen`` come before any
    widget's own and pass through its action ``do``.
    """
    return [
        Binding(
            text,
            f"do({action.action!r})" if screen else action.action,
            action.label,
            show=action.footer,
            priority=screen,
        )
        for action in actions
        if (text := keys.get(action.id, action.keys))
    ]


def shown(keys: str) -> str:
    """The first key of ``keys`` as people write it: ``ctrl+t``, ``f1``, ``esc``, ``+``."""
    first = keys.partition(",")[0]
    return {"escape": "esc", "plus": "+", "minus": "-"}.get(first, first)


def help_rows(keys: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Rows of (keys, help) by group, for the help screen."""
    groups: dict[str, list[tuple[str, str]]] = {"Message": [("enter", "Send, once it is checked")]}
    for action in (*CHAT, *ON_MESSAGE, *ON_CHAT, *ON_SENT, *ON_RULES, *ON_SETTINGS):
        text = keys.get(action.id, action.keys)
        if text:
            row = (" ".join(shown(key) for key in text.split(",")), action.help)
            groups.setdefault(action.group, []).append(row)
    return groups
