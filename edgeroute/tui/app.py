"""The chat app: themes, the user's keys, the palette."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import textual
from rich.segment import Segments
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.notifications import SeverityLevel
from textual.screen import Screen

from edgeroute.core.display import safe, safe_line
from edgeroute.tui.chat.screen import ChatScreen
from edgeroute.tui.commands import palette
from edgeroute.tui.keymap import keys_with
from edgeroute.tui.theme import ANSI, DEFAULT, OURS, VARIABLE_DEFAULTS

if TYPE_CHECKING:
    from edgeroute.tui.screens.onboarding import Onboarded
    from edgeroute.wiring import Runtime


class ChatApp(App[int]):
    """EdgeRoute in a terminal.

    Raises:
        SettingsError: the user's own keys are wrong.
    """

    TITLE = "EdgeRoute"
    CSS_PATH = "chat/chat.tcss"  # Textual does not load that of a first screen
    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, runtime: Runtime) -> None:
        self.keys = keys_with(runtime.chat.keys)
        ansi = any(theme.name == runtime.chat.theme for theme in ANSI)
        # The terminal's own colours are kept or replaced by what is said here, before the theme.
        super().__init__(ansi_color=ansi or None)
        self.set_reactive(App.ansi_color, None)
        self.runtime = runtime
        for theme in (*OURS, *ANSI):
            self.register_theme(theme)
        name = runtime.chat.theme
        # Set before the first paint: a change of theme styles everything anew.
        self.set_reactive(App.theme, name if name in self.available_themes else DEFAULT)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The meaning colours for themes that are not ours."""
        return VARIABLE_DEFAULTS

    def get_default_screen(self) -> ChatScreen:
        """The chat lies under everything."""
        return ChatScreen(self.runtime, self.keys)

    def on_mount(self) -> None:
        """The first-run page over the chat."""
        if self.runtime.first_run:
            self.action_set_up()

    def onboarded(self, result: Onboarded | None) -> None:
        """The open chat begins with what was chosen."""
        for screen in self.screen_stack:
            if result is not None and isinstance(screen, ChatScreen):
                if result.mode is not None and not screen.state.id:
                    screen.draft.changed(mode=result.mode)
                if result.question:
                    screen.composer.put(result.question)

    def action_set_up(self) -> None:
        """The steps of the first start, again."""
        from edgeroute.tui.screens.onboarding import OnboardingScreen  # noqa: PLC0415 - rarely

        self.push_screen(OnboardingScreen(self.runtime), self.onboarded)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """A short notice; its text may be anyone's, so it is cleaned and never markup."""
        del markup
        super().notify(
            safe(message),
            title=safe_line(title),
            severity=severity,
            timeout=timeout,
            markup=False,
        )

    def tell_done(self) -> None:
        """Tell that an answer that took long is there, as the settings say."""
        if self.runtime.chat.notify == "bell":
            self.bell()
        elif self.runtime.chat.notify == "desktop" and self._driver is not None:
            self._driver.write("\x1b]9;EdgeRoute: the answer is there\x07")

    def _fatal_error(self) -> None:
        """Textual would print every local variable: prompts and findings are no one's business."""
        from rich.traceback import Traceback  # noqa: PLC0415 - brings all of Pygments

        traceback = Traceback(show_locals=False, suppress=[textual])
        self._exit_renderables.append(Segments(self.console.render(traceback)))
        self._close_messages_no_wait()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette offers what keys and slash commands do, by group, and says both."""
        if isinstance(screen, ChatScreen):
            for name, ways, action in palette(self.keys):

                async def run(action: str = action) -> None:
                    await screen.actions.run(action)

                yield SystemCommand(name, ways, run)
