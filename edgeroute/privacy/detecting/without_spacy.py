"""Presidio imported without spaCy, pydantic and what fetches from the internet.

Presidio's package imports 400 modules that take a second and forty megabytes, for language engines,
settings files and remote services that nothing here uses: its recognisers are patterns, check
digits and words. Empty modules stand in the place of those that were not imported before while
Presidio is; who imports them afterwards gets them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from threading import RLock
from types import ModuleType
from typing import Any, Final

_UNUSED: Final = frozenset({"pydantic", "requests", "spacy", "thinc", "tldextract"})
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

    def __call__(self, decorated: Any) -> Any:
        """Decorate nothing."""
        return decorated


class _Empty(ModuleType):
    """A module in which every public name is there and means nothing."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing


class _Finder(MetaPathFinder, Loader):
    """Finds empty modules in the place of ``unused`` ones."""

    def __init__(self, unused: AbstractSet[str]) -> None:
        self._unused = unused

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """An empty module for what is unused."""
        del path, target
        unused = fullname.partition(".")[0] in self._unused
        return ModuleSpec(fullname, self, is_package=True) if unused else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make it."""
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is in it."""


@contextmanager
def without_spacy() -> Iterator[None]:
    """Have empty modules in the place of what is unused and not there already."""
    with IMPORTING:
        finder = _Finder(_UNUSED - sys.modules.keys())
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            for name in [name for name, one in sys.modules.items() if isinstance(one, _Empty)]:
                del sys.modules[name]
