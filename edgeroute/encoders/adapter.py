"""What an encoder learned beside its own weights: small changes to them, kept apart.

Hu et al. 2021, "LoRA: low-rank adaptation of large language models": to a weight of shape (out, in)
the product of two narrow ones is added, so that a model that was learned for all texts reads them
for one purpose, and few numbers have to be carried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_NAME_SIZE = 8  # bytes


class Adapter:
    """The changes in a file. They were learned on the first ``layers`` layers, and go with those
    alone.
    """

    def __init__(self, path: Path) -> None:
        import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only

        data = path.read_bytes()
        self.name = hashlib.blake2b(data, digest_size=_NAME_SIZE).hexdigest()
        with numpy.load(path, allow_pickle=False) as held:
            self._held = {name: held[name].astype(numpy.float32) for name in held.files}
        self.layers = 1 + max(int(name.split(".")[0][1:]) for name in self._held)

    def changed(self, tensors: Iterable[tuple[str, Array]]) -> Iterator[tuple[str, Array]]:
        """``tensors`` of a model by the names that its graph has for them, changed."""
        for name, tensor in tensors:
            part = name.removesuffix(".weight")
            if f"{part}.down" in self._held:
                yield name, tensor + self._held[f"{part}.up"] @ self._held[f"{part}.down"]
            else:
                yield name, tensor
