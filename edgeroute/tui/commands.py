"""The slash commands of the message box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command; the chat screen runs ``action``, with the argument if it takes one."""

    name: str
    action: str
    help: str
    argument: str = ""


COMMANDS: Final = (
    Command("model", "pick_model", "choose the model for the next message", "NAME"),
    Command("private", "set_privacy('private')", "keep this chat on this machine"),
    Command("mask", "set_privacy('mask')", "replace personal data before anything leaves"),
    Command("auto", "set_privacy('auto')", "personal data stays, the rest is routed"),
    Command("route", "show_plan", "show the plan for the next message"),
    Command("why", "show_trace", "why the last answer went where it went"),
    Command("cost", "show_spend", "what was spent"),
    Command("find", "find", "search all chats", "WORDS"),
    Command("new", "new_chat", "begin a new chat"),
    Command("chats", "show_chats", "list of chats"),
    Command("fork", "fork_here", "a new chat that begins like this one"),
    Command("rename", "rename_chat", "give this chat a name", "TITLE"),
    Command("export", "export_chat", "write this chat to a Markdown file"),
    Command("retry", "again", "ask the last question again"),
    Command("local", "again_local", "ask the last question again, here only"),
    Command("good", "thumb('up')", "the last answer was good"),
    Command("bad", "thumb('down')", "the last answer was not good"),
    Command("attach", "attach", "attach a file", "PATH"),
    Command("left", "show_left", "what left this machine"),
    Command("key", "show_providers", "providers and keys"),
    Command("theme", "pick_theme", "choose a theme"),
    Command("help", "show_help", "all keys and commands"),
    Command("quit", "quit_app", "quit"),
)


def matching(text: str) -> list[Command]:
    """The commands that ``text`` (from the slash on) may become; empty past the command's name."""
    if not text.startswith("/") or any(space in text for space in " \n"):
        return []
    return [command for command in COMMANDS if command.name.startswith(text[1:].lower())]


def parsed(text: str) -> tuple[Command, str] | None:
    """The command that ``text`` is, with its argument; None where it is a message."""
    if not text.startswith("/") or "\n" in text:
        return None
    name, _, argument = text[1:].partition(" ")
    found = next((command for command in COMMANDS if command.name == name.lower()), None)
    return (found, argument.strip()) if found else None
