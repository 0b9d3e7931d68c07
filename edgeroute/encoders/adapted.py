"""The sentence model of many languages as it learned to read for us, shared by all who ask for it.

``models/verdict/adapt.py`` taught it what is private. It tells tasks apart better than before, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edgeroute import datafile
from edgeroute.encoders.adapter import Adapter
from edgeroute.encoders.sentences import SentenceEncoder
from edgeroute.encoders.shared import Shared

MODEL: Final = "e5"
"""Its folder among those of model files."""
_ADAPTER: Final = ("verdict", "adapter.npz")


def adapter() -> Adapter:
    """What it learned. Whatever was taught by its vectors is taught anew when this changes."""
    return Adapter(datafile.packaged("models").joinpath(*_ADAPTER))


def _load(folder: Path) -> SentenceEncoder:
    return SentenceEncoder(folder, adapter())


_SHARED: Final = Shared(_load)


def load(models: Path) -> SentenceEncoder:
    """The model in the folder ``models``.

    Raises:
        EncoderMissing: its file is absent or differs from the pinned digest.
    """
    return _SHARED.of(models / MODEL)
