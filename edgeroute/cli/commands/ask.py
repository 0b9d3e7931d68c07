"""``edgeroute ask``: one answer on standard output."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from edgeroute.cli.getting_ready import WaitingLine, get_ready
from edgeroute.cli.prompt import build_request, prompt_options, read_prompt
from edgeroute.cli.shell import (
    Shell,
    as_json,
    dim,
    foreign,
    note,
    on_terminal,
    out,
    pass_shell,
)
from edgeroute.cli.words import receipt_line
from edgeroute.core.display import SafeStream, safe, safe_line
from edgeroute.core.errors import Cancelled, EdgeRouteError
from edgeroute.core.events import (
    DOUBTS,
    Answered,
    AttemptEnded,
    AttemptStarted,
    Event,
    Failed,
    Folded,
    Notice,
    Planned,
    TextDelta,
)
from edgeroute.core.pictures import save
from edgeroute.core.reasons import failed
from edgeroute.core.request import ChatRequest


@click.command()
@prompt_options
@click.option("--json", "machine", is_flag=True, help='Print one object {"answer", "receipt"}.')
@click.option("--no-stream", is_flag=True, help="Print the answer when it is whole.")
@click.option("--no-store", is_flag=True, help="Keep no text of it in the history.")
@click.option(
    "--output",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for pictures; the current one otherwise.",
)
@click.option("--raw", is_flag=True, help="Pipe the answer as it is, terminal escapes included.")
@click.option("--quiet", "-q", is_flag=True, help="No receipt line.")
@pass_shell
def ask(
    shell: Shell,
    words: tuple[str, ...],
    *,
    files: tuple[Path, ...],
    machine: bool,
    no_stream: bool,
    no_store: bool,
    output: Path,
    raw: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Print one answer. Standard input, when piped, is added to the prompt.

    A terminal sees the answer as it comes; a program gets it whole. Of pictures the paths are
    printed.
    """
    get_ready(shell)
    streaming = on_terminal() and not no_stream and not machine
    request = build_request(shell, read_prompt(shell, words, files), store=not no_store, **options)
    if not streaming:  # who is shown nothing before the end can be rescued up to the end
        request = replace(request, commit="complete")
    asking = _Asking(
        shell, request, streaming=streaming, machine=machine, quiet=quiet, output=output, raw=raw
    )
    return shell.run(asking.run)


@dataclass
class _Asking:
    """One request from its first event to its last."""

    shell: Shell
    request: ChatRequest
    _: KW_ONLY
    streaming: bool
    machine: bool
    quiet: bool
    output: Path
    raw: bool
    screen: SafeStream = field(default_factory=SafeStream)
    shown: str = ""
    conversation: str = ""
    failure: str = ""
    told: set[str] = field(default_factory=set)
    waiting: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Answer; the exit code."""
        terminal: Answered | Failed | None = None
        if not self.quiet:
            self.shell.tell_asking()
        try:
            async with aclosing(self.shell.runtime.engine.stream(self.request)) as events:
                async for event in events:
                    self._wait(event)
                    if isinstance(event, Answered | Failed):
                        terminal = event
                    else:
                        self._take(event)
        except asyncio.CancelledError:
            return self._stopped()
        finally:
            if self.waiting is not None:
                self.waiting.cancel()
        assert terminal is not None
        return (
            self._answered(terminal) if isinstance(terminal, Answered) else self._failed(terminal)
        )

    def _wait(self, event: Event) -> None:
        """While an attempt has said nothing yet, say what the local model waits for."""
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None
        here = isinstance(event, AttemptStarted) and event.model.startswith("local/")
        if here and not (self.quiet or self.shell.remote):
            line = WaitingLine(self.shell.runtime.local.preparing.now)
            self.waiting = asyncio.create_task(line.run())

    def _take(self, event: Event) -> None:
        """Show what happens on the way."""
        if isinstance(event, AttemptStarted):
            self._tell_failure()
        elif isinstance(event, Planned):
            self.conversation = event.conversation
            if self.request.model not in {"", "auto"}:  # who asks by name hears of any other way
                for text in event.plan.notes:
                    self._say(text)
                if event.plan.rule == "privacy" and event.plan.skipped:
                    self._say(f"{self.request.model} is not asked: {event.reason}")
        elif isinstance(event, TextDelta):
            self.shown += event.text
            if self.streaming:
                out(self.screen.feed(event.text), end="")
        elif isinstance(event, Folded):
            if self.streaming and self.shown:
                out()
                note(dim(safe_line(f"The answer of {event.model} is set aside: {event.reason}")))
            self.shown = ""
            self.screen = SafeStream()
        elif isinstance(event, AttemptEnded) and event.attempt.outcome == "failed":
            attempt = event.attempt
            self.failure = failed(attempt.model, attempt.error, attempt.detail)
        elif isinstance(event, Notice):
            self._say(f"warning: {event.text}" if event.kind in DOUBTS else event.text)

    def _tell_failure(self) -> None:
        """Say which model failed before; the last word of a request says it of all by itself."""
        if self.failure and self.failure not in self.told:  # the same model may be tried again
            self._say(self.failure)
            self.told.add(self.failure)
        self.failure = ""

    def _say(self, text: str) -> None:
        if not self.quiet:
            note(dim(safe_line(text, 400)))

    def _answered(self, event: Answered) -> int:
        self._tell_failure()
        pictures = self._pictures(event)
        if self.machine:
            shown = {"pictures": pictures} if pictures else {}
            as_json({"answer": event.answer.text, **shown, "receipt": event.receipt.as_json()})
            return 0
        if self.streaming and self.shown:
            out()
        elif event.answer.text or not pictures:
            foreign(event.answer.text, raw=self.raw)
        for each in pictures:
            out(safe_line(each, 4096))
        for call in event.answer.message.tool_calls:
            self._say(f"The model asks to call {call.name}, which `ask` cannot do.")
        if event.answer.finish in {"length", "content_filter"}:
            self._say(f"The answer ended early ({event.answer.finish.replace('_', ' ')}).")
        self._say(receipt_line(event.receipt))
        return 0

    def _pictures(self, event: Answered) -> list[str]:
        """The files that the answer's pictures were written to, and the addresses of others."""
        images = event.answer.images
        try:
            paths = save(images, self.shell.folder / self.output, f"edgeroute-{event.receipt.id}")
        except OSError as error:
            raise EdgeRouteError(
                f"The picture cannot be saved in {self.output}: {error.strerror}.",
                "It is kept in its conversation; choose another folder with --output.",
            ) from None
        return [*map(str, paths), *(image.url for image in images if image.url)]

    def _failed(self, event: Failed) -> int:
        if self.machine:
            as_json(
                {
                    "answer": event.partial.text if event.partial else "",
                    "receipt": event.receipt.as_json(),
                    "error": _error(event.error),
                }
            )
        elif self.streaming and self.shown:
            out()
        elif event.partial is not None and event.partial.text:
            foreign(event.partial.text, raw=self.raw)
        note(safe(f"edgeroute: {event.error.message}"))
        if event.error.hint:
            note(safe(event.error.hint))
        self._say(receipt_line(event.receipt))
        return event.error.exit_code

    def _stopped(self) -> int:
        """The user pressed ctrl+c: keep what was shown."""
        if self.machine:
            stopped = Cancelled("You stopped the answer.")
            as_json({"answer": self.shown, "receipt": None, "error": _error(stopped)})
        elif self.streaming:
            out()
        elif self.shown:
            foreign(self.shown, raw=self.raw)
        kept = f" It is kept: edgeroute history show {self.conversation}"
        note(f"Stopped.{kept if self.conversation and self.shown else ''}")
        return Cancelled.exit_code


def _error(error: EdgeRouteError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "hint": error.hint}
