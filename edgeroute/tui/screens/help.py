"""All keys and commands, made from the tables."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Grid
from textual.content import Content

from edgeroute.tui.commands import COMMANDS
from edgeroute.tui.keymap import help_rows
from edgeroute.tui.screens.page import PanelScreen, line, section


class HelpScreen(PanelScreen[None]):
    """Keys by group, then the slash commands."""

    TITLE = "Keys and commands"

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__(classes="reading")
        commands = [(f"/{c.name} {c.argument}", c.help.capitalize()) for c in COMMANDS]
        self._groups = {**help_rows(keys), "Commands": commands}

    def body(self) -> ComposeResult:
        """The tables."""
        for group, entries in self._groups.items():
            yield section(group)
            with Grid(classes="table"):
                for name, text in entries:
                    yield line(Content.styled(name, "bold $primary"))
                    yield line(text)
        yield line("Your own keys stand in config.toml under [chat.keys].", "after")
