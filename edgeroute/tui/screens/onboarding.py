"""The first start, step by step: privacy, local model, keys, a client, a question. Skippable."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from textual import work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from edgeroute import datafile
from edgeroute.core.display import safe_line
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.secret import Secret
from edgeroute.core.verdict import PrivacyMode
from edgeroute.core.words import size
from edgeroute.tui.screens.dialogs import AskDialog
from edgeroute.tui.screens.page import PanelScreen
from edgeroute.tui.words import MODE_EXAMPLES, MODE_SENTENCES, MODE_WORDS

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime

STEPS: Final = (
    ("privacy", "What may leave this machine"),
    ("model", "The model of this machine"),
    ("keys", "Keys of providers"),
    ("client", "A coding agent or another program"),
    ("question", "A first question"),
)
_Page = tuple[str, Sequence[Option]]
_QUESTIONS: Final = (
    "What can a local model do well, and what not?",
    "Write a short letter to my doctor, Dr. Anna Weber, to move my appointment of Monday.",
)
_LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Onboarded:
    """What came of it: the ``mode`` that new chats begin with, where one was chosen, and a
    ``question`` for the message box.
    """

    mode: PrivacyMode | None = None
    question: str = ""


class OnboardingScreen(PanelScreen[Onboarded | None]):
    """A list for each step. Enter takes the highlighted line, right and left go on and back."""

    TITLE = "Welcome to EdgeRoute"
    KEYS = "enter choose   right next   left back   esc skip the rest"
    BINDINGS = [  # noqa: RUF012 - Textual declares a list
        Binding("right", "turn(1)", show=False, priority=True),
        Binding("left", "turn(-1)", show=False, priority=True),
    ]

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(classes="steps")
        self._runtime = runtime
        self._step = 0
        self._mode: PrivacyMode | None = None

    def body(self) -> ComposeResult:
        """What the step is about, its choices, and what came of the last one."""
        yield Static(id="about", markup=False, classes="paragraph")
        yield OptionList(id="choices", markup=False)
        yield Static(id="result", markup=False)

    def on_mount(self) -> None:
        """The first step."""
        self._show()
        self.set_interval(_LOOK_SECONDS, self._look)

    @property
    def step(self) -> str:
        """The step that is shown."""
        return STEPS[self._step][0]

    def action_turn(self, by: int) -> None:
        """To the next step or back; past the last one it is over."""
        if self._step + by >= len(STEPS):
            self.dismiss(Onboarded(self._mode))
        elif self._step + by >= 0:
            self._step += by
            self._say("")
            self._show()

    def action_close(self) -> None:
        """What was chosen so far stays."""
        self.dismiss(Onboarded(self._mode))

    @work(exclusive=True, group="show")
    async def _show(self) -> None:
        """Fill the page of the step."""
        number, (step, title) = self._step, STEPS[self._step]
        heading = f"{self.TITLE}   {number + 1} of {len(STEPS)}: {title}"
        self.query_one("#heading", Static).update(Content(heading))
        pages: dict[str, Callable[[], Awaitable[_Page]]] = {
            "privacy": self._privacy,
            "model": self._model,
            "keys": self._keys,
            "client": self._client,
            "question": self._question,
        }
        about, options = await pages[step]()
        if number != self._step:
            return
        self.query_one("#about", Static).update(Content(about))
        choices = self.query_one(OptionList)
        choices.clear_options()
        choices.add_options(options)
        choices.highlighted = 0 if options else None
        choices.focus()

    async def _privacy(self) -> _Page:
        about = (
            "Before you send, you see where a message will go. New chats begin with one of these"
            " (ctrl+t changes it for one chat):"
        )
        return about, [_mode_option(mode) for mode in PrivacyMode]

    async def _model(self) -> _Page:
        local = self._runtime.local
        status = await local.status()
        if local.name != "llamacpp":
            name = safe_line(f"{local.name}: {status.model or '-'}, {status.state}", 80)
            return f"{name} answers on this machine.", []
        models = (await asyncio.to_thread(lambda: self._runtime.admin)).models
        here = {build.id for build in models.present()}
        advice = await asyncio.to_thread(models.recommend)
        options = [
            Option(
                Content.assemble(
                    (one.build.id.ljust(20), "bold"),
                    (("here" if one.build.id in here else size(one.build.bytes)).ljust(9), ""),
                    (f"about {one.speed:.0f} tokens a second", "$muted"),
                    ("  recommended" if number == 0 else "", "$local"),
                ),
                id=one.build.id if number else "auto",
            )
            for number, one in enumerate(advice)
        ]
        return f"{models.machine.sentence}. What fits it, best first:", options

    async def _keys(self) -> _Page:
        rows = await asyncio.to_thread(self._runtime.providers.status)
        keyed = [safe_line(row.name, 30) for row in rows if row.has_key]
        about = (
            f"Can be asked: {', '.join(keyed)}."
            if keyed
            else "No keys yet: every answer comes from this machine."
        )
        options = [
            Option(
                Content.assemble(
                    (safe_line(row.name, 22).ljust(24), "bold"), (row.key or "no key", "$muted")
                ),
                id=row.id,
            )
            for row in rows
        ]
        return f"{about} A key goes to your system's keyring and is tested at once.", options

    async def _client(self) -> _Page:
        known = await asyncio.to_thread(datafile.table, "clients", dict[str, dict[str, Any]])
        options = [
            Option(Content.assemble((one["title"].ljust(24), "bold"), (name, "$muted")), id=name)
            for name, one in known.items()
            if "snippet" not in one and shutil.which(one.get("program", name))
        ]
        if not options:
            return "None that EdgeRoute knows is installed. Later: edgeroute connect", []
        return (
            "It is pointed at EdgeRoute with a token of its own; you see what is written.",
            options,
        )

    async def _question(self) -> _Page:
        about = "Enter puts one into the message box; the line above the box says where it will go."
        return about, [Option(Content(text), id=text) for text in _QUESTIONS]

    async def _look(self) -> None:
        """How far the local model is, on its page."""
        if self.step == "model" and self._runtime.local.name == "llamacpp":
            status = await self._runtime.local.status()
            words = safe_line(status.detail, 200) if status.state != "ready" else "It is ready."
            self._say(f"Now: {words}")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take it, and go on where the step is done with it."""
        self._take(self.step, str(event.option_id))

    @work(exclusive=True, group="take")
    async def _take(self, step: str, chosen: str) -> None:
        if step == "question":
            self.dismiss(Onboarded(self._mode, chosen))
        elif step == "keys":
            await self._set_key(chosen)
        elif step == "client":
            await self._connect(chosen)
        else:
            if step == "privacy":
                self._mode = PrivacyMode(chosen)
                self._runtime.save("privacy.mode", chosen)
            else:
                await self._use(chosen)
            self.action_turn(1)

    async def _use(self, model: str) -> None:
        self._runtime.save("local.model", model)
        preparing = self._runtime.local.preparing
        if preparing.missing():
            await preparing.stop()
            preparing.begin(asked=True)

    async def _set_key(self, provider: str) -> None:
        text = "It goes to your system's keyring and is never written to a file or shown."
        dialog = AskDialog(f"Key for {provider}", text, secret=True)
        if key := await self.app.push_screen_wait(dialog):
            self._say(f"testing {provider}…")
            try:
                await self._runtime.providers.set_key(provider, Secret(key))
                self._say(await self._runtime.providers.test(provider))
            except EdgeRouteError as error:
                self._say(str(error))
            self._show()

    async def _connect(self, client: str) -> None:
        """Hand the terminal to the command that shows what it writes, and asks."""
        command = [sys.executable, "-m", "edgeroute", "connect", client]
        try:
            with self.app.suspend():
                done = await asyncio.to_thread(subprocess.run, command, check=False)
        except SuspendNotSupported:
            self._say(f"In another terminal: edgeroute connect {client}")
            return
        self._say(f"{client} is connected." if done.returncode == 0 else "Nothing was written.")

    def _say(self, text: str) -> None:
        self.query_one("#result", Static).update(Content(safe_line(text, 300)))


def _mode_option(mode: PrivacyMode) -> Option:
    return Option(
        Content.assemble(
            (MODE_WORDS[mode].ljust(12), "bold"),
            MODE_SENTENCES[mode],
            (f"\n  {MODE_EXAMPLES[mode]}", "$muted"),
        ),
        id=mode.value,
    )
