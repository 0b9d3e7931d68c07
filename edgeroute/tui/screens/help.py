"""All keys and commands, made from the tables."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from edgeroute.tui.commands import COMMANDS
from edgeroute.tui.keymap import help_rows
from edgeroute.tui.screens.page import PanelScreen, line, scrolled, section


class HelpScreen(PanelScreen[None]):
    """Keys by group, then the slash commands."""

    TITLE = "Keys and commands"

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__(classes="reading")
        self._actions = keys

    def body(self) -> ComposeResult:
        """The tables."""
        yield scrolled(self._rows())

    def _rows(self) -> list[Widget]:
        rows: list[Widget] = []
        for group, entries in help_rows(self._actions).items():
            rows.append(section(group))
            rows += [
                line(Content.assemble((keys.ljust(32), "bold $primary"), text))
                for keys, text in entries
            ]
        rows.append(section("Commands"))
        rows += [
            line(
                Content.assemble(
                    (f"/{c.name} {c.argument}".ljust(32), "bold $primary"), c.help.capitalize()
                )
            )
            for c in COMMANDS
        ]
        rows.append(line("Your own keys stand in config.toml under [chat.keys].", "after"))
        return rows
