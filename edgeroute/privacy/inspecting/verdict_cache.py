"""Verdicts of what was read before, so that a resent history costs next to nothing.

Texts are remembered by a digest that is keyed with a secret of this process: the memory holds
neither a text nor anything by which a text could be guessed. What holds many texts and may leave
(a conversation as far as it goes, a message of a body) is remembered as a whole, too.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import msgspec

from edgeroute.core.verdict import CLEAR, Verdict

TEXTS: Final = 50_000
_KEY: Final = secrets.token_bytes(32)
_ENCODER: Final = msgspec.json.Encoder()


def digest(text: str) -> bytes:
    """What a text is remembered by."""
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=_KEY, digest_size=16, person=b"text").digest()


def data_digest(data: bytes) -> bytes:
    """What the bytes of an attachment are remembered by."""
    return hashlib.blake2b(data, key=_KEY, digest_size=16, person=b"data").digest()


def beginnings(messages: Iterable[object]) -> list[bytes]:
    """What each beginning of ``messages`` is remembered by, the shortest first; nothing where they
    cannot be told apart as they are.
    """
    chain, found = b"", []
    for message in messages:
        chain = whole_digest(message, chain)
        if not chain:
            return []
        found.append(chain)
    return found


def whole_digest(value: object, before: bytes = b"") -> bytes:
    """What ``value`` (a message, a JSON value) is remembered by where it comes after ``before``;
    nothing where it is not told from others.
    """
    try:
        data = _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError):
        return b""
    return written_digest(before + data)


def written_digest(data: bytes) -> bytes:
    """``whole_digest`` of a value of which ``data`` is what our encoder makes."""
    return hashlib.blake2b(data, key=_KEY, digest_size=16, person=b"whole").digest()


class Source(NamedTuple):
    """From where a text came, and which findings count (see Passage)."""

    origin: str
    near: tuple[tuple[int, int], ...] = ()


class Whole(NamedTuple):
    """The verdict of all that something holds, and what of it is no text: by their digests the data
    that only their provider can read, and the attachments.
    """

    verdict: Verdict
    sealed: tuple[bytes, ...] = ()
    attachments: tuple[tuple[bytes, Source], ...] = ()

    def joined(self, more: Whole) -> Whole:
        """The whole of it and ``more``."""
        if more == _EMPTY:
            return self
        own, others = self.verdict, more.verdict
        weights = [one for one in (own.weight, others.weight) if one is not None]
        verdict = replace(
            own,
            internal_code=own.internal_code or others.internal_code,
            weight=max(weights, default=None),
            opinions=own.opinions + others.opinions,
        )
        return Whole(verdict, self.sealed + more.sealed, self.attachments + more.attachments)


class VerdictCache:
    """The verdicts of at most ``texts`` texts, and of as many wholes, under one version of the
    privacy rules.

    Another version empties it. Safe to use from several threads.
    """

    def __init__(self, texts: int = TEXTS) -> None:
        self._texts = texts
        self._version = ""
        self._verdicts: OrderedDict[bytes, dict[Source, Verdict]] = OrderedDict()
        self._wholes: OrderedDict[bytes, Whole] = OrderedDict()
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
            self._under(version)
            self._verdicts.setdefault(key, {})[source] = verdict
            self._verdicts.move_to_end(key)
            while len(self._verdicts) > self._texts:
                self._verdicts.popitem(last=False)

    def wholes(self, version: str, keys: Sequence[bytes]) -> list[Whole | None]:
        """What is known of things that may leave as wholes; what of them is no text is known by
        itself, too.
        """
        with self._lock:
            if version != self._version:
                return [None] * len(keys)
            found = [*map(self._wholes.get, keys)]
            for key, known in zip(keys, found, strict=True):
                if known is not None:
                    self._wholes.move_to_end(key)
        return [
            self._with_others(version, known)
            if known is not None and (known.attachments or known.sealed)
            else known
            for known in found
        ]

    def _with_others(self, version: str, known: Whole) -> Whole | None:
        """``known``, if what of it is no text is known still."""
        if any(self.get(version, *one) is None for one in known.attachments):
            return None
        for sealed in known.sealed:
            self.put(version, sealed, SEALED, CLEAR)
        return known

    def put_whole(self, version: str, key: bytes, whole: Whole) -> None:
        """Remember something of which all was read under ``version`` and may leave."""
        assert not whole.verdict.private
        with self._lock:
            self._under(version)
            self._wholes[key] = whole
            self._wholes.move_to_end(key)
            while len(self._wholes) > self._texts:
                self._wholes.popitem(last=False)

    def _under(self, version: str) -> None:
        if version != self._version:
            self._verdicts.clear()
            self._wholes.clear()
            self._version = version

    def _entry(self, version: str, key: bytes) -> dict[Source, Verdict] | None:
        if version != self._version or key not in self._verdicts:
            return None
        self._verdicts.move_to_end(key)
        return self._verdicts[key]


SEALED: Final = Source("sealed")  # data that only the provider who wrote them can read
_EMPTY: Final = Whole(CLEAR)
