"""The stylesheets name widgets that exist."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import textual.widgets
from textual.css.model import SelectorType
from textual.css.parse import parse
from textual.css.tokenize import tokenize_values
from textual.widget import Widget

import edgeroute.tui
from edgeroute.tui.app import ChatApp
from tests.tui.fake_runtime import FakeRuntime

FOLDER = Path(edgeroute.tui.__file__).parent
SHEETS = sorted(FOLDER.rglob("*.tcss"))


def _widgets(base: type[Widget]) -> Iterator[str]:
    yield base.__name__
    for each in base.__subclasses__():
        yield from _widgets(each)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_every_named_widget_exists(runtime: FakeRuntime, path: Path) -> None:
    """A widget that gets another name keeps its looks: no rule is for a class that is gone."""
    for module in pkgutil.walk_packages(edgeroute.tui.__path__, "edgeroute.tui."):
        importlib.import_module(module.name)
    for name in vars(textual.widgets)["__all__"]:
        getattr(textual.widgets, name)
    variables = tokenize_values(ChatApp(runtime.real).get_css_variables())
    known = set(_widgets(Widget))
    named = {
        selector.name
        for rule in parse("", path.read_text(), (str(path), ""), variable_tokens=variables)
        for selectors in rule.selector_set
        for selector in selectors.selectors
        if selector.type is SelectorType.TYPE
    }
    assert named
    assert named <= known
