"""The personal data found in the message, and the way to say that something is none."""

from __future__ import annotations

from textual.content import Content

from edgeroute.core.display import safe_line
from edgeroute.core.verdict import Finding
from edgeroute.tui.screens.picker import Picker, PickerChoice, PickerItem, filtered
from edgeroute.tui.words import details, type_words


def findings_picker(text: str, findings: tuple[Finding, ...]) -> Picker:
    """A list of ``findings`` in ``text``; Enter on one means that it is not personal."""
    items = [
        PickerItem(
            str(at),
            Content.assemble(
                (type_words(f.type).ljust(18), "bold $personal"),
                (safe_line(text[f.start : f.end], 40).ljust(42)),
                (f"{f.score:.0%}  {safe_line(f.source, 24)}", "$muted"),
            ),
            f"{f.type} {text[f.start : f.end]}",
        )
        for at, f in enumerate(findings)
    ]
    picker = Picker(
        f"{details(findings)} in this message" if findings else "Personal data",
        filtered(items),
        empty="No personal data found in this message.",
    )
    picker.KEYS = "enter not personal, never count it again   esc close"
    return picker


def value_of(text: str, findings: tuple[Finding, ...], chosen: PickerChoice) -> str:
    """The part of ``text`` that was chosen."""
    finding = findings[int(chosen.id)]
    return text[finding.start : finding.end]
