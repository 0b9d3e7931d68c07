"""The models of this machine: which fit, fetching them, the one that answers, and how fast."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker

from edgeroute.core.display import safe_line
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.words import size
from edgeroute.tui.screens.dialogs import Confirm
from edgeroute.tui.screens.page import PanelScreen, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeroute.core.local_models import Progress
    from edgeroute.engine.admin.local_models import LocalModelState
    from edgeroute.wiring import Runtime


class ModelPull:
    """The one download of the app: it goes on when the page is closed, and the next begins where
    one that was cancelled has stopped.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._worker: Worker[None] | None = None
        self._progress: Progress | None = None
        self.model = ""
        self.ended = ""

    @property
    def running(self) -> bool:
        """Whether something is being fetched."""
        return self._worker is not None and not self._worker.is_finished

    def start(self, app: App[Any], model: str) -> None:
        """Fetch ``model``."""
        self.model, self.ended, self._progress = model, "", None
        self._worker = app.run_worker(self._pull(app), group="pull", exit_on_error=False)

    def cancel(self) -> None:
        """Stop; what has come is kept for the next time."""
        if self._worker is not None and self.running:
            self._worker.cancel()
            self.ended = f"{self.model}: stopped. p goes on where it stopped."

    async def _pull(self, app: App[Any]) -> None:
        try:
            await self._runtime.admin.pull(self.model, self._take)
            self.ended = f"{self.model} is here and checked."
        except EdgeRouteError as error:
            self.ended = str(error)
        app.notify(self.ended, title="Local model")

    def _take(self, progress: Progress) -> None:
        """May be called from any thread."""
        self._progress = progress

    @property
    def sentence(self) -> str:
        """How far it is, or what came of it."""
        if not self.running:
            return self.ended
        found = self._progress
        if found is None or not found.total:
            return f"fetching {self.model}…  c cancels"
        what = "checking" if found.step == "verify" else "fetching"
        speed = f", {size(found.speed)}/s" if found.speed else ""
        share = f"{found.done / found.total:.0%} of {size(found.total)}"
        return f"{what} {self.model}: {share}{speed}   c cancels"


class LocalModelsScreen(PanelScreen[None]):
    """One line for each model; what is known of the chosen one stands below."""

    TITLE = "Models of this machine"
    KEYS = "enter use   p fetch   c cancel   d delete its files   esc close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pull", show=False),
        Binding("c", "cancel", show=False),
        Binding("d", "remove", show=False),
    ]

    def __init__(self, runtime: Runtime, pull: ModelPull) -> None:
        super().__init__()
        self._runtime, self._pull = runtime, pull
        self._rows: Sequence[LocalModelState] = ()
        self._was_running = pull.running

    def body(self) -> ComposeResult:
        """The machine, the list, the chosen one, what came of the last action."""
        yield line("…", "paragraph machine")
        yield OptionList(id="choices", markup=False)

    def below(self) -> ComposeResult:
        """What must stay in view."""
        yield Static("", id="about", markup=False)
        yield Static("", id="result", markup=False)

    async def on_mount(self) -> None:
        """Show, and keep the download's line going."""
        self.query_one(OptionList).focus(scroll_visible=False)
        await self.show_rows()
        self.set_interval(0.5, self._look)
        await self._look()

    async def show_rows(self) -> None:
        """One line for each model."""
        states = self._runtime.admin.local_models
        wanted = self._runtime.settings.local.model
        self._rows = await asyncio.to_thread(states.list, wanted)
        self.query_one(".machine", Static).update(Content(f"{safe_line(states.machine)}."))
        choices = self.query_one(OptionList)
        at = choices.highlighted or 0
        choices.clear_options()
        choices.add_options([Option(_row(one), id=one.id) for one in self._rows])
        choices.highlighted = min(at, len(self._rows) - 1)

    async def _look(self) -> None:
        """The download's line; what it has brought is listed at once."""
        if self._was_running and not self._pull.running:
            await self.show_rows()
        self._was_running = self._pull.running
        if self._pull.sentence:
            self._say(self._pull.sentence)

    @property
    def chosen(self) -> LocalModelState | None:
        """The model that is highlighted."""
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    @on(OptionList.OptionHighlighted)
    def describe(self) -> None:
        """What is known of it."""
        if found := self.chosen:
            self.query_one("#about", Static).update(Content(safe_line(found.words, 300)))

    async def on_option_list_option_selected(self) -> None:
        """Let it answer."""
        found = self.chosen
        if found is None or found.support:
            self._say("It answers nothing: it is for the check of what is private, or for meaning.")
            return
        try:
            name = await asyncio.to_thread(lambda: self._runtime.admin.models.use(found.id).id)
            self._runtime.save("local.model", name)
        except EdgeRouteError as error:
            self._say(f"{error.message} p fetches it." if not found.present else str(error))
            return
        self._say(f"{name} answers here from the next start on; ctrl+l asks it at once.")
        await self.show_rows()

    def action_pull(self) -> None:
        """Fetch it."""
        found = self.chosen
        if found is None or found.present:
            self._say("It is here already.")
        elif self._pull.running:
            self._say(f"{self._pull.model} is being fetched; c cancels.")
        else:
            self._pull.start(self.app, found.id)
            self._was_running = True

    def action_cancel(self) -> None:
        """Stop the download."""
        self._pull.cancel()

    @work(exclusive=True)
    async def action_remove(self) -> None:
        """Delete its files."""
        found = self.chosen
        if found is None or not found.present:
            self._say("None of its files is here.")
            return
        text = f"{size(found.bytes)} are free again. It can be fetched anew."
        if await self.app.push_screen_wait(Confirm(f"Delete {found.id}?", text, "Delete")):
            try:
                freed = await asyncio.to_thread(self._runtime.admin.models.remove, found.id)
                self._say(f"{size(freed)} are free again.")
            except (EdgeRouteError, OSError) as error:
                self._say(str(error))
            await self.show_rows()

    def _say(self, text: str) -> None:
        self.query_one("#result", Static).update(Content(safe_line(text, 300)))


def _row(one: LocalModelState) -> Content:
    word, colour = ("in use", "$local") if one.used else ("here", "") if one.present else ("", "")
    if not word:
        word, colour = ("best here", "$local") if one.recommended else (one.fit, "$muted")
    speed = f"{one.speed:.1f} tok/s" if one.speed else ""
    return Content.assemble(
        (safe_line(one.id, 34).ljust(35), "bold"),
        (word.ljust(11), colour),
        f"{size(one.bytes):>8}  ",
        (speed or ("support" if one.support else ""), "$muted"),
    )
