"""The app's own themes, one dark and one light, and the colours that mean something.

Colours only repeat what words say: ``$local`` stays here, ``$forced`` had to, ``$cloud`` leaves,
``$masked`` leaves with placeholders, ``$personal`` marks personal data in the message box.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

DEFAULT: Final = "edgeroute-dark"

# Each in the dark and in the light theme.
_COLOURS: Final = {
    "primary": ("#7fa8f5", "#2f5fc4"),
    "secondary": ("#8e98ab", "#616a78"),
    "accent": ("#7fa8f5", "#2f5fc4"),
    "success": ("#74c69d", "#1c7c54"),
    "warning": ("#e6b566", "#96640a"),
    "error": ("#ec7a80", "#b3362f"),
    "foreground": ("#d9dfe8", "#23282f"),
    "background": ("#0f1217", "#fbfaf7"),
    "surface": ("#151a21", "#f3f1ec"),
    "panel": ("#1c222b", "#e9e6df"),
}
_VARIABLES: Final = {
    "local": ("#74c69d", "#1c7c54"),
    "forced": ("#e6b566", "#96640a"),
    "cloud": ("#7fa8f5", "#2f5fc4"),
    "masked": ("#c39bea", "#7a48b5"),
    "personal": ("#e6b566", "#96640a"),
    "muted": ("#7d8798", "#6f7580"),
    "line": ("#2a323d", "#d8d4ca"),
    "on-badge": ("#0f1217", "#fbfaf7"),
    "code": ("#9fd0ba", "#1c6b4a"),
    "block-cursor-foreground": ("#0f1217", "#fbfaf7"),
    "block-cursor-background": ("#7fa8f5", "#2f5fc4"),
    "block-cursor-text-style": ("none", "none"),
    "input-selection-background": ("#7fa8f5 35%", "#2f5fc4 25%"),
    "footer-background": ("#0f1217", "#fbfaf7"),
    "footer-key-foreground": ("#a9b4c6", "#3d4653"),
    "footer-description-foreground": ("#7d8798", "#6f7580"),
    "markdown-h1-color": ("#e9eef6", "#14181d"),
    "markdown-h2-color": ("#e9eef6", "#14181d"),
    "markdown-h3-color": ("#c9d2e0", "#333a44"),
    "border": ("#2a323d", "#d8d4ca"),
    "border-blurred": ("#2a323d", "#d8d4ca"),
    "scrollbar": ("#2a323d", "#d8d4ca"),
    "scrollbar-background": ("#0f1217", "#fbfaf7"),
    "scrollbar-background-hover": ("#0f1217", "#fbfaf7"),
    "scrollbar-background-active": ("#0f1217", "#fbfaf7"),
    "scrollbar-hover": ("#3a4452", "#c3beb2"),
    "scrollbar-active": ("#7fa8f5", "#2f5fc4"),
}


def _theme(name: str, *, dark: bool) -> Theme:
    """The theme that takes the first, or the second, of each pair."""
    at = 0 if dark else 1
    colours = {key: pair[at] for key, pair in _COLOURS.items()}
    variables = {key: pair[at] for key, pair in _VARIABLES.items()}
    return Theme(name, dark=dark, variables=variables, **colours)  # type: ignore[arg-type]


OURS: Final = (_theme(DEFAULT, dark=True), _theme("edgeroute-light", dark=False))


# The sixteen colours of a terminal: on black its blue cannot be read, on white not its yellow and
# its green.
_ON_BLACK: Final = {
    "local": "ansi_bright_green",
    "forced": "ansi_bright_yellow",
    "cloud": "ansi_bright_cyan",
    "masked": "ansi_bright_magenta",
    "personal": "ansi_bright_yellow",
    "on-badge": "ansi_black",
    "code": "ansi_bright_green",
}
_ON_WHITE: Final = {
    "local": "ansi_black",
    "forced": "ansi_red",
    "cloud": "ansi_blue",
    "masked": "ansi_magenta",
    "personal": "ansi_red",
    "on-badge": "ansi_bright_white",
    "code": "ansi_magenta",
}


def _ansi(name: str, primary: str, success: str, own: dict[str, str]) -> Theme:
    """Textual's theme of the terminal's own colours, with those that can be read there."""
    theme = BUILTIN_THEMES[name]
    colours = {"primary": primary, "accent": primary, "success": success}
    variables = {**theme.variables, "footer-key-foreground": primary, **own}
    return replace(theme, **colours, variables=variables)  # type: ignore[arg-type]


ANSI: Final = (
    _ansi("ansi-dark", "ansi_bright_cyan", "ansi_bright_green", _ON_BLACK),
    _ansi("ansi-light", "ansi_blue", "ansi_black", _ON_WHITE),
)

# The meaning colours for themes that are not ours.
VARIABLE_DEFAULTS: Final = {
    "local": "ansi_green",
    "forced": "ansi_yellow",
    "cloud": "ansi_blue",
    "masked": "ansi_magenta",
    "personal": "ansi_yellow",
    "muted": "ansi_bright_black",
    "line": "ansi_bright_black",
    "on-badge": "ansi_black",
    "code": "ansi_green",
}
