"""What models said of texts that they have read, so that nothing is read twice.

Texts are known by a digest that is keyed with a secret of this process, so that nobody can tell
which texts were read.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MOST: Final = 4096  # results
_KEY: Final = secrets.token_bytes(32)


def digest(text: str, more: bytes = b"") -> bytes:
    """What ``text``, read in the way that ``more`` says, is known by."""
    data = text.encode("utf-8", "surrogatepass")
    known = hashlib.blake2b(data, key=_KEY, digest_size=16)
    known.update(len(more).to_bytes(8, "big") + more)
    return known.digest()


class ResultCache(Generic[T]):
    """The results of the last ``most`` texts by their digests. Thread-safe."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._results: OrderedDict[bytes, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: bytes) -> T | None:
        """The result for ``key``."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
            return self._results.get(key)

    def put(self, key: bytes, result: T) -> T:
        """Keep ``result``, and return it."""
        with self._lock:
            self._results[key] = result
            self._results.move_to_end(key)
            while len(self._results) > self._most:
                self._results.popitem(last=False)
        return result
