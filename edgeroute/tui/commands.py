"""The slash commands of the message box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


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
    SlashCommand("rename", "rename_chat", "give this chat a name", "TITLE"),
    SlashCommand("export", "export_chat", "write this chat to a Markdown file"),
    SlashCommand("retry", "again", "ask the last question again"),
    SlashCommand("local", "again_local", "ask the last question again, here only"),
    SlashCommand("good", "thumb('up')", "the last answer was good"),
    SlashCommand("bad", "thumb('down')", "the last answer was not good"),
    SlashCommand("attach", "attach", "attach a file", "PATH"),
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
