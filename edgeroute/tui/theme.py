"""The app's own themes, one dark and one light, and the colours that mean something.

Colours only repeat what words say: ``$local`` stays here, ``$forced`` had to, ``$cloud`` leaves,
``$masked`` leaves with placeholders, ``$personal`` marks personal data in the message box.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.style import Style
from rich.theme import Theme as RichTheme
from textual.theme import Theme

DEFAULT: Final = "edgeroute-dark"

DARK: Final = Theme(
    name=DEFAULT,
    primary="#7fa8f5",
    secondary="#8e98ab",
    accent="#7fa8f5",
    success="#74c69d",
    warning="#e6b566",
    error="#ec7a80",
    foreground="#d9dfe8",
    background="#0f1217",
    surface="#151a21",
    panel="#1c222b",
    dark=True,
    variables={
        "local": "#74c69d",
        "forced": "#e6b566",
        "cloud": "#7fa8f5",
        "masked": "#c39bea",
        "personal": "#e6b566",
        "muted": "#7d8798",
        "line": "#2a323d",
        "on-badge": "#0f1217",
        "code": "#9fd0ba",
        "block-cursor-foreground": "#0f1217",
        "block-cursor-background": "#7fa8f5",
        "block-cursor-text-style": "none",
        "input-selection-background": "#7fa8f5 35%",
        "footer-background": "#0f1217",
        "footer-key-foreground": "#a9b4c6",
        "footer-description-foreground": "#7d8798",
        "markdown-h1-color": "#e9eef6",
        "markdown-h2-color": "#e9eef6",
        "markdown-h3-color": "#c9d2e0",
        "border": "#2a323d",
        "border-blurred": "#2a323d",
        "scrollbar": "#2a323d",
        "scrollbar-background": "#0f1217",
        "scrollbar-background-hover": "#0f1217",
        "scrollbar-background-active": "#0f1217",
        "scrollbar-hover": "#3a4452",
        "scrollbar-active": "#7fa8f5",
    },
)

LIGHT: Final = Theme(
    name="edgeroute-light",
    primary="#2f5fc4",
    secondary="#616a78",
    accent="#2f5fc4",
    success="#1c7c54",
    warning="#96640a",
    error="#b3362f",
    foreground="#23282f",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e9e6df",
    dark=False,
    variables={
        "local": "#1c7c54",
        "forced": "#96640a",
        "cloud": "#2f5fc4",
        "masked": "#7a48b5",
        "personal": "#96640a",
        "muted": "#6f7580",
        "line": "#d8d4ca",
        "on-badge": "#fbfaf7",
        "code": "#1c6b4a",
        "block-cursor-foreground": "#fbfaf7",
        "block-cursor-background": "#2f5fc4",
        "block-cursor-text-style": "none",
        "input-selection-background": "#2f5fc4 25%",
        "footer-background": "#fbfaf7",
        "footer-key-foreground": "#3d4653",
        "footer-description-foreground": "#6f7580",
        "markdown-h1-color": "#14181d",
        "markdown-h2-color": "#14181d",
        "markdown-h3-color": "#333a44",
        "border": "#d8d4ca",
        "border-blurred": "#d8d4ca",
        "scrollbar": "#d8d4ca",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-background-hover": "#fbfaf7",
        "scrollbar-background-active": "#fbfaf7",
        "scrollbar-hover": "#c3beb2",
        "scrollbar-active": "#2f5fc4",
    },
)

OURS: Final = (DARK, LIGHT)


def variable_defaults() -> dict[str, str]:
    """The meaning colours for themes that are not ours."""
    return {
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


def rich_theme(variables: Mapping[str, str]) -> RichTheme:
    """How frozen answers are drawn, in the colours of the current theme."""

    def colour(name: str) -> str | None:
        value = variables.get(name, "")
        return value if value.startswith("#") else None

    muted, code = Style(color=colour("muted")), Style(color=colour("code"))
    return RichTheme(
        {
            "markdown.h1": Style(bold=True, underline=True, color=colour("markdown-h1-color")),
            "markdown.h2": Style(bold=True, color=colour("markdown-h2-color")),
            "markdown.h3": Style(bold=True, color=colour("markdown-h3-color")),
            "markdown.h4": Style(italic=True),
            "markdown.code": code,
            "markdown.item.bullet": muted,
            "markdown.item.number": muted,
            "markdown.block_quote": muted,
            "markdown.hr": Style(color=colour("line")),
            "markdown.link": Style(underline=True),
            "markdown.link_url": muted,
            "markdown.table.border": Style(color=colour("line")),
            "markdown.table.header": Style(bold=True),
        }
    )
