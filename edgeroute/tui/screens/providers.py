"""The managed APIs: how each is, and its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from edgeroute.core.display import safe_line
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.secret import Secret
from edgeroute.tui.screens.dialogs import AskDialog, Confirm
from edgeroute.tui.screens.page import PanelScreen
from edgeroute.tui.words import left

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from edgeroute.engine.admin.providers import ProviderStatus
    from edgeroute.wiring import Runtime

_STATES: Final = {
    "ok": ("ok", "$local"),
    "slow": ("slow", "$forced"),
    "limited": ("at its limit", "$forced"),
    "open": ("paused", "$error"),
    "probing": ("trying again", "$forced"),
}
_FREE: Final = "Nothing keeps it from being asked."
_KEYS: Final = {
    "keyring": "key in the keyring",
    "environment": "key from the environment",
    "not needed": "needs no key",
}


class ProvidersScreen(PanelScreen[None]):
    """States count down by themselves; keys go to the OS keyring and are never shown."""

    TITLE = "Providers and keys"
    KEYS = "enter set key   t test it   d delete it   esc close"
    BINDINGS = [  # noqa: RUF012 - Textual declares a list
        Binding("s", "set_key", show=False),
        Binding("t", "test_key", show=False),
        Binding("d", "delete_key", show=False),
    ]

    def __init__(self, runtime: Runtime) -> None:
        super().__init__()
        self._runtime = runtime
        self._details: Mapping[str, str] = {}

    def body(self) -> ComposeResult:
        """The list."""
        yield OptionList(id="choices", markup=False)

    def below(self) -> ComposeResult:
        """What keeps the chosen one from being asked, and what came of the last action."""
        yield Static("", id="about", markup=False)
        yield Static("", id="result", markup=False)

    def on_mount(self) -> None:
        """Show, and keep the countdown going."""
        self.show_rows()
        self.query_one(OptionList).focus(scroll_visible=False)
        self.set_interval(1.0, self.show_rows)

    def show_rows(self) -> None:
        """One line for each provider."""
        choices = self.query_one(OptionList)
        at = choices.highlighted
        rows = self._runtime.providers.status()
        self._details = {
            p.id: (p.detail or _FREE) if p.has_key else f"{p.name} is not asked without a key."
            for p in rows
        }
        options = [Option(self._row(p), id=p.id) for p in rows]
        choices.clear_options()
        choices.add_options(options)
        choices.highlighted = min(at or 0, len(options) - 1) if options else None
        self.describe()

    @on(OptionList.OptionHighlighted)
    def describe(self) -> None:
        """What is known of the chosen one: its limits, its rest, what its models are at."""
        detail = self._details.get(self.chosen, "")
        self.query_one("#about", Static).update(Content(safe_line(detail, 400)))

    def _row(self, provider: ProviderStatus) -> Content:
        word, colour = _STATES.get(provider.state, (safe_line(provider.state, 20), "$muted"))
        if not provider.has_key:
            word, colour = "no key", "$muted"
        rest = left(provider.until, self._runtime.clock.now()) if provider.until else ""
        key = _KEYS.get(provider.key, "enter adds a key")
        return Content.assemble(
            (safe_line(provider.name, 22).ljust(24), "bold"),
            (f"{word} {rest}".ljust(19), colour),
            (key, "$muted"),
        )

    @property
    def chosen(self) -> str:
        """The id of the provider that is highlighted."""
        choices = self.query_one(OptionList)
        if choices.highlighted is None:
            return ""
        return str(choices.get_option_at_index(choices.highlighted).id)

    def on_option_list_option_selected(self) -> None:
        """Enter sets the key."""
        self.action_set_key()

    @work(exclusive=True)
    async def action_set_key(self) -> None:
        """Ask for a key, store it, test it."""
        provider = self.chosen
        text = "It goes to your system's keyring and is never written to a file or shown."
        key = await self.app.push_screen_wait(AskDialog(f"Key for {provider}", text, secret=True))
        if key:
            await self._do(self._runtime.providers.set_key(provider, Secret(key)), "stored")
            await self._test(provider)

    @work(exclusive=True)
    async def action_test_key(self) -> None:
        """Try the stored key."""
        await self._test(self.chosen)

    @work(exclusive=True)
    async def action_delete_key(self) -> None:
        """Forget the key."""
        provider = self.chosen
        sure = Confirm(
            f"Delete the key for {provider}?", "It is removed from the keyring.", "Delete"
        )
        if await self.app.push_screen_wait(sure):
            await self._do(self._runtime.providers.delete_key(provider), "deleted")

    async def _test(self, provider: str) -> None:
        self._say(f"testing {provider}…")
        try:
            self._say(await self._runtime.providers.test(provider))
        except EdgeRouteError as error:
            self._say(str(error))

    async def _do(self, action: Awaitable[None], done: str) -> None:
        try:
            await action
            self._say(done)
        except EdgeRouteError as error:
            self._say(str(error))
        self.show_rows()

    def _say(self, text: str) -> None:
        self.query_one("#result", Static).update(Content(safe_line(text, 300)))
