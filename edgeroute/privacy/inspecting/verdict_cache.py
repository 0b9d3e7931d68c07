"""Verdicts of texts that were read before, so that a resent history costs next to nothing.

Texts are remembered by a digest that is keyed with a secret of this process: the memory holds
neither a text nor anything by which a text could be guessed.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from typing import Final, NamedTuple

from edgeroute.core.verdict import Verdict

TEXTS: Final = 50_000
_KEY: Final = secrets.token_bytes(32)


def digest(text: str) -> bytes:
    """What a text is remembered by."""
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=_KEY, digest_size=16, person=b"text").digest()


def data_digest(data: bytes) -> bytes:
    """What the bytes of an attachment are remembered by."""
    return hashlib.blake2b(data, key=_KEY, digest_size=16, person=b"data").digest()


class Source(NamedTuple):
    """From where a text came, and which findings count (see Passage)."""

    origin: str
    near: tuple[tuple[int, int], ...] = ()


class VerdictCache:
    """The verdicts of at most ``texts`` texts under one version of the privacy rules.

    Another version empties it. Safe to use from several threads.
    """

    def __init__(self, texts: int = TEXTS) -> None:
        self._texts = texts
        self._version = ""
        self._verdicts: OrderedDict[bytes, dict[Source, Verdict]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._verdicts)

    def get(
        self, version: str, key: bytes, source: Source, *, full: bool = False
    ) -> Verdict | None:
        """The verdict of a text from ``source``; if ``full``, one with every finding."""
        with self._lock:
            known = self._entry(version, key)
            verdict = known.get(source) if known else None
        return verdict if verdict is not None and (verdict.complete or not full) else None

    def clear_from_anywhere(self, version: str, key: bytes) -> Verdict | None:
        """A verdict that a text may leave, whatever source it was read from."""
        with self._lock:
            known = self._entry(version, key) or {}
            return next((v for s, v in known.items() if not v.private and not s.near), None)

    def put(self, version: str, key: bytes, source: Source, verdict: Verdict) -> None:
        """Remember a verdict that was reached under ``version``."""
        with self._lock:
            if version != self._version:
                self._verdicts.clear()
                self._version = version
            self._verdicts.setdefault(key, {})[source] = verdict
            self._verdicts.move_to_end(key)
            while len(self._verdicts) > self._texts:
                self._verdicts.popitem(last=False)

    def _entry(self, version: str, key: bytes) -> dict[Source, Verdict] | None:
        if version != self._version or key not in self._verdicts:
            return None
        self._verdicts.move_to_end(key)
        return self._verdicts[key]
