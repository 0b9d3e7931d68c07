"""The prompt of a command: its words, what is piped in, and how it is to be answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from edgeroute.cli.shell import DOCUMENTS, Shell, no_text, piped_content
from edgeroute.core.messages import File, Message, Text, system, user
from edgeroute.core.request import TIERS, ChatRequest, Tier
from edgeroute.core.signals import TASKS
from edgeroute.core.verdict import PrivacyMode

F = TypeVar("F", bound=Callable[..., Any])


def prompt_options(command: F) -> F:
    """The words of a prompt and the options that decide where it goes."""
    for decorate in reversed(
        (
            click.argument("words", nargs=-1, metavar="[PROMPT]"),
            click.option("--model", "-m", default="auto", help="auto, local or provider/model."),
            click.option(
                "--privacy", "-p", type=click.Choice([mode.value for mode in PrivacyMode])
            ),
            click.option("--system", "-s", "instructions", default="", help="System instructions."),
            click.option("--tier", type=click.Choice(list(TIERS))),
            click.option("--task", type=click.Choice(list(TASKS)), help="What kind of task it is."),
            click.option("--conversation", "-c", default="", help="Go on with this conversation."),
        )
    ):
        command = decorate(command)
    return command


def read_prompt(words: tuple[str, ...]) -> Message:
    """The prompt: the words of the command line, then what is piped in; a document as a file.

    Raises:
        UsageError: there is neither, or what is piped in cannot be read.
    """
    content = piped_content()
    if isinstance(content, bytes):
        return Message(
            "user", (*(Text(word) for word in [" ".join(words)] if word), _file(content))
        )
    text = "\n\n".join(part for part in (" ".join(words), content.rstrip("\n")) if part.strip())
    if not text:
        raise click.UsageError("There is no prompt. Write one after the command, or pipe one in.")
    return user(text)


def _file(data: bytes) -> File:
    kind = next((kind for head, kind in DOCUMENTS.items() if data.startswith(head)), "")
    if not kind:
        raise no_text()
    return File("stdin", kind, data)


def build_request(
    shell: Shell,
    prompt: Message,
    *,
    model: str,
    privacy: str | None,
    instructions: str,
    tier: Tier | None,
    task: str | None,
    conversation: str,
    store: bool = True,
) -> ChatRequest:
    """The request for ``prompt``, after what its conversation already holds."""
    history: tuple[Message, ...] = ()
    if conversation and shell.runtime.conversations.get(conversation) is not None:
        history = shell.runtime.conversations.messages(conversation)
    first = (system(instructions),) if instructions else ()
    return ChatRequest(
        messages=(*first, *history, prompt),
        model=model,
        privacy=PrivacyMode(privacy) if privacy else None,
        tier=tier,
        task=task or "",
        conversation=conversation,
        store=store,
        front_door="cli",
    )
