"""Every command's name, module and line of help. Nothing is imported, so that help is quick."""

from __future__ import annotations

from typing import Final, NamedTuple


class Command(NamedTuple):
    """``attribute`` of edgeroute.cli.commands.``module`` is the click command ``name``."""

    name: str
    module: str
    attribute: str
    help: str


SECTIONS: Final[tuple[tuple[str, tuple[Command, ...]], ...]] = (
    (
        "Ask",
        (
            Command("chat", "chat", "chat", "Open the chat app (also: no command at all)."),
            Command("ask", "ask", "ask", "Print one answer; reads standard input when piped."),
            Command("explain", "explain", "explain", "Say where a prompt would go, and why."),
            Command("scan", "scan", "scan", "Find personal data in files or standard input."),
            Command("serve", "serve", "serve", "Serve the OpenAI and Anthropic wire formats here."),
        ),
    ),
    (
        "Look back",
        (
            Command("history", "history", "history", "List, search, show, export, mask chats."),
            Command("receipts", "receipts", "receipts", "Show what left this machine, and why."),
            Command("stats", "stats", "stats", "Show use and spending."),
            Command("alerts", "stats", "alerts", "Show alerts about spending."),
        ),
    ),
    (
        "Set up",
        (
            Command("setup", "setup", "setup", "Walk through privacy, models, keys and clients."),
            Command("models", "models", "models", "Fetch, choose and remove local models."),
            Command("keys", "keys", "keys", "Store, test and delete provider keys."),
            Command("rules", "rules", "rules", "List, check, explain and test routing rules."),
            Command("config", "settings", "config", "Show and change settings and privacy lists."),
            Command("privacy", "privacy", "privacy", "Measure the privacy check on your prompts."),
            Command("eval", "evaluation", "evaluate", "Compare policies on your own prompts."),
            Command("connect", "connect", "connect", "Point agents and other programs here."),
            Command("service", "service", "service", "Run the endpoint at login."),
            Command("doctor", "doctor", "doctor", "Check the installation and say what to mend."),
        ),
    ),
)
COMMANDS: Final = {command.name: command for _, section in SECTIONS for command in section}


def help_text() -> str:
    """What `edgeroute --help` prints."""
    lines = [
        "Usage: edgeroute [COMMAND] [OPTIONS]",
        "",
        "A local-first LLM router: what is personal stays on this machine, the rest goes where it",
        "is best. Without a command the chat app opens.",
    ]
    for title, section in SECTIONS:
        lines += ["", f"{title}:"]
        lines += [f"  {command.name:<10}{command.help}" for command in section]
    lines += [
        "",
        "Options:",
        "  --version  Print the version.",
        "  --help     Print this help; `edgeroute COMMAND --help` says more.",
        "",
        "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused for privacy, 4 no answer.",
    ]
    return "\n".join(lines)
