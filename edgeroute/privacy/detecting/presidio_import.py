"""Presidio imported without spaCy, which it wants for language models that are not used here.

Together with thinc it takes 50 MB and most of a second; the recognisers are patterns without it.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, Final

_PARTS: Final = (
    "thinc",
    "thinc.api",
    *(f"spacy{part}" for part in ("", ".language", ".pipeline", ".tokens", ".util", ".vocab")),
)


class _Anything(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls

    def __call__(cls, *_: object, **__: object) -> Any:
        return cls


class _Nothing(metaclass=_Anything):
    """Stands for every class and decorator of spaCy while classes that name them are made."""


class _Part(ModuleType):
    def __getattr__(self, name: str) -> type[_Nothing]:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing


def import_presidio() -> None:
    """Import Presidio without spaCy; where its version wants more of it, nothing is imported yet.

    Afterwards spaCy can be imported as ever.
    """
    if sys.modules.keys() & {*_PARTS, "presidio_analyzer"}:
        return
    sys.modules.update({name: _Part(name) for name in _PARTS})
    try:
        from presidio_analyzer.nlp_engine import NoOpNlpEngine  # noqa: PLC0415 - with these parts

        engine = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
        engine.load()
        engine.process_text("text", "en")
    except Exception:  # noqa: BLE001 - another version; it is imported with all of spaCy
        for name in [one for one in sys.modules if one.partition(".")[0] == "presidio_analyzer"]:
            del sys.modules[name]
    finally:
        for name in _PARTS:
            del sys.modules[name]
