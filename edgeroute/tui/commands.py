"""The slash commands of the message box."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from typing import Final

from edgeroute.core.display import safe_line
from edgeroute.tui.keymap import CHAT, shown


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A slash command; the chat screen runs ``action``, with the argument if it takes one."""

    name: str
    action: str
    help: str
    argument: str = ""


COMMANDS: Final = (
    SlashCommand("model", "pick_model", "choose the model for the next message", "NAME"),
    SlashCommand("private", "set_privacy('private')", "keep this chat on this machine"),
    SlashCommand("mask", "set_privacy('mask')", "replace personal data before anything leaves"),
    SlashCommand("auto", "set_privacy('auto')", "personal data stays, the rest is routed"),
    SlashCommand("route", "show_plan", "show the plan for the next message"),
    SlashCommand("why", "show_trace", "why the last answer went where it went"),
    SlashCommand("cost", "show_spend", "what was spent"),
    SlashCommand("find", "find", "search all chats", "WORDS"),
    SlashCommand("new", "new_chat", "begin a new chat"),
    SlashCommand("chats", "show_chats", "list of chats"),
    SlashCommand("fork", "fork_here", "a new chat that begins like this one"),
    SlashCommand("undo", "undo_delete", "bring back the chat that was just deleted"),
    SlashCommand("system", "pick_system", "choose a system prompt for this chat", "NAME"),
    SlashCommand("rename", "rename_chat", "give this chat a name", "TITLE"),
    SlashCommand("export", "export_chat", "write this chat to a Markdown file"),
    SlashCommand("retry", "again", "ask the last question again"),
    SlashCommand("local", "again_local", "ask the last question again, here only"),
    SlashCommand("good", "thumb('up')", "the last answer was good"),
    SlashCommand("bad", "thumb('down')", "the last answer was not good"),
    SlashCommand("copy", "copy_last", "copy the newest code block, else the newest answer"),
    SlashCommand("attach", "attach", "attach a file", "PATH"),
    SlashCommand("detach", "detach", "take the last attachment off, or the named one", "NAME"),
    SlashCommand("left", "show_left", "what left this machine"),
    SlashCommand("key", "show_providers", "providers and keys"),
    SlashCommand("models", "show_models", "models of this machine: fetch, use, remove"),
    SlashCommand("settings", "show_settings", "all settings", "WORDS"),
    SlashCommand("rules", "show_rules", "the routing rules; test a prompt, choose a policy"),
    SlashCommand("clients", "show_clients", "connected programs and their profiles"),
    SlashCommand("setup", "set_up", "the steps of the first start, again"),
    SlashCommand("own", "show_own", "your own people and private folders"),
    SlashCommand("theme", "pick_theme", "choose a theme"),
    SlashCommand("help", "show_help", "all keys and commands"),
    SlashCommand("quit", "quit_app", "quit"),
)

# What makes no sense once a list was opened for it.
_FOR_KEYS_ALONE: Final = frozenset({"newline", "stop", "up", "down", "interrupt"})
_NAME: Final = re.compile(r"/([^\W_][\w-]{0,39})")


def matching(text: str) -> list[SlashCommand]:
    """The commands that ``text`` (from the slash on) may become; empty past the command's name."""
    if not text.startswith("/") or any(space in text for space in " \n"):
        return []
    return [command for command in COMMANDS if command.name.startswith(text[1:].lower())]


def parsed(text: str) -> tuple[SlashCommand, str] | None:
    """The command that ``text`` is, with its argument; None where it is a message."""
    if not text.startswith("/") or "\n" in text:
        return None
    name, _, argument = text[1:].partition(" ")
    found = next((command for command in COMMANDS if command.name == name.lower()), None)
    return (found, argument.strip()) if found else None


def misspelt(text: str) -> str:
    """What is wrong where ``text`` looks like a command and is none; empty for a message.

    A path has a second slash, and a space before the slash makes a message of anything.
    """
    name = _NAME.fullmatch(text.partition(" ")[0].rstrip())
    if name is None or "\n" in text.strip() or parsed(text):
        return ""
    known = [command.name for command in COMMANDS]
    near = get_close_matches(name[1].lower(), known, 1, 0.6)
    meant = f" Did you mean /{near[0]}?" if near else " / alone lists them."
    return (
        f"There is no command /{safe_line(name[1], 30)}.{meant}"
        " With a space before it, it is sent as a message."
    )


def palette(keys: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Everything that can be chosen from a list: its group and what it does, the key and the
    command that do the same, and the action. ``keys`` are the chat's by action id.
    """
    commands = {command.action: command for command in COMMANDS}
    rows = []
    for group, actions in groupby(CHAT, lambda action: action.group):
        for action in actions:
            command = commands.pop(action.action, None)
            key = shown(keys.get(action.id, ""))
            ways = " · ".join(filter(None, (key, f"/{command.name}" if command else "")))
            if action.id not in _FOR_KEYS_ALONE:
                rows.append((f"{group}: {action.help}", ways, action.action))
    return rows + [
        (f"Commands: {command.help.capitalize()}", f"/{command.name}", command.action)
        for command in commands.values()
    ]
