"""The prompt of a command: its words, what is piped in, and how it is to be answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from edgeroute.cli import complete
from edgeroute.cli.shell import DOCUMENTS, Shell, no_text, note, piped_content
from edgeroute.core.attached_file import read_attachment
from edgeroute.core.display import safe_line
from edgeroute.core.messages import File, Image, Message, Text, system, user
from edgeroute.core.request import TIERS, ChatRequest, Tier
from edgeroute.core.signals import TASKS
from edgeroute.core.verdict import PrivacyMode

F = TypeVar("F", bound=Callable[..., Any])


def prompt_options(command: F) -> F:
    """The words of a prompt and the options that decide where it goes."""
    for decorate in reversed(
        (
            click.argument("words", nargs=-1, metavar="[PROMPT]"),
            click.option(
                "--file",
                "-f",
                "files",
                multiple=True,
                type=click.Path(path_type=Path),
                help="Attach a file (text, PDF, DOCX, picture); may be given several times.",
            ),
            click.option(
                "--model",
                "-m",
                default="auto",
                help="auto, local or provider/model.",
                shell_complete=complete.models,
            ),
            click.option(
                "--privacy",
                "-p",
                type=click.Choice([mode.value for mode in PrivacyMode]),
                help="Ask for more privacy than the conversation has; never for less.",
            ),
            click.option("--system", "-s", "instructions", default="", help="System instructions."),
            click.option("--tier", type=click.Choice(list(TIERS))),
            click.option("--task", type=click.Choice(list(TASKS)), help="What kind of task it is."),
            click.option(
                "--conversation",
                "-c",
                default="",
                help="Go on with the conversation of this id, or begin one that is called so.",
                shell_complete=complete.conversations,
            ),
            click.option(
                "--continue",
                "-C",
                "going_on",
                is_flag=True,
                help="Go on with the last conversation of the command line.",
            ),
        )
    ):
        command = decorate(command)
    return command


def read_prompt(shell: Shell, words: tuple[str, ...], files: tuple[Path, ...] = ()) -> Message:
    """The prompt: the words of the command line, what is piped in, then the attached ``files``.

    A document that is piped in is a file, too.

    Raises:
        UsageError: there is none of these, or one cannot be read.
    """
    content = piped_content()
    attached: list[File | Image] = [_attached(shell, path) for path in files]
    said = [" ".join(words)]
    if isinstance(content, bytes):
        attached.insert(0, _document(content))
    else:
        said.append(content.rstrip("\n"))
    text = "\n\n".join(part for part in said if part.strip())
    if not text and not attached:
        raise click.UsageError("There is no prompt. Write one after the command, or pipe one in.")
    if not attached:
        return user(text)
    return Message("user", (*([Text(text)] if text else []), *attached))


def _attached(shell: Shell, path: Path) -> File | Image:
    try:
        found = shell.folder / path.expanduser()  # no shell does it in --file=~/letter.pdf
        return read_attachment(found, shell.runtime.admin.own.label(found))
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read ({error.strerror}).") from error
    except RuntimeError as error:
        raise click.UsageError(f"{path}: there is no such user here.") from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _document(data: bytes) -> File:
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
    going_on: bool = False,
    store: bool = True,
) -> ChatRequest:
    """The request for ``prompt``, after what its conversation already holds.

    Raises:
        UsageError: there is no conversation to go on with.
    """
    if going_on:
        conversation = _last(shell, conversation)
    history: tuple[Message, ...] = ()
    if conversation and shell.runtime.conversations.get(conversation) is not None:
        history = shell.runtime.conversations.messages(conversation)
    elif conversation:
        note(f"There is no conversation {safe_line(conversation)} yet; this begins it.")
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


def _last(shell: Shell, named: str) -> str:
    """The conversation that the command line asked in last."""
    if named:
        raise click.UsageError("Give one of --continue and --conversation.")
    found = shell.runtime.conversations.list(200, front_door="cli")
    if not found:
        raise click.UsageError("The command line has no conversation to go on with yet.")
    return max(found, key=lambda one: one.updated).id
