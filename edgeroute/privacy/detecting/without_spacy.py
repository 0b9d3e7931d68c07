"""Presidio imported without spaCy.

Presidio's package imports spaCy, and with it 250 modules that take half a second and twenty
megabytes, for language engines that nothing here uses: its recognisers are patterns, check digits
and words. Where spaCy was not imported before, empty modules stand in its place while Presidio is;
who imports spaCy afterwards gets spaCy.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from threading import RLock
from types import ModuleType
from typing import Any, Final

_UNUSED: Final = frozenset({"spacy", "thinc"})
IMPORTING: Final = RLock()  # held by who imports spaCy in earnest, too


class _Anything(type):
    """Classes whose every public attribute is a decorator that changes nothing."""

    def __getattr__(cls, name: str) -> Callable[..., Callable[[Any], Any]]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: lambda decorated: decorated


class _Nothing(metaclass=_Anything):
    """What an empty module holds, under any name."""

    def __init__(self, *_: object, **__: object) -> None:
        """Take anything."""


class _Empty(ModuleType):
    """A module in which every public name is there and means nothing."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing


class _Finder(MetaPathFinder, Loader):
    """Finds empty modules."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """An empty module for what is unused."""
        del path, target
        unused = fullname.partition(".")[0] in _UNUSED
        return ModuleSpec(fullname, self, is_package=True) if unused else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make it."""
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is in it."""


@contextmanager
def without_spacy() -> Iterator[None]:
    """Have empty modules in the place of spaCy, unless it is there already."""
    with IMPORTING:
        if not _UNUSED.isdisjoint(sys.modules):
            yield
            return
        finder = _Finder()
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            for name in [name for name, one in sys.modules.items() if isinstance(one, _Empty)]:
                del sys.modules[name]
