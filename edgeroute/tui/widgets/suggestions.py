"""The list above the message box: slash commands, and files after an @."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from edgeroute.core.display import safe_line
from edgeroute.tui.commands import matching

_MOST: Final = 8
_LONGEST: Final = 1_000  # characters of a path


def file_token(text: str) -> str | None:
    """The path after an ``@`` that the text ends in: ``look at @src/ma`` gives ``src/ma``.

    A path may hold spaces: it goes on as long as there is a file that begins with it.
    """
    line = text[-_LONGEST:].rpartition("\n")[2]
    _, mark, path = f" {line}".rpartition(" @")
    return path if mark else None


def files_for(start: str, folder: Path) -> list[str]:
    """Files and folders (with a slash) whose path begins with ``start``; hidden ones on request."""
    try:
        typed = Path(start).expanduser()
        parent = typed if start.endswith("/") or not start else typed.parent
        head = "" if start.endswith("/") or not start else typed.name
        found = sorted((folder / parent).iterdir(), key=lambda path: (path.is_file(), path.name))
    except (OSError, RuntimeError):  # the latter where ~ names nobody
        return []
    names = [p for p in found if p.name.lower().startswith(head.lower())]
    names = [p for p in names if head.startswith(".") or not p.name.startswith(".")]
    shown = [str(parent / p.name) + ("/" if p.is_dir() else "") for p in names[:_MOST]]
    return [name.removeprefix("./") for name in shown]


class Suggestions(OptionList, can_focus=False):
    """Displayed only while there is something to suggest; the ids are what is taken."""

    def __init__(self) -> None:
        super().__init__(id="suggestions", markup=False)

    def on_mount(self) -> None:
        """Hidden until there is something."""
        self.display = False

    def offer(self, text: str, folder: Path) -> None:
        """Suggest for the text of the message box."""
        options = [
            Option(
                Content.assemble(
                    (f"/{c.name}", "bold"),
                    (f" {c.argument}".ljust(16 - len(c.name)), "$muted"),
                    c.help,
                ),
                id=f"/{c.name}",
            )
            for c in matching(text)
        ]
        token = file_token(text)
        if not options and token is not None:
            options = [
                Option(Content(safe_line(name)), id=f"@{name}") for name in files_for(token, folder)
            ]
        if not options and not self.display:
            return
        self.clear_options()
        self.add_options(options)
        self.display = bool(options)
        if options:
            self.highlighted = 0

    @property
    def chosen(self) -> str:
        """What is highlighted: ``/name`` or ``@path``."""
        at = self.highlighted
        return str(self.get_option_at_index(at).id) if at is not None else ""
