"""The first start: what this is, the local model, a key, the privacy default. Skippable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from edgeroute.core.display import safe_line
from edgeroute.core.verdict import PrivacyMode
from edgeroute.tui.screens.page import PanelScreen, line, section
from edgeroute.tui.screens.providers import ProvidersScreen
from edgeroute.tui.words import MODE_SENTENCES, MODE_WORDS

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime


class OnboardingScreen(PanelScreen[PrivacyMode | None]):
    """One page: everything on it can be changed later."""

    TITLE = "Welcome to EdgeRoute"
    KEYS = "enter begin with this privacy mode   k add a provider key   esc skip"
    BINDINGS = [("k", "keys")]  # noqa: RUF012 - Textual declares a list

    def __init__(self, runtime: Runtime) -> None:
        super().__init__()
        self._runtime = runtime

    def body(self) -> ComposeResult:
        """Three short sections."""
        yield line(
            "Personal data is answered by a model on this machine. Everything else goes to the"
            " provider that the rules pick, and you see which one before you send.",
            "paragraph",
        )
        yield section("On this machine")
        yield Static("…", id="local-fit", markup=False)
        yield section("Providers")
        keyed = [safe_line(p.name, 30) for p in self._runtime.providers.status() if p.has_key]
        yield line(
            f"Keys are stored for {', '.join(keyed)}."
            if keyed
            else "No keys yet: every answer comes from this machine. k adds one."
        )
        yield section("New chats begin with")
        yield OptionList(
            *[
                Option(
                    Content.assemble(
                        (MODE_WORDS[mode].ljust(13), "bold"), (MODE_SENTENCES[mode], "$muted")
                    ),
                    id=mode.value,
                )
                for mode in PrivacyMode
            ],
            id="choices",
            markup=False,
        )

    async def on_mount(self) -> None:
        """Say how the local model is."""
        self.query_one(OptionList).focus()
        status = await self._runtime.local.status()
        words = {
            "ready": f"{safe_line(status.model)} is ready ({safe_line(status.detail)}).",
            "missing": "No local model yet. `edgeroute models recommend` says which one fits.",
        }
        text = words.get(status.state, f"{safe_line(status.model)}: {safe_line(status.state)}.")
        self.query_one("#local-fit", Static).update(Content(text))

    def action_keys(self) -> None:
        """Add a key now."""
        self.app.push_screen(ProvidersScreen(self._runtime))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Begin."""
        self.dismiss(PrivacyMode(str(event.option_id)))
